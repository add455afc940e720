"""A line spoken once more: in other words, or by another voice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.store.local import LocalStore
from polydub.v1 import common_pb2, tts_pb2
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.rpc import TtsServicer
from polydub_tts.settings import TtsSettings

pytestmark = pytest.mark.integration

NO_CONTEXT = cast("Any", None)
LONG = "We are going to talk about everything that happened in the meantime."
MIDDLE = "We will talk about all that happened."
SHORT = "We will talk about that."


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def servicer(store: LocalStore, *engines: TtsEngine) -> TtsServicer:
    factories = [lambda each=each: each for each in engines or (EspeakEngine(), FliteEngine())]
    return TtsServicer(EngineRegistry("tts", factories), store, TtsSettings())


def line(**fields: Any) -> tts_pb2.SpokenLine:
    """As it was spoken: 1.35 times as fast as the voice does, and too long still."""
    made: dict[str, Any] = {
        "id": "u1", "speaker_id": "S1", "start_ms": 1000, "end_ms": 2500, "text": LONG,
        "audio_key": "videos/v/tts/x/line.wav", "duration_ms": 3000, "natural_ms": 4050,
        "rate": 1.35, "source_text": "So reden wir.",
        "voice": tts_pb2.Voice(
            id="espeak/en-us+edward", engine="espeak", language="en-US", f0_hz=110,
        ),
        "engine": common_pb2.EngineUse(id="espeak", version="1"),
    }  # fmt: skip
    return tts_pb2.SpokenLine(**{**made, **fields})


async def retaken(
    store: LocalStore, *texts: str, room_ms: int, was: tts_pb2.SpokenLine | None = None, **more: Any
) -> tts_pb2.RetakeResponse:
    request = tts_pb2.RetakeRequest(
        video_id="v", language="en", line=was or line(), texts=texts, room_ms=room_ms, **more
    )
    return await servicer(store).Retake(request, NO_CONTEXT)


async def test_the_first_text_that_fits_is_taken(store: LocalStore) -> None:
    answer = await retaken(store, MIDDLE, SHORT, room_ms=2600)
    said = answer.line
    assert (said.text, said.rate, said.id, said.source_text) == (MIDDLE, 1.0, "u1", "So reden wir.")
    assert said.natural_ms == said.duration_ms <= 2620
    assert said.voice.id == "espeak/en-us+edward"
    assert await store.exists(said.audio_key)


async def test_where_none_fits_the_shortest_is_taken(store: LocalStore) -> None:
    answer = await retaken(store, MIDDLE, SHORT, room_ms=500)
    assert answer.line.text == SHORT
    assert answer.line.rate == pytest.approx(TtsSettings().max_rate)
    own = await retaken(store, MIDDLE, SHORT, room_ms=500, own_pace=True)
    assert (own.line.text, own.line.rate) == (SHORT, 1.0)


async def test_a_take_that_is_no_better_is_not_given(store: LocalStore) -> None:
    assert not (await retaken(store, f"{LONG} {LONG}", room_ms=1500)).HasField("line")
    assert not (await retaken(store, LONG, "...", room_ms=1500)).HasField("line")


async def test_the_same_take_is_found_again(store: LocalStore) -> None:
    first = await retaken(store, SHORT, room_ms=2600)
    path = [info.key async for info in store.walk("videos/v/tts")]
    assert first == await retaken(store, SHORT, room_ms=2600)
    assert path == [info.key async for info in store.walk("videos/v/tts")]


async def test_another_voice_says_the_same_words(store: LocalStore) -> None:
    answer = await retaken(store, room_ms=0, was=line(duration_ms=5000), other_voice=True)
    assert (answer.line.text, answer.line.engine.id) == (LONG, "flite")


async def test_the_last_rung_is_another_voice_of_the_same_engine(store: LocalStore) -> None:
    flite = FliteEngine()
    voice = flite.voices("en")[0]
    was = line(voice=tts_pb2.Voice(id=f"flite/{voice.id}", engine="flite", language="en-US"))
    request = tts_pb2.RetakeRequest(video_id="v", language="en", line=was, other_voice=True)
    answer = await servicer(store, flite).Retake(request, NO_CONTEXT)
    assert answer.line.voice.id not in ("", was.voice.id)


async def test_a_cloned_voice_is_not_used_without_consent(store: LocalStore) -> None:
    was = line()
    was.voice.cloned = True
    assert not (await retaken(store, SHORT, room_ms=2600, was=was)).HasField("line")


async def test_what_makes_no_sense_is_refused(store: LocalStore) -> None:
    with pytest.raises(StageError, match="video"):
        await servicer(store).Retake(tts_pb2.RetakeRequest(language="en"), NO_CONTEXT)
