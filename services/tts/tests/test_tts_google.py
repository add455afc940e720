"""Google's engine over real gRPC, against a server on loopback that speaks its protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("google.cloud.texttospeech_v1", reason="the extra google is not installed")

import grpc
from tts_google_server import GoogleLog, Trouble, google_server

from polydub import cloud
from polydub.engines import EngineWork, work
from polydub.errors import StageError
from polydub.google import GoogleSettings
from polydub.testing import poll_until
from polydub_tts.engines.google import GoogleSpeechEngine
from polydub_tts.style import Style

pytestmark = pytest.mark.integration

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture
def server() -> Iterator[GoogleLog]:
    with google_server() as running:
        yield running


@pytest.fixture
def engine(server: GoogleLog) -> GoogleSpeechEngine:
    return GoogleSpeechEngine(server.settings, timeout_s=20)


async def refusal(engine: GoogleSpeechEngine) -> StageError:
    with pytest.raises(StageError) as caught:
        await engine.speak("hola", voice=engine.voices("es")[0])
    return caught.value


def test_voices_are_ranked_by_kind_and_listed_once(
    engine: GoogleSpeechEngine, server: GoogleLog
) -> None:
    assert engine.available().ok
    assert [(voice.id, voice.gender) for voice in engine.voices("es-MX")] == [
        ("es-ES-Neural2-A", "female"),
        ("es-ES-Neural2-B", "male"),
        ("es-ES-Standard-A", "female"),
    ]
    assert engine.voices("de") == ()
    assert engine.capabilities().languages == {"es-ES", "en-GB"}
    assert server.listings == 1


async def test_the_request_carries_rate_pitch_and_level(
    engine: GoogleSpeechEngine, server: GoogleLog
) -> None:
    style = Style(pitch_semitones=1.5, level_db=3.0, range_semitones=9.0)
    meter = EngineWork()
    token = work.set(meter)
    sound = await engine.speak("Hola a todos.", voice=engine.voices("es")[0], rate=1.2, style=style)
    work.reset(token)
    assert sound.duration_ms == pytest.approx(13 * 50 / 1.2, abs=15)
    [request] = server.requests
    assert (request.voice.name, request.voice.language_code) == ("es-ES-Neural2-A", "es-ES")
    assert request.audio_config.speaking_rate == pytest.approx(1.2)
    assert (request.audio_config.pitch, request.audio_config.volume_gain_db) == (1.5, 3.0)
    assert meter.used == {("google", "characters"): 13}


async def test_a_voice_of_a_fixed_pitch_is_not_asked_for_another(server: GoogleLog) -> None:
    engine = GoogleSpeechEngine(server.settings, ("Chirp3-HD",))
    await engine.speak("hola", voice=engine.voices("es")[0], style=Style(pitch_semitones=2.0))
    assert server.requests[0].audio_config.pitch == 0.0


async def test_a_refused_account_is_named_and_not_asked_again(
    engine: GoogleSpeechEngine, server: GoogleLog
) -> None:
    server.troubles.append(Trouble(grpc.StatusCode.UNAUTHENTICATED))
    error = await refusal(engine)
    assert (error.code, error.retryable) == ("engine_unavailable", False)
    assert "POLYDUB_GOOGLE_CREDENTIALS_FILE" in error.message
    assert len(server.requests) == 1


async def test_a_short_pause_is_kept_and_a_long_one_left_to_the_redelivery(
    engine: GoogleSpeechEngine, server: GoogleLog
) -> None:
    server.troubles.append(Trouble(EXHAUSTED, wait_s=1))
    assert (await engine.speak("hola", voice=engine.voices("es")[0])).duration_ms > 100
    assert len(server.requests) == 2
    server.troubles.append(Trouble(EXHAUSTED, wait_s=120))
    error = await refusal(engine)
    assert (error.code, error.retryable) == ("engine_failed", True)
    assert "120 s" in error.message
    assert len(server.requests) == 3


async def test_a_server_in_trouble_is_asked_three_times(
    engine: GoogleSpeechEngine, server: GoogleLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "FIRST_PAUSE_S", 0.01)
    server.troubles.extend([Trouble(grpc.StatusCode.INTERNAL)] * 3)
    error = await refusal(engine)
    assert (error.code, error.retryable) == ("engine_failed", True)
    assert len(server.requests) == 3


async def test_a_wrong_request_is_not_repeated(
    engine: GoogleSpeechEngine, server: GoogleLog
) -> None:
    server.troubles.append(Trouble(grpc.StatusCode.INVALID_ARGUMENT))
    assert not (await refusal(engine)).retryable
    assert len(server.requests) == 1


async def test_half_a_sound_is_refused(engine: GoogleSpeechEngine, server: GoogleLog) -> None:
    server.troubles.append(Trouble(cut=True))
    assert (await refusal(engine)).code == "engine_failed"


async def test_a_server_that_hangs_is_given_up(server: GoogleLog) -> None:
    engine = GoogleSpeechEngine(server.settings, timeout_s=0.5, retries=0)
    voice = engine.voices("es")[0]
    server.troubles.append(Trouble(hang=True))
    with pytest.raises(StageError) as caught:
        await engine.speak("hola", voice=voice)
    assert caught.value.retryable


async def test_cancelling_ends_the_request(engine: GoogleSpeechEngine, server: GoogleLog) -> None:
    server.troubles.append(Trouble(hang=True))
    task = asyncio.create_task(engine.speak("hola", voice=engine.voices("es")[0]))

    async def asked() -> bool:
        return bool(server.requests)

    await poll_until(asked, "the request")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_is_missing_is_named(server: GoogleLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    nothing = GoogleSpeechEngine(GoogleSettings(credentials_file=Path("/nowhere/key.json")))
    assert not nothing.available().ok
    assert nothing.voices("es") == ()
    server.listing_trouble = Trouble(grpc.StatusCode.UNAUTHENTICATED)
    assert "refuses the key" in GoogleSpeechEngine(server.settings).available().reason
    other = GoogleSpeechEngine(google_settings_of(server), ("Casual",))
    assert not other.available().ok


def google_settings_of(server: GoogleLog) -> GoogleSettings:
    server.listing_trouble = None
    return server.settings
