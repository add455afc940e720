"""Whether the dub can be understood: a sample of its lines, recognised again by the asr stage.

What is heard is the finished file, decoded anew. The same lines as the voices spoke them tell what
fitting and mixing cost, and the source's language tells what is left of the original.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from uuid import uuid4

import numpy as np
import soundfile

from polydub import languages, telemetry
from polydub.blocking import OnProgress, run_blocking
from polydub.errors import StageError
from polydub.pcm import RATE_HZ, Samples, to_pcm, wav_header
from polydub.peers import Peers
from polydub.store import ObjectStore
from polydub.v1 import asr_pb2, common_pb2
from polydub_muxing.kept import NOTHING_KEPT, Kept
from polydub_muxing.report.frames import Frames, frames_in
from polydub_muxing.report.listening import decode_as_played
from polydub_muxing.report.recognized import (
    NOT_RECOGNIZED,
    HeardLine,
    Recognized,
    TimedWord,
    leaked,
    mistakes,
)
from polydub_muxing.report.reference import over_background, resampled
from polydub_muxing.report.sample import SampleLine
from polydub_muxing.report.words_heard import Words, WordsHeard
from polydub_muxing.sound.backdrop import Sounds

_CALLS_AT_ONCE = 2
_LISTING_S = 10.0
_MARGIN_MS = 200
"""Silence around each window, so that a recogniser has a beginning and an end."""

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Talk:
    """A finished dub, and which of its lines are to be recognised.

    Attributes:
        offset_ms: how much later than the file the dub's timeline begins.
        folder: of the store, in which the sample lies as long as it is recognised.
        frames: of the dub, where they are known.
        split: of which the reference is made; None: it is the recordings alone.
    """

    dub: Path
    offset_ms: float
    language: str
    source_language: str
    lines: Sequence[SampleLine]
    folder: str
    frames: Frames | None = None
    split: Sounds | None = None


@dataclass(frozen=True)
class _Window:
    """A piece of sound that is to be recognised."""

    line_id: str
    language: str
    from_ms: int
    """Of the dub's timeline, where the piece begins; 0 in a recording."""
    made_of: str
    """Tells what is heard in it: the same of the same sound in the same language."""
    of_dub_ms: tuple[float, float] = (0.0, 0.0)
    """Where it lies in the dub's file."""
    recording: Samples | None = None
    """The line as it was spoken, in place of that."""


