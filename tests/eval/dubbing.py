"""Dubs a clip through the running stack and gathers what it left behind."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from eval.clips import Clip
from eval.timing import Placed
from eval.turns import Turn
from running import RunningStack

from polydub.artifacts import read_document
from polydub.bus import Bus
from polydub.pipeline import job_subjects
from polydub.settings import CommonSettings
from polydub.store.local import LocalStore
from polydub.v1 import asr_pb2, asr_pb2_grpc, diarization_pb2, events_pb2, tts_pb2
from polydub_client import Dub, Polydub, PolydubError, SubtitleFile

_EVENTS_WITHIN_S = 10.0
_BACK_WITHIN_S = 900.0
_COPY = "eval/back.wav"


@dataclass(frozen=True)
class Spoken:
    """A line as the voice engine spoke it, and where the plan put it."""

    id: str
    recording: Path
    placed: Placed
    text: str
    takes: tuple[Path, ...] = ()
    """Where it was said again: all recordings that may stand in its place."""


@dataclass(frozen=True)
class Dubbed:
    """One language of a clip."""

    language: str
    problem: str = ""
    """Why there is no dub; the rest is empty then."""
    file: Path = Path()
    lines: tuple[Spoken, ...] = ()
    """Those that a voice spoke; where the original was kept there is nothing to measure."""
    kept: int = 0
    elapsed_s: Mapping[str, float] | None = None
    """By stage, summed over its events; what all languages share is in each of them."""


@dataclass(frozen=True)
class Outcome:
    """What became of a clip."""

    heard: str
    """The whole recognised text."""
    turns: tuple[Turn, ...]
    bed: Path | None
    offset_ms: float
    """How much later the sound begins than the file."""
    engines: Mapping[str, str]
    dubs: tuple[Dubbed, ...]


class Studio:
    """A running stack, and the ways to its results."""

    def __init__(self, running: RunningStack) -> None:
        self._stack = running.stack
        self._root = running.stack.var / "store"
        self._store = LocalStore(self._root)
        self._client = Polydub(running.stack.url)

    def dub(self, clip: Clip, out: Path) -> Outcome:
        """Dubs a clip into all its languages; files go to ``out``."""
        try:
            video = self._client.upload_video(clip.file)
            job = self._client.create_dub(
                video.id,
                clip.targets,
                source_language=clip.language,
                speakers=clip.speakers,
                subtitles=_subtitles(clip),
            )
        except PolydubError as error:
            return _nothing(clip, error.code or str(error))
        for _ in self._client.watch(job.id):
            pass
        finished = self._client.get_dub(job.id)
        if not finished.state.has_results:
            return _nothing(clip, finished.error.code if finished.error else str(finished.state))
        out.mkdir(parents=True, exist_ok=True)
        for artifact in self._client.list_artifacts(job.id):
            self._client.download(artifact, out)
        return asyncio.run(self._gather(clip, finished, out))

    def back_recognized(self, recording: Path, language: str) -> str | None:
        """What the deployment hears in a WAV (16 kHz mono); None where no engine knows it."""
        engines = next(s.engines for s in self._client.list_engines() if s.stage == "asr")
        if not any(e.available and language in (e.languages or (language,)) for e in engines):
            return None
        asyncio.run(self._store.put_file(_COPY, recording))
        with grpc.insecure_channel(f"127.0.0.1:{self._stack.ports()['asr']}") as channel:
            answer = asr_pb2_grpc.AsrStub(channel).Transcribe(
                asr_pb2.TranscribeRequest(audio_key=_COPY, language=language),
                timeout=_BACK_WITHIN_S,
            )
        return " ".join(word.text for word in answer.words)

    async def _gather(self, clip: Clip, finished: Dub, out: Path) -> Outcome:
        done = await self._completed(finished)
        first = done[0].products.separation
        document = await read_document(
            self._store,
            next(e.products.diarization.document_key for e in done if e.products.diarization.parts),
            diarization_pb2.DiarizationDocument,
        )
        heard = json.loads(next(out.glob("*.transcript.json")).read_text())
        return Outcome(
            heard=" ".join(line["text"] for line in heard["lines"]),
            turns=tuple(Turn(u.speaker_id, u.start_ms, u.end_ms) for u in document.utterances),
            bed=self._root / first.bed_key,
            offset_ms=first.audio_offset_s * 1000,
            engines={used.stage: f"{used.id} {used.version}" for used in finished.engines_used},
            dubs=tuple([await self._dubbed(language, finished, done, out)
                        for language in clip.targets]),
        )  # fmt: skip

    async def _completed(self, finished: Dub) -> list[events_pb2.Event]:
        """Every completed event of a job that has ended."""
        address = f"nats://127.0.0.1:{self._stack.ports()['nats']}"
        bus = await Bus.connect(CommonSettings(nats_url=address), "eval")
        missing = {one.language for one in finished.languages if one.state.has_results}
        told = []
        async with asyncio.timeout(_EVENTS_WITHIN_S):
            async for recorded in bus.follow(job_subjects(finished.id)):
                event = recorded.event
                if not event.HasField("completed"):
                    continue
                told.append(event)
                if event.envelope.stage == "muxing":
                    missing.discard(event.envelope.target_language)
                if not missing:
                    break
        await bus.aclose()
        return told

    async def _dubbed(
        self, language: str, finished: Dub, done: Iterable[events_pb2.Event], out: Path
    ) -> Dubbed:
        state = next(one for one in finished.languages if one.language == language)
        if not state.state.has_results:
            return Dubbed(language, state.error.code if state.error else str(state.state))
        ours = [e for e in done if e.envelope.target_language in ("", language)]
        report = json.loads(next(out.glob(f"*.{language}.report.json")).read_text())
        lines = {line["id"]: line for line in report["line_reports"]}
        spoken = []
        for event in ours:
            if event.envelope.stage == "tts":
                key = event.products.tts.document_key
                speech = await read_document(self._store, key, tts_pb2.SpeechDocument)
                spoken += [self._spoken(s, lines[s.id]) for s in speech.lines if s.audio_key]
        elapsed: dict[str, float] = defaultdict(float)
        for event in ours:
            elapsed[event.envelope.stage] += event.completed.elapsed_ms / 1000
        media = [p for p in out.glob(f"*.{language}.*") if p.suffix in (".mp4", ".m4a")]
        return Dubbed(
            language, "", media[0], tuple(spoken), len(lines) - len(spoken), dict(elapsed)
        )

    def _spoken(self, said: tts_pb2.SpokenLine, line: Mapping[str, Any]) -> Spoken:
        placed = Placed(
            (said.start_ms, said.end_ms),
            (line.get("placed_start_ms", 0), line.get("placed_end_ms", 0)),
        )
        recording = self._root / said.audio_key
        again = line.get("takes", 1) > 1
        takes = tuple(recording.parents[1].glob(f"*/{recording.name}")) if again else ()
        return Spoken(said.id, recording, placed, line["text"], takes)


def _subtitles(clip: Clip) -> list[SubtitleFile]:
    if clip.subtitles is None:
        return []
    return [SubtitleFile(clip.language, clip.subtitles.read_text(encoding="utf-8"))]


def _nothing(clip: Clip, problem: str) -> Outcome:
    dubs = tuple(Dubbed(language, problem) for language in clip.targets)
    return Outcome("", (), None, 0.0, {}, dubs)
