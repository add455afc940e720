"""The event and the call: parts emitted, artifacts stored and found again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub import artifacts
from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.pcm import RATE_HZ
from polydub.settings import CommonSettings
from polydub.stage import StageContext
from polydub.testing import stage_context
from polydub.v1 import diarization_pb2, events_pb2, muxing_pb2, separation_pb2
from polydub_diarization.diarizer import Diarizer
from polydub_diarization.engines.base import DiarizationEngine
from polydub_diarization.engines.registry import open_registry
from polydub_diarization.handler import DiarizationHandler
from polydub_diarization.rpc import DiarizationServicer
from polydub_diarization.settings import DiarizationSettings

pytestmark = pytest.mark.integration

ANALYSIS = "videos/v1/separation/abc/analysis.wav"
VOICE = "videos/v1/separation/abc/voice.wav"
SETTINGS = DiarizationSettings(part_min_s=5, part_target_s=10, part_max_s=15)

Put = Callable[[StageContext, np.ndarray], None]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> EngineRegistry[DiarizationEngine]:
    empty = tmp_path_factory.mktemp("cache")
    return open_registry(SETTINGS, CommonSettings(cache_dir=empty, model_dir=empty))


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("diarization", tmp_path)


def stage(
    registry: EngineRegistry[DiarizationEngine], context: StageContext
) -> tuple[DiarizationHandler, DiarizationServicer]:
    diarizer = Diarizer(SETTINGS, registry, context.store)
    return DiarizationHandler(diarizer, registry), DiarizationServicer(diarizer, registry)


@pytest.fixture
async def talk(context: StageContext, dialogue, write_wav) -> StageContext:
    """A store that holds the dialogue, as separation leaves it."""
    path = write_wav(context.scratch / "in.wav", dialogue.samples)
    await context.store.put_file(ANALYSIS, path)
    await context.store.put_file(VOICE, path)
    return context


def separated(speakers: int = 0) -> events_pb2.Event:
    return events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", stage="separation", part=-1),
        spec=events_pb2.DubSpec(speakers=speakers, target_languages=["es"]),
        products=events_pb2.Products(
            separation=separation_pb2.SeparationProducts(
                analysis_key=ANALYSIS, voice_key=VOICE, snr_db=40, digest="abc"
            )
        ),
        completed=events_pb2.Completed(),
    )


async def test_one_event_for_each_part(registry, talk: StageContext, dialogue) -> None:
    handler, _ = stage(registry, talk)
    await handler.warm_up()
    emissions = await handler.handle(separated(), talk)
    document = await artifacts.read_document(
        talk.store,
        emissions[0].products.diarization.document_key,
        diarization_pb2.DiarizationDocument,
    )
    assert [emission.part for emission in emissions] == list(range(len(document.parts)))
    assert {emission.parts for emission in emissions} == {len(document.parts)} != {1}
    for emission in emissions:
        assert emission.products.separation == separated().products.separation
        assert emission.products.diarization.parts == len(document.parts)
        assert emission.products.diarization.engine.id == "embedded"
        assert not emission.reused
    assert [use.id for use in talk.used] == ["embedded"]

    assert document.duration_ms == len(dialogue.samples) * 1000 // RATE_HZ
    assert document.parts[0].start_ms == 0
    assert document.parts[-1].end_ms == document.duration_ms
    assert {u.part for u in document.utterances} == {p.index for p in document.parts}
    assert [u.id for u in document.utterances][:2] == ["u0001", "u0002"]


async def test_speakers_have_profiles_and_clips(registry, talk: StageContext) -> None:
    handler, _ = stage(registry, talk)
    (first, *_) = await handler.handle(separated(), talk)
    document = await artifacts.read_document(
        talk.store, first.products.diarization.document_key, diarization_pb2.DiarizationDocument
    )
    woman, man = document.speakers
    assert (woman.id, man.id) == ("S1", "S2")
    # slt is a woman's voice, but a low one: nothing is claimed of whose it is.
    assert woman.profile.pitch_class == diarization_pb2.PITCH_CLASS_MID
    assert woman.profile.gender == diarization_pb2.VOICE_GENDER_UNSPECIFIED
    assert man.profile.pitch_class == diarization_pb2.PITCH_CLASS_LOW
    assert man.profile.gender == diarization_pb2.VOICE_GENDER_MALE
    assert woman.profile.f0_low_hz < woman.profile.f0_median_hz < woman.profile.f0_high_hz
    for speaker in document.speakers:
        async with talk.store.local_file(speaker.reference_key) as path:
            info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (RATE_HZ, 1, "PCM_16")
        assert 3 <= info.duration <= 13
        assert speaker.speech_ms > 8000


async def test_every_line_has_its_prosody(registry, talk: StageContext) -> None:
    handler, _ = stage(registry, talk)
    (first, *_) = await handler.handle(separated(), talk)
    document = await artifacts.read_document(
        talk.store, first.products.diarization.document_key, diarization_pb2.DiarizationDocument
    )
    usual = {speaker.id: speaker.profile for speaker in document.speakers}
    for line in document.utterances:
        profile = usual[line.speaker_id]
        assert profile.f0_low_hz < line.prosody.f0_median_hz < profile.f0_high_hz
        assert 1 < line.prosody.f0_range_semitones < 24
        assert abs(line.prosody.level_db) < 6
        assert line.prosody.characters_per_s == 0


async def test_the_second_time_nothing_is_made(registry, talk: StageContext) -> None:
    handler, _ = stage(registry, talk)
    made = await handler.handle(separated(), talk)
    found = await handler.handle(separated(), talk)
    assert all(emission.reused for emission in found)
    assert [e.products for e in found] == [e.products for e in made]
    other = await handler.handle(separated(speakers=1), talk)
    assert not other[0].reused
    assert other[0].products.diarization.digest != made[0].products.diarization.digest


async def test_nobody_speaks(registry, context: StageContext, write_wav) -> None:
    path = write_wav(context.scratch / "in.wav", np.zeros(5 * RATE_HZ, np.float32))
    for key in (ANALYSIS, VOICE):
        await context.store.put_file(key, path)
    handler, _ = stage(registry, context)
    with pytest.raises(StageError) as raised:
        await handler.handle(separated(), context)
    assert raised.value.code == "no_speech" and not raised.value.retryable


def subtitled(store_key: str, *languages: str, digest: str = "d1") -> events_pb2.Event:
    event = separated()
    event.spec.source_language = "es"
    event.spec.subtitles.extend(
        muxing_pb2.OwnSubtitles(key=store_key + language, language=language, digest=digest)
        for language in languages
    )
    return event


async def put_cues(context: StageContext, key: str, *times: tuple[int, int]) -> None:
    cues = [muxing_pb2.Cue(start_ms=start, end_ms=end, text="x") for start, end in times]
    await context.store.put_bytes(key, artifacts.dump_document(muxing_pb2.CueDocument(cues=cues)))


async def test_subtitles_say_when_someone_speaks_where_nobody_is_heard(
    registry, context: StageContext, write_wav
) -> None:
    path = write_wav(context.scratch / "in.wav", np.zeros(40 * RATE_HZ, np.float32))
    for key in (ANALYSIS, VOICE):
        await context.store.put_file(key, path)
    await put_cues(context, "videos/v1/ca", (0, 1000))
    times = ((15_000, 18_000), (1000, 3000), (2500, 4000), (30_000, 60_000), (50_000, 55_000))
    await put_cues(context, "videos/v1/es", *times)
    handler, _ = stage(registry, context)
    event = subtitled("videos/v1/", "ca", "es")
    made = await handler.handle(event, context)
    document = await artifacts.read_document(
        context.store,
        made[0].products.diarization.document_key,
        diarization_pb2.DiarizationDocument,
    )
    assert [(u.speaker_id, u.start_ms, u.end_ms) for u in document.utterances] == [
        ("S1", 1000, 4000), ("S1", 15_000, 18_000), ("S1", 30_000, 40_000),
    ]  # fmt: skip
    assert [speaker.id for speaker in document.speakers] == ["S1"]
    assert document.speakers[0].profile.f0_median_hz == 0
    assert await context.store.exists(document.speakers[0].reference_key)
    assert {emission.part for emission in made} == {part.index for part in document.parts}
    assert {each.code for emission in made for each in emission.warnings} == {"nobody_heard"}
    found = await handler.handle(event, context)
    assert all(emission.reused for emission in found)
    assert [each.products for each in found] == [each.products for each in made]
    changed = subtitled("videos/v1/", "ca", "es", digest="d2")
    assert not (await handler.handle(changed, context))[0].reused


async def test_a_voice_that_is_heard_counts_more_than_subtitles(
    registry, talk: StageContext
) -> None:
    await put_cues(talk, "videos/v1/es", (0, 500))
    handler, _ = stage(registry, talk)
    with_cues = await handler.handle(subtitled("videos/v1/", "es"), talk)
    without = await handler.handle(separated(), talk)
    assert [each.products for each in with_cues] == [each.products for each in without]
    assert not any(emission.warnings for emission in with_cues)


async def test_sound_that_is_gone(registry, context: StageContext) -> None:
    handler, _ = stage(registry, context)
    with pytest.raises(StageError) as raised:
        await handler.handle(separated(), context)
    assert raised.value.code == "artifact_missing"


async def test_an_unknown_engine(registry, talk: StageContext) -> None:
    handler, _ = stage(registry, talk)
    event = separated()
    event.spec.engines["diarization"] = "crystal-ball"
    with pytest.raises(StageError) as raised:
        await handler.handle(event, talk)
    assert raised.value.code == "invalid_request"


async def test_a_call_does_the_same(registry, talk: StageContext) -> None:
    _, servicer = stage(registry, talk)
    request = diarization_pb2.DiarizeRequest(video_id="v1", analysis_key=ANALYSIS, speakers=2)
    answer = await servicer.Diarize(request, None)
    assert len(answer.document.speakers) == 2
    assert answer.products.parts == len(answer.document.parts)
    assert await talk.store.exists(answer.products.document_key)


async def test_another_video_s_sound_is_refused(registry, talk: StageContext) -> None:
    _, servicer = stage(registry, talk)
    for video, key in (("v2", ANALYSIS), ("", ANALYSIS), ("v", ANALYSIS)):
        with pytest.raises(StageError) as raised:
            await servicer.Diarize(
                diarization_pb2.DiarizeRequest(video_id=video, analysis_key=key), None
            )
        assert raised.value.code == "invalid_request"


async def test_engines_are_listed(registry, context: StageContext) -> None:
    _, servicer = stage(registry, context)
    answer = await servicer.ListEngines(None, None)
    assert answer.stage == "diarization"
    assert [engine.id for engine in answer.engines] == ["pyannote", "sherpa", "embedded"]
    assert [engine.available for engine in answer.engines] == [False, False, True]


async def test_progress_is_told(registry, talk: StageContext) -> None:
    told: list[float] = []

    async def report(fraction: float, message: str) -> None:
        told.append(fraction)

    handler, _ = stage(registry, talk)
    await handler.handle(separated(), replace(talk, report=report))
    assert told == sorted(told)
    assert all(0 <= fraction <= 1 for fraction in told)