@dataclass(frozen=True)
class Listener:
    """Asks the asr stage.

    Attributes:
        timeout_s: for all of it.
    """

    others: Peers
    store: ObjectStore
    scratch: Path
    timeout_s: float
    kept: Kept = NOTHING_KEPT
    """What was heard of the revision before."""

    async def listen(self, talk: Talk, on_progress: OnProgress) -> Recognized:
        """What is heard; nothing where no engine knows the language or asr does not answer."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._listen(talk, on_progress)
        except TimeoutError:
            log.warning("the dub is not recognised again: no time left", within_s=self.timeout_s)
        except StageError as error:
            log.warning("the dub is not recognised again", code=error.code, why=error.message)
        return NOT_RECOGNIZED

    async def _listen(self, talk: Talk, on_progress: OnProgress) -> Recognized:
        if not talk.lines:
            return NOT_RECOGNIZED
        engines = await self._engines()
        known = _known(talk, engines)
        if not any(known.values()):
            log.info("the dub is not recognised again: no engine", language=talk.language)
            return NOT_RECOGNIZED
        ears = _Ears(_digest_of(engines), known)
        frames = talk.frames or await frames_in(talk.dub, self.scratch, timeout_s=self.timeout_s)
        mixed, source = ears.of_mix(talk, frames)
        raw, reference = await self._recordings(talk, ears)
        asked = (mixed, raw, reference, source)
        words = iter(await self._kept_or_heard(talk, list(chain(*asked)), on_progress))
        return _recognized(talk, *(list(islice(words, len(windows))) for windows in asked))

    async def _recordings(self, talk: Talk, ears: _Ears) -> tuple[list[_Window], list[_Window]]:
        """The same lines as the voices spoke them, and over the source's background; none in a
        language that nobody hears."""
        raw, reference = [], []
        for line in talk.lines if ears.known.get(talk.language) else ():
            async with self.store.local_file(line.audio_key) as path:
                alone, over = await asyncio.to_thread(_as_spoken, path, line, talk.split)
            raw.append(ears.recording(line, talk.language, alone))
            reference.append(ears.recording(line, talk.language, over))
        return raw, reference

    async def _kept_or_heard(
        self, talk: Talk, windows: Sequence[_Window], on_progress: OnProgress
    ) -> list[Words]:
        """What is heard in each window, in the dub's time; what is unchanged is not heard again."""
        kept = WordsHeard(self.kept)
        before = await kept.find()
        by_sound = {window.made_of: window for window in windows}
        new = [window for made_of, window in by_sound.items() if made_of not in before]
        if new:
            folder = f"{talk.folder}/recognized-{uuid4().hex}"
            key = f"{folder}/sample.wav"
            sample = await self._sample(talk, new)
            try:
                await self.store.put_bytes(key, sample.wav())
                words = await self._words(key, new, sample, on_progress)
            finally:
                await self.store.delete_prefix(folder)
            before |= {window.made_of: each for window, each in zip(new, words, strict=True)}
        heard = [before[window.made_of] for window in windows]
        await kept.keep({w.made_of: each for w, each in zip(windows, heard, strict=True)})
        return [
            [TimedWord(word.text, window.from_ms + word.start_ms) for word in each]
            for window, each in zip(windows, heard, strict=True)
        ]

    async def _engines(self) -> list[common_pb2.EngineInfo]:
        answer = await self.others.call(
            "asr", "ListEngines", common_pb2.ListEnginesRequest(), timeout_s=_LISTING_S
        )
        return [engine for engine in answer.engines if engine.available]

    async def _sample(self, talk: Talk, windows: Sequence[_Window]) -> _Sample:
        """The windows' sounds; the dub is decoded anew where any is of it."""
        if all(window.recording is not None for window in windows):
            return _sampled(None, windows)
        decoded = self.scratch / "recognized.wav"
        try:
            await decode_as_played(talk.dub, decoded, channels=1, timeout_s=self.timeout_s)
            return await run_blocking(lambda _: _sampled(decoded, windows))
        finally:
            decoded.unlink(missing_ok=True)

    async def _words(
        self, key: str, windows: Sequence[_Window], sample: _Sample, on_progress: OnProgress
    ) -> list[list[TimedWord]]:
        """What is heard in each window, in the windows' order, timed from its beginning."""
        gate = asyncio.Semaphore(_CALLS_AT_ONCE)
        done = 0

        async def one(window: _Window, start_ms: int, end_ms: int) -> list[TimedWord]:
            nonlocal done
            async with gate:
                answer = await self.others.call(
                    "asr",
                    "Transcribe",
                    asr_pb2.TranscribeRequest(
                        audio_key=key,
                        start_ms=start_ms - _MARGIN_MS,
                        end_ms=end_ms + _MARGIN_MS,
                        language=window.language,
                    ),
                    timeout_s=self.timeout_s,
                )
            done += 1
            await on_progress(done / len(windows))
            return [TimedWord(word.text, word.start_ms - start_ms) for word in answer.words]

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(one(window, *at))
                    for window, at in zip(windows, sample.at_ms, strict=True)
                ]
        except* StageError as failures:
            first = failures.exceptions[0]
        else:
            return [task.result() for task in tasks]
        raise first


@dataclass(frozen=True)
class _Ears:
    """Who listens, and which languages they know."""

    engines: str
    known: Mapping[str, bool]

    def of_mix(self, talk: Talk, frames: Frames) -> tuple[list[_Window], list[_Window]]:
        """The windows of the mix, and those of it at the source's times; none in a language that
        nobody hears."""
        mixed, source = [], []
        for line in talk.lines:
            if self.known.get(talk.language):
                at_ms = (line.start_ms, line.end_ms)
                mixed.append(self._window(line, talk, talk.language, at_ms, frames))
            if self.known.get(talk.source_language) and line.source_words:
                at_ms = (line.source_start_ms, line.source_end_ms)
                source.append(self._window(line, talk, talk.source_language, at_ms, frames))
        return mixed, source

    def recording(self, line: SampleLine, language: str, samples: Samples) -> _Window:
        """A window of a line as it was spoken."""
        made_of = self._made_of(language, samples.tobytes())
        return _Window(line.line_id, language, 0, made_of, recording=samples)

    def _window(
        self, line: SampleLine, talk: Talk, language: str, at_ms: tuple[int, int], frames: Frames
    ) -> _Window:
        start_ms, end_ms = at_ms
        of_dub_ms = (start_ms + talk.offset_ms, end_ms + talk.offset_ms)
        made_of = self._made_of(language, frames.stretch(*of_dub_ms))
        return _Window(line.line_id, language, start_ms, made_of, of_dub_ms)

    def _made_of(self, language: str, sound: bytes) -> str:
        return f"{self.engines} {language} {sha256(sound).hexdigest()}"


