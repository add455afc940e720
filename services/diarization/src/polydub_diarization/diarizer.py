"""The whole of the stage's work, for events and calls alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from polydub.artifacts import ArtifactFolder, Parameter, digest, read_document
from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import EngineRegistry
from polydub.errors import MediaError, warning
from polydub.store import ObjectStore
from polydub.v1 import common_pb2, diarization_pb2, muxing_pb2
from polydub_diarization import documents, pitch, reference
from polydub_diarization.edges import refine
from polydub_diarization.engines.base import DiarizationEngine, Diarized, check_speakers
from polydub_diarization.levels import Levels, levels_of
from polydub_diarization.parts import cut_parts
from polydub_diarization.pitch import VoiceProfile
from polydub_diarization.prosody import Prosody, prosody_of
from polydub_diarization.segmentation import utterances
from polydub_diarization.settings import DiarizationSettings
from polydub_diarization.sound import Sound, Talk, open_sound
from polydub_diarization.spans import Span
from polydub_diarization.subtitles import lines_of_cues
from polydub_diarization.turns import Utterance, alone, speakers_of

STAGE = "diarization"
DOCUMENT = "diarization.json"
RECIPE = 3
"""Raised whenever what is made of an engine's result changes."""
_NOISY_BELOW_DB = 20.0
"""With less between voice and background, pitch and clips are taken from the voice estimate."""
_ENGINE_SHARE = 0.8


@dataclass(frozen=True)
class Task:
    """One talk to diarize, by its artifacts."""

    video_id: str
    analysis_key: str
    voice_key: str = ""
    snr_db: float = 0.0
    speakers: int = 0
    engine: str = ""
    cues_key: str = ""
    """A person's subtitles (``CueDocument``): they count where nobody is heard."""
    cues_digest: str = ""


@dataclass(frozen=True)
class Outcome:
    products: diarization_pb2.DiarizationProducts
    document: diarization_pb2.DiarizationDocument
    reused: bool


@dataclass(frozen=True)
class _Voices:
    """What was heard of each speaker: a profile, and a clip in a local file; and of each line."""

    profiles: Mapping[str, VoiceProfile]
    clips: Mapping[str, Path]
    prosody: Sequence[Prosody]


@dataclass(frozen=True)
class _Made:
    """What is known of a talk in the end."""

    engine: common_pb2.EngineUse
    duration_ms: int
    lines: Sequence[Utterance]
    voices: _Voices
    warnings: Sequence[common_pb2.Warning]


