"""Whether the dub can be understood: a sample of its lines, recognised again by the asr stage.

What is heard is the finished file, decoded anew. The same lines as the voices spoke them tell what
fitting and mixing cost, and the source's language tells what is left of the original.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import gcd
from pathlib import Path
from uuid import uuid4

import numpy as np
import soundfile
from scipy.signal import resample_poly

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
from polydub_muxing.report.sample import SampleLine
from polydub_muxing.report.words_heard import Words, WordsHeard

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
    """

    dub: Path
    offset_ms: float
    language: str
    source_language: str
    lines: Sequence[SampleLine]
    folder: str


@dataclass(frozen=True)
class _Window:
    """A piece of the sample's file: what it is of, where it lies in it, and where it came from."""

    line_id: str
    language: str
    start_ms: int
    end_ms: int
    from_ms: int
    made_of: str
    """Tells what is heard in it: the same of the same sound in the same language."""


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
        sound = _Sound(_digest_of(engines))
        mixed, raw, source = await self._cut(talk, sound, known)
        windows = [*mixed, *raw, *source]
        words = await self._kept_or_heard(talk, sound, windows, on_progress)
        heard = {
            window: [TimedWord(word.text, window.from_ms + word.start_ms) for word in each]
            for window, each in zip(windows, words, strict=True)
        }
        return _recognized(talk, [heard[w] for w in mixed], [heard[w] for w in raw],
                           [heard[w] for w in source])  # fmt: skip

    async def _kept_or_heard(
        self, talk: Talk, sound: _Sound, windows: Sequence[_Window], on_progress: OnProgress
    ) -> list[Words]:
        """What is heard in each window, timed from its beginning; the unchanged ones stay."""
        kept = WordsHeard(self.kept)
        before = await kept.find()
        new = [window for window in windows if window.made_of not in before]
        if new:
            folder = f"{talk.folder}/recognized-{uuid4().hex}"
            key = f"{folder}/sample.wav"
            try:
                await self.store.put_bytes(key, sound.wav())
                words = await self._words(key, new, on_progress)
            finally:
                await self.store.delete_prefix(folder)
            before |= {window.made_of: each for window, each in zip(new, words, strict=True)}
        heard = [before[window.made_of] for window in windows]
        await kept.keep({w.made_of: each for w, each in zip(windows, heard, strict=True)})
        return heard

    async def _engines(self) -> list[common_pb2.EngineInfo]:
        answer = await self.others.call(
            "asr", "ListEngines", common_pb2.ListEnginesRequest(), timeout_s=_LISTING_S
        )
        return [engine for engine in answer.engines if engine.available]

    async def _cut(
        self, talk: Talk, sound: _Sound, known: Mapping[str, bool]
    ) -> tuple[list[_Window], list[_Window], list[_Window]]:
        """The windows of the mix and of the recordings, and those of the mix at the source's times;
        none in a language that nobody hears."""
        decoded = self.scratch / "recognized.wav"
        try:
            await decode_as_played(talk.dub, decoded, channels=1, timeout_s=self.timeout_s)
            frames = await frames_in(talk.dub, self.scratch, timeout_s=self.timeout_s)
            mixed, source = await run_blocking(
                lambda _: _cut_mix(decoded, frames, talk, sound, known)
            )
        finally:
            decoded.unlink(missing_ok=True)
        raw = []
        for line in talk.lines if known.get(talk.language) else ():
            async with self.store.local_file(line.audio_key) as path:
                samples = await asyncio.to_thread(_recording, path)
            raw.append(sound.add(samples, line.line_id, talk.language))
        return mixed, raw, source

    async def _words(
        self, key: str, windows: Sequence[_Window], on_progress: OnProgress
    ) -> list[list[TimedWord]]:
        """What is heard in each window, in the windows' order, timed from its beginning."""
        gate = asyncio.Semaphore(_CALLS_AT_ONCE)
        done = 0

        async def one(window: _Window) -> list[TimedWord]:
            nonlocal done
            async with gate:
                answer = await self.others.call(
                    "asr",
                    "Transcribe",
                    asr_pb2.TranscribeRequest(
                        audio_key=key,
                        start_ms=window.start_ms - _MARGIN_MS,
                        end_ms=window.end_ms + _MARGIN_MS,
                        language=window.language,
                    ),
                    timeout_s=self.timeout_s,
                )
            done += 1
            await on_progress(done / len(windows))
            return [TimedWord(word.text, word.start_ms - window.start_ms) for word in answer.words]

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(window)) for window in windows]
        except* StageError as failures:
            first = failures.exceptions[0]
        else:
            return [task.result() for task in tasks]
        raise first