@dataclass(frozen=True)
class _Sample:
    """One sound: all windows with silence around each, and where they lie in it."""

    samples: Samples
    at_ms: Sequence[tuple[int, int]]

    def wav(self) -> bytes:
        return wav_header(len(self.samples)) + to_pcm(self.samples)


def _sampled(decoded: Path | None, windows: Sequence[_Window]) -> _Sample:
    margin = np.zeros(_MARGIN_MS * RATE_HZ // 1000, np.float32)
    pieces, at_ms, start = [], [], 0
    with ExitStack() as stack:
        file = stack.enter_context(soundfile.SoundFile(decoded)) if decoded else None
        for window in windows:
            samples = window.recording
            if samples is None:
                assert file is not None, "the dub is decoded for windows of it"
                samples = _read(file, *window.of_dub_ms)
            begin = start + len(margin)
            end = begin + len(samples)
            pieces += [margin, samples, margin]
            at_ms.append((round(begin * 1000 / RATE_HZ), round(end * 1000 / RATE_HZ)))
            start = end + len(margin)
    return _Sample(np.concatenate(pieces), at_ms)


def _digest_of(engines: Sequence[common_pb2.EngineInfo]) -> str:
    """Other engines, or other versions of them, hear something else."""
    named = sorted(f"{engine.id} {engine.version}" for engine in engines)
    return sha256("\n".join(named).encode()).hexdigest()[:16]


def _known(talk: Talk, engines: Sequence[common_pb2.EngineInfo]) -> Mapping[str, bool]:
    """Which of the two languages an engine hears; the source's only where it is another."""
    wanted = {talk.language}
    if talk.source_language and not languages.serves(talk.source_language, talk.language):
        wanted.add(talk.source_language)
    return {tag: any(_hears(engine, tag) for engine in engines) for tag in wanted}


def _hears(engine: common_pb2.EngineInfo, language: str) -> bool:
    return not engine.languages or any(languages.serves(tag, language) for tag in engine.languages)


def _read(file: soundfile.SoundFile, start_ms: float, end_ms: float) -> Samples:
    first = min(file.frames, max(0, round(start_ms * RATE_HZ / 1000)))
    last = min(file.frames, max(first, round(end_ms * RATE_HZ / 1000)))
    file.seek(first)
    samples: Samples = file.read(last - first, "float32")
    return samples


def _as_spoken(path: Path, line: SampleLine, split: Sounds | None) -> tuple[Samples, Samples]:
    """A line's recording at 16 kHz, and its reference."""
    alone = resampled(*soundfile.read(path, dtype="float32"))
    if split is None:
        return alone, alone
    source_ms = (line.source_start_ms, line.source_end_ms)
    return alone, over_background(alone, split, dub_from_ms=line.start_ms, source_ms=source_ms)


def _recognized(
    talk: Talk,
    mixed: Sequence[Sequence[TimedWord]],
    raw: Sequence[Sequence[TimedWord]],
    reference: Sequence[Sequence[TimedWord]],
    source: Sequence[Sequence[TimedWord]],
) -> Recognized:
    of_mix, of_raw, of_reference = (
        [" ".join(word.text for word in words) for words in each]
        for each in (mixed, raw, reference)
    )
    with_words = [line for line in talk.lines if line.source_words]
    pairs = [
        leaked(line.source_words, heard) for line, heard in zip(with_words, source, strict=False)
    ]
    return Recognized(
        lines={
            line.line_id: HeardLine(
                texts[0], *(mistakes(line.text, text, talk.language) for text in texts)
            )
            for line, *texts in zip(talk.lines, of_mix, of_raw, of_reference, strict=False)
        },
        leaked=sum(found for found, _ in pairs),
        source_words=sum(count for _, count in pairs),
    )
