"""The gRPC face, called directly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.store.local import LocalStore
from polydub.v1 import common_pb2, tts_pb2
from polydub_tts.engines.registry import open_registry
from polydub_tts.rpc import TtsServicer
from polydub_tts.settings import TtsSettings

pytestmark = pytest.mark.integration

NO_CONTEXT = cast("Any", None)


@pytest.fixture
def servicer(tmp_path: Path) -> TtsServicer:
    registry = open_registry(TtsSettings(), CommonSettings())
    return TtsServicer(registry, LocalStore(tmp_path), TtsSettings())


async def test_engines_are_listed_in_order_of_preference(servicer: TtsServicer) -> None:
    answer = await servicer.ListEngines(common_pb2.ListEnginesRequest(), NO_CONTEXT)
    assert answer.stage == "tts"
    assert [engine.id for engine in answer.engines] == [
        "elevenlabs", "google", "openai-speech", "xtts", "kokoro", "vits", "piper", "festival",
        "flite", "espeak",
    ]  # fmt: skip


async def test_voices_have_unique_ids_and_belong_to_the_language(servicer: TtsServicer) -> None:
    answer = await servicer.ListVoices(tts_pb2.ListVoicesRequest(language="en"), NO_CONTEXT)
    ids = [voice.id for voice in answer.voices]
    assert {"flite/slt", "espeak/en-us+edward"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert all(voice.language.startswith("en") for voice in answer.voices)
    everything = await servicer.ListVoices(tts_pb2.ListVoicesRequest(), NO_CONTEXT)
    assert len({voice.id for voice in everything.voices}) == len(everything.voices) > 150


async def test_a_voice_from_the_list_can_be_asked_for(servicer: TtsServicer) -> None:
    listed = await servicer.ListVoices(tts_pb2.ListVoicesRequest(language="es"), NO_CONTEXT)
    request = tts_pb2.SynthesizeRequest(text="Hola a todos.", language="es", voice=listed.voices[0])
    answer = await servicer.Synthesize(request, NO_CONTEXT)
    assert answer.audio[:4] == b"RIFF"
    assert answer.engine.id == listed.voices[0].engine
    samples = (len(answer.audio) - 44) // 2
    assert samples * 1000 // answer.sample_rate_hz == answer.duration_ms > 400


async def test_without_a_voice_the_best_one_speaks(servicer: TtsServicer) -> None:
    request = tts_pb2.SynthesizeRequest(text="Hello there.", language="en")
    assert (await servicer.Synthesize(request, NO_CONTEXT)).engine.id == "flite"


@pytest.mark.parametrize(
    "request_",
    [
        tts_pb2.SynthesizeRequest(text="hello", language="no language"),
        tts_pb2.SynthesizeRequest(text="", language="en"),
        tts_pb2.SynthesizeRequest(text="hello", language="en", voice=tts_pb2.Voice(id="flite/x")),
        tts_pb2.SynthesizeRequest(text="hello", language="en", voice=tts_pb2.Voice(id="x/y")),
        tts_pb2.SynthesizeRequest(text="hello", language="en", rate=9),
    ],
)
async def test_what_makes_no_sense_is_refused(
    servicer: TtsServicer, request_: tts_pb2.SynthesizeRequest
) -> None:
    with pytest.raises(StageError) as caught:
        await servicer.Synthesize(request_, NO_CONTEXT)
    assert caught.value.code == "invalid_request"