class _Sound:
    """The sample's one file: windows with silence around each."""

    def __init__(self, engines: str) -> None:
        self._engines = engines
        self._margin = np.zeros(_MARGIN_MS * RATE_HZ // 1000, np.float32)
        self._pieces: list[Samples] = []
        self._samples = 0

    def add(
        self, samples: Samples, line_id: str, language: str, from_ms: int = 0, made_of: bytes = b""
    ) -> _Window:
        """Adds a window; without a word of what it is made of, its samples tell."""
        start = self._samples + len(self._margin)
        end = start + len(samples)
        self._pieces += [self._margin, samples, self._margin]
        self._samples = end + len(self._margin)
        start_ms, end_ms = (round(at * 1000 / RATE_HZ) for at in (start, end))
        what = sha256(made_of or samples.tobytes()).hexdigest()
        return _Window(
            line_id, language, start_ms, end_ms, from_ms, f"{self._engines} {language} {what}"
        )

    def wav(self) -> bytes:
        return wav_header(self._samples) + to_pcm(np.concatenate(self._pieces))


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


def _cut_mix(
    decoded: Path, frames: Frames, talk: Talk, sound: _Sound, known: Mapping[str, bool]
) -> tuple[list[_Window], list[_Window]]:
    mixed, source = [], []
    with soundfile.SoundFile(decoded) as file:
        for line in talk.lines:
            if known.get(talk.language):
                at_ms = (line.start_ms + talk.offset_ms, line.end_ms + talk.offset_ms)
                mixed.append(
                    sound.add(_read(file, *at_ms), line.line_id, talk.language, line.start_ms,
                              frames.stretch(*at_ms))
                )  # fmt: skip
            if known.get(talk.source_language) and line.source_words:
                start_ms = line.source_start_ms
                at_ms = (start_ms + talk.offset_ms, line.source_end_ms + talk.offset_ms)
                source.append(
                    sound.add(_read(file, *at_ms), line.line_id, talk.source_language, start_ms,
                              frames.stretch(*at_ms))
                )  # fmt: skip
    return mixed, source


def _read(file: soundfile.SoundFile, start_ms: float, end_ms: float) -> Samples:
    first = min(file.frames, max(0, round(start_ms * RATE_HZ / 1000)))
    last = min(file.frames, max(first, round(end_ms * RATE_HZ / 1000)))
    file.seek(first)
    samples: Samples = file.read(last - first, "float32")
    return samples


def _recording(path: Path) -> Samples:
    """A line as it was spoken, at 16 kHz."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    factor = gcd(rate_hz, RATE_HZ)
    return np.asarray(resample_poly(samples, RATE_HZ // factor, rate_hz // factor), np.float32)


def _recognized(
    talk: Talk,
    mixed: Sequence[Sequence[TimedWord]],
    raw: Sequence[Sequence[TimedWord]],
    source: Sequence[Sequence[TimedWord]],
) -> Recognized:
    of_mix, of_raw = ([" ".join(word.text for word in words) for words in each]
                      for each in (mixed, raw))  # fmt: skip
    with_words = [line for line in talk.lines if line.source_words]
    pairs = [
        leaked(line.source_words, heard) for line, heard in zip(with_words, source, strict=False)
    ]
    return Recognized(
        lines={
            line.line_id: HeardLine(
                heard_text=text,
                mix=mistakes(line.text, text, talk.language),
                raw=mistakes(line.text, spoken, talk.language),
            )
            for line, text, spoken in zip(talk.lines, of_mix, of_raw, strict=False)
        },
        leaked=sum(found for found, _ in pairs),
        source_words=sum(count for _, count in pairs),
    )