class Diarizer:
    """Makes the artifacts of a talk, or finds them made."""

    def __init__(
        self,
        settings: DiarizationSettings,
        registry: EngineRegistry[DiarizationEngine],
        store: ObjectStore,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._store = store

    async def run(
        self, task: Task, *, scratch: Path, on_progress: OnProgress | None = None
    ) -> Outcome:
        """Diarizes a talk.

        Args:
            scratch: an empty folder for the time of the call.

        Raises:
            StageError: ``no_speech`` when nobody speaks, by subtitles neither; and what engines
                and store raise.
        """
        check_speakers(task.speakers)
        engine = self._registry.choose(task.engine)
        heard, written = self._folder(task, engine), self._folder(task, engine, task.cues_digest)
        for folder in (heard, written):
            found = await folder.find_document(DOCUMENT, diarization_pb2.DiarizationDocument)
            if found is not None:
                return _outcome(folder, found, reused=True)
        async with self._talk(task) as talk:
            diarized = await engine.diarize(
                talk, speakers=task.speakers, on_progress=_share(on_progress, 0.0, _ENGINE_SHARE)
            )
            lines = await run_blocking(lambda tick: self._lines(talk.sound, diarized, tick))
            folder, warnings = heard, []
            if not lines:
                lines = await self._lines_of_cues(task, talk.sound.duration_ms)
                folder, warnings = written, [_nobody_heard()]
            voices = await self._voices(task, talk, lines, scratch, on_progress)
            made = _Made(engine.use(), talk.sound.duration_ms, lines, voices, warnings)
        return _outcome(folder, await self._store_all(folder, made), reused=False)

    def _folder(
        self, task: Task, engine: DiarizationEngine, cues_digest: str = ""
    ) -> ArtifactFolder:
        written: dict[str, Parameter] = {"cues": cues_digest} if cues_digest else {}
        name = digest(
            recipe=RECIPE,
            engine=engine.id,
            version=engine.version,
            analysis=task.analysis_key,
            voice=task.voice_key,
            speakers=task.speakers,
            utterances=asdict(self._settings.utterances),
            parts=asdict(self._settings.parts),
            **written,
        )
        return ArtifactFolder(self._store, task.video_id, engine.stage, name)

    @asynccontextmanager
    async def _talk(self, task: Task) -> AsyncIterator[Talk]:
        """The talk's sounds as local files."""
        async with AsyncExitStack() as stack:
            analysis = await stack.enter_async_context(self._store.local_file(task.analysis_key))
            voice = None
            if task.voice_key:
                voice = open_sound(
                    await stack.enter_async_context(self._store.local_file(task.voice_key))
                )
            yield Talk(open_sound(analysis), voice)

    async def _lines_of_cues(self, task: Task, duration_ms: int) -> list[Utterance]:
        """What a person's subtitles say of when someone speaks."""
        lines: list[Utterance] = []
        if task.cues_key:
            shown = await read_document(self._store, task.cues_key, muxing_pb2.CueDocument)
            lines = lines_of_cues(shown.cues, duration_ms)
        if not lines:
            raise MediaError("no_speech", "Nobody speaks in the audio track.")
        return lines

    async def _voices(
        self,
        task: Task,
        talk: Talk,
        lines: Sequence[Utterance],
        scratch: Path,
        on_progress: OnProgress | None,
    ) -> _Voices:
        clear = talk.voice if talk.voice and task.snr_db < _NOISY_BELOW_DB else talk.sound
        return await run_blocking(
            lambda tick: _listen(clear, lines, scratch, tick),
            on_progress=_share(on_progress, _ENGINE_SHARE, 1.0),
        )

    def _lines(self, sound: Sound, diarized: Diarized, tick: Tick) -> list[Utterance]:
        levels = _levels(sound, tick)
        speech = refine(diarized.speech, levels)
        return utterances(
            diarized.turns, speech, levels, self._settings.utterances, diarized.overlaps
        )

    async def _store_all(
        self, folder: ArtifactFolder, made: _Made
    ) -> diarization_pb2.DiarizationDocument:
        """Writes the clips and then, last of all, the document."""
        keys = {}
        for speaker, clip in made.voices.clips.items():
            keys[speaker] = (await folder.put_file(clip.name, clip)).key
        spans = [line.span for line in made.lines]
        document = documents.document(
            engine=made.engine,
            duration_ms=made.duration_ms,
            utterances=made.lines,
            parts=cut_parts(spans, made.duration_ms, self._settings.parts),
            profiles=made.voices.profiles,
            reference_keys=keys,
            prosody=made.voices.prosody,
            warnings=made.warnings,
        )
        await folder.put_document(DOCUMENT, document)
        return document


def _listen(sound: Sound, lines: Sequence[Utterance], scratch: Path, tick: Tick) -> _Voices:
    profiles: dict[str, VoiceProfile] = {}
    clips: dict[str, Path] = {}
    names = speakers_of(lines)
    for index, speaker in enumerate(names):
        tick(index / len(names) / 2)
        spans: list[Span] = alone(lines, speaker)
        profiles[speaker] = pitch.profile(sound, spans)
        clips[speaker] = scratch / f"speaker-{speaker}.wav"
        reference.write_clip(sound, reference.choose(spans), clips[speaker])
    said = prosody_of(sound, lines, lambda fraction: tick((1 + fraction) / 2))
    return _Voices(profiles, clips, said)


def _nobody_heard() -> common_pb2.Warning:
    return warning(
        "nobody_heard",
        "Nobody is heard in the sound. Your subtitles say when someone speaks; one voice says it "
        "all.",
        stage=STAGE,
    )


def _levels(sound: Sound, tick: Tick) -> Levels:
    found = [np.zeros(0, np.float32)]
    for levels in levels_of(sound.blocks()):
        tick(0.0)
        found.append(levels)
    return np.concatenate(found)


def _share(on_progress: OnProgress | None, start: float, end: float) -> OnProgress | None:
    """Progress of a step that is only a share of the whole."""
    if on_progress is None:
        return None

    async def report(fraction: float) -> None:
        await on_progress(start + (end - start) * fraction)

    return report


def _outcome(
    folder: ArtifactFolder, made: diarization_pb2.DiarizationDocument, *, reused: bool
) -> Outcome:
    products = diarization_pb2.DiarizationProducts(
        document_key=folder.key(DOCUMENT),
        parts=len(made.parts),
        engine=made.engine,
        digest=folder.digest,
        speaker_ids=[speaker.id for speaker in made.speakers],
    )
    return Outcome(products, made, reused)
