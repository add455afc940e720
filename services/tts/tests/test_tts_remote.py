"""Engines behind HTTP, against a server on loopback that speaks their protocols."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from tts_speech_server import KEY, RATE_HZ, SECRET, Fault, SpeechServerLog, speech_server, tone

from polydub import cloud
from polydub.cloud import Key, retry_after_s
from polydub.engines import EngineWork, work
from polydub.errors import StageError
from polydub.pcm import to_pcm, wav_header
from polydub.testing import poll_until
from polydub_tts.engines.base import cloned_voice
from polydub_tts.engines.elevenlabs import ElevenLabsEngine
from polydub_tts.engines.openai_speech import OpenAiSpeechEngine, SpeechServer
from polydub_tts.engines.remote import RemoteTtsEngine
from polydub_tts.settings import TtsSettings
from polydub_tts.sound import Sound, decode_wav
from polydub_tts.style import Reference, Style

pytest.importorskip("httpx", reason="the extra openai is not installed")
pytest.importorskip("elevenlabs", reason="the extra elevenlabs is not installed")
pytestmark = pytest.mark.integration

Make = Callable[..., RemoteTtsEngine]


@pytest.fixture
def server() -> Iterator[SpeechServerLog]:
    with speech_server() as running:
        yield running


NO_KEY = Key("POLYDUB_TTS_ELEVENLABS_KEY", SecretStr(""))
WRONG = Key("POLYDUB_TTS_TEST_KEY", SecretStr("wrong"))


def openai(server: SpeechServerLog, key: Key = KEY, **limits: float) -> OpenAiSpeechEngine:
    told = SpeechServer(
        url=f"{server.url}/v1",
        key=key,
        model="toy-1",
        voices={"es": ["nova:female", "onyx:male", "plain"], "en": ["alloy"]},
        speed=True,
        language_field="language",
    )
    return OpenAiSpeechEngine(told, **limits)


def elevenlabs(server: SpeechServerLog, key: Key = KEY, **limits: float) -> ElevenLabsEngine:
    return ElevenLabsEngine(key, url=server.url, **limits)


@pytest.fixture(params=[openai, elevenlabs], ids=["openai-speech", "elevenlabs"])
def make(request: pytest.FixtureRequest, server: SpeechServerLog) -> Make:
    return lambda **given: request.param(server, **given)


async def refusal(engine: RemoteTtsEngine) -> StageError:
    voices = engine.voices("es") or openai(SpeechServerLog()).voices("es")
    with pytest.raises(StageError) as caught:
        await engine.speak("hola", voice=voices[0])
    assert SECRET not in repr(caught.value) + caught.value.message + caught.value.hint
    return caught.value


async def test_speech_comes_as_the_server_made_it(make: Make) -> None:
    engine = make()
    assert engine.available().ok
    sound = await engine.speak("Hola a todos.", voice=engine.voices("es")[0])
    assert sound.rate_hz == RATE_HZ
    assert sound.duration_ms == pytest.approx(13 * 50, abs=15)
    assert abs(sound.samples).max() == pytest.approx(0.3, abs=0.001)


async def test_the_rate_is_asked_of_the_server(make: Make) -> None:
    engine = make()
    voice = engine.voices("es")[0]
    natural = await engine.speak("Hola a todos.", voice=voice)
    faster = await engine.speak("Hola a todos.", voice=voice, rate=1.2)
    assert natural.duration_ms / faster.duration_ms == pytest.approx(1.2, rel=0.03)


async def test_a_refused_key_is_named_by_its_variable_and_not_tried_again(
    make: Make, server: SpeechServerLog
) -> None:
    error = await refusal(make(key=WRONG))
    assert (error.code, error.retryable) == ("engine_unavailable", False)
    assert "_KEY" in error.message
    assert len(server.requests) == 1


async def test_too_many_requests_are_asked_again_after_the_pause(
    make: Make, server: SpeechServerLog
) -> None:
    engine = make()
    server.faults.append(Fault(429, {"Retry-After": "1"}))
    await engine.speak("hola", voice=engine.voices("es")[0])
    assert len(server.requests) == 2


async def test_a_long_pause_is_left_to_the_redelivery(make: Make, server: SpeechServerLog) -> None:
    server.faults.append(Fault(429, {"Retry-After": "120"}))
    error = await refusal(make())
    assert (error.code, error.retryable) == ("engine_failed", True)
    assert "120 s" in error.message
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [Fault(500), Fault(503), Fault(cut=True)])
async def test_a_server_in_trouble_is_asked_three_times(
    make: Make, server: SpeechServerLog, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "FIRST_PAUSE_S", 0.01)
    engine = make()
    server.faults.extend([fault, fault])
    await engine.speak("hola", voice=engine.voices("es")[0])
    assert len(server.requests) == 3
    server.faults.extend([fault] * 3)
    error = await refusal(engine)
    assert (error.code, error.retryable) == ("engine_failed", True)


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_request_that_is_wrong_is_not_repeated(
    make: Make, server: SpeechServerLog, status: int
) -> None:
    server.faults.append(Fault(status))
    error = await refusal(make())
    assert (error.code, error.retryable) == ("engine_failed", False)
    assert len(server.requests) == 1


async def test_a_used_up_quota_is_no_wrong_key(server: SpeechServerLog) -> None:
    server.faults.append(Fault(401, body={"detail": {"status": "quota_exceeded"}}))
    error = await refusal(elevenlabs(server))
    assert (error.code, error.retryable) == ("engine_failed", True)
    assert "quota" in error.message
    server.faults.append(Fault(429, body={"error": {"code": "insufficient_quota"}}))
    assert "quota" in (await refusal(openai(server))).message


async def test_a_server_that_hangs_is_given_up(make: Make, server: SpeechServerLog) -> None:
    engine = make(timeout_s=0.5)
    server.faults.append(Fault(hang=True))
    assert (await refusal(engine)).code == "engine_timeout"


async def test_cancelling_ends_the_request(make: Make, server: SpeechServerLog) -> None:
    engine = make()
    server.faults.append(Fault(hang=True))
    task = asyncio.create_task(engine.speak("hola", voice=engine.voices("es")[0]))

    async def asked() -> bool:
        return bool(server.requests)

    await poll_until(asked, "the request")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_no_more_lines_than_set_are_asked_for_at_once(
    make: Make, server: SpeechServerLog
) -> None:
    engine = make(at_once=2)
    voice = engine.voices("es")[0]
    await asyncio.gather(*(engine.speak(f"línea {n}", voice=voice) for n in range(8)))
    assert len(server.requests) == 8
    assert server.most_at_once <= 2


async def test_a_server_that_is_not_there_can_be_tried_again(
    server: SpeechServerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "FIRST_PAUSE_S", 0.01)
    engine = OpenAiSpeechEngine(
        SpeechServer("http://127.0.0.1:9/v1", model="m", voices={"es": ["a"]})
    )
    error = await refusal(engine)
    assert (error.code, error.retryable) == ("engine_failed", True)


# --- openai-speech


async def test_the_openai_request_is_what_the_protocol_says(server: SpeechServerLog) -> None:
    engine = openai(server)
    await engine.speak("hola", voice=engine.voices("es-MX")[0], rate=1.1)
    assert server.requests == [
        {
            "path": "/v1/audio/speech",
            "query": {},
            "model": "toy-1",
            "input": "hola",
            "voice": "nova",
            "response_format": "wav",
            "speed": 1.1,
            "language": "es",
        }
    ]


def test_openai_voices_are_those_of_the_settings() -> None:
    engine = openai(SpeechServerLog(url="http://x"))
    assert [(v.id, v.gender) for v in engine.voices("es")] == [
        ("nova", "female"),
        ("onyx", "male"),
        ("plain", ""),
    ]
    assert engine.voices("de") == ()


def test_without_speed_the_rate_is_fixed() -> None:
    engine = OpenAiSpeechEngine(SpeechServer("http://x", model="m", voices={"es": ["a"]}))
    allowed = engine.rate_range(engine.voices("es")[0])
    assert (allowed.slowest, allowed.fastest) == (1.0, 1.0)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
async def test_a_streamed_header_without_a_length_is_read(
    server: SpeechServerLog, length: int
) -> None:
    server.header = wav_header(0, RATE_HZ)[:-4] + length.to_bytes(4, "little")
    engine = openai(server)
    sound = await engine.speak("Hola a todos.", voice=engine.voices("es")[0])
    assert sound.duration_ms == pytest.approx(650, abs=15)


@pytest.mark.parametrize("header", [b"no sound at all", wav_header(10**6, RATE_HZ)])
async def test_what_is_no_whole_sound_is_refused(server: SpeechServerLog, header: bytes) -> None:
    server.header = header
    assert (await refusal(openai(server))).code == "engine_failed"


def test_float_and_extensible_wav_are_read() -> None:
    samples = tone("hola", 1.0)
    data = samples.astype("<f4").tobytes()
    for kind, more in ((3, b""), (0xFFFE, struct.pack("<HHIH", 22, 32, 4, 3) + bytes(14))):
        layout = struct.pack("<HHIIHH", kind, 1, RATE_HZ, RATE_HZ * 4, 4, 32) + more
        chunks = b"fmt " + struct.pack("<I", len(layout)) + layout
        chunks += b"data" + struct.pack("<I", len(data)) + data
        sound = decode_wav(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
        assert sound.samples == pytest.approx(samples)
    assert len(decode_wav(wav_header(len(samples)) + to_pcm(samples)).samples) == len(samples)


def test_settings_make_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{SECRET}\n")
    for name, value in {
        "OPENAI_URL": "http://x/v1",
        "OPENAI_MODEL": "m",
        "OPENAI_KEY_FILE": str(key),
        "OPENAI_VOICES": json.dumps(["a", "b:male"]),
        "OPENAI_LANGUAGES": "es, PT_br",
    }.items():
        monkeypatch.setenv(f"POLYDUB_TTS_{name}", value)
    settings = TtsSettings()
    told = settings.speech_server()
    assert told.key.read() == SECRET
    assert SECRET not in repr(told) + repr(settings)
    assert OpenAiSpeechEngine(told).capabilities().languages == {"es", "pt-BR"}
    monkeypatch.setenv("POLYDUB_TTS_OPENAI_KEY_FILE", str(tmp_path / "none"))
    here = OpenAiSpeechEngine(TtsSettings().speech_server()).available()
    assert "can't be read" in here.reason


def test_what_is_not_set_is_named() -> None:
    assert "POLYDUB_TTS_OPENAI_URL" in OpenAiSpeechEngine(SpeechServer()).available().remedy
    assert "POLYDUB_TTS_ELEVENLABS_KEY" in ElevenLabsEngine(NO_KEY).available().remedy
    assert ElevenLabsEngine(NO_KEY).voices("es") == ()


# --- ElevenLabs


async def test_the_elevenlabs_request_keeps_the_voices_own_settings(
    server: SpeechServerLog,
) -> None:
    engine = elevenlabs(server)
    rachel = next(voice for voice in engine.voices("es") if voice.id == "rachel1")
    await engine.speak("hola", voice=rachel, rate=1.1)
    [request] = server.requests
    assert request["path"] == "/v1/text-to-speech/rachel1"
    assert request["query"]["output_format"] == ["pcm_24000"]
    assert request["model_id"] == "eleven_multilingual_v2"
    assert request["voice_settings"]["stability"] == 0.3
    assert request["voice_settings"]["speed"] == 1.1


def test_voices_at_home_in_the_language_come_first(server: SpeechServerLog) -> None:
    engine = elevenlabs(server)
    assert [(v.name, v.gender) for v in engine.voices("es")] == [
        ("Mateo", "male"),
        ("Rachel", "female"),
    ]
    assert [v.name for v in engine.voices("en-GB")] == ["Rachel", "Mateo"]
    assert engine.voices("de") == ()


def test_a_wrong_key_or_model_makes_it_unavailable(server: SpeechServerLog) -> None:
    wrong = elevenlabs(server, key=WRONG).available()
    assert not wrong.ok
    assert "POLYDUB_TTS_TEST_KEY" in wrong.reason
    other = ElevenLabsEngine(KEY, model="none", url=server.url).available()
    assert "no model none" in other.reason
    server.listing_fault = Fault(503)
    assert not elevenlabs(server).available().ok


def clip(name: str) -> Reference:
    async def read() -> Sound:
        return Sound(tone(name, 1.0), RATE_HZ)

    return Reference(name, read)


async def imitated(engine: ElevenLabsEngine, name: str) -> None:
    await engine.speak("hola", voice=cloned_voice("S1's own", "es", clip(name)))


async def test_a_speaker_is_cloned_once_and_found_again_by_others(server: SpeechServerLog) -> None:
    first, second = elevenlabs(server), elevenlabs(server)
    await asyncio.gather(*(imitated(first, "anna") for _ in range(3)))
    assert len(server.made) == 1
    assert b"polydub-anna" in server.made[0] and b"RIFF" in server.made[0]
    await imitated(second, "anna")
    await imitated(second, "ben")
    assert len(server.made) == 2
    assert {request["path"] for request in server.requests} == {
        "/v1/text-to-speech/clone1",
        "/v1/text-to-speech/clone2",
    }
    assert not [voice for voice in elevenlabs(server).voices("es") if "polydub" in voice.name]
    first.close()
    second.close()
    assert set(server.deleted) == {"clone1", "clone2"}


async def test_an_unused_clone_is_deleted(server: SpeechServerLog) -> None:
    engine = elevenlabs(server, clones_kept_s=0.05)
    await imitated(engine, "anna")

    async def gone() -> bool:
        return server.deleted == ["clone1"]

    await poll_until(gone, "the clone to be deleted")
    await imitated(engine, "anna")
    assert len(server.made) == 2
    engine.close()


async def test_a_clone_that_somebody_deleted_is_made_anew(server: SpeechServerLog) -> None:
    engine = elevenlabs(server)
    await imitated(engine, "anna")
    server.clones.clear()
    await imitated(engine, "anna")
    assert len(server.made) == 2
    engine.close()


async def test_clones_that_were_left_behind_are_deleted_with_the_next_one(
    server: SpeechServerLog,
) -> None:
    server.clones["old"] = {"voice_id": "old", "name": "polydub-x", "created_at_unix": 1}
    server.clones["theirs"] = {"voice_id": "theirs", "name": "Theirs", "created_at_unix": 1}
    engine = elevenlabs(server)
    await imitated(engine, "anna")
    assert server.deleted == ["old"]
    engine.close()


async def test_lively_speech_lowers_the_stability(server: SpeechServerLog) -> None:
    engine = elevenlabs(server)
    rachel = next(voice for voice in engine.voices("es") if voice.id == "rachel1")
    for semitones in (12.0, 6.0, 2.0):
        await engine.speak("hola", voice=rachel, style=Style(range_semitones=semitones))
    told = [request["voice_settings"]["stability"] for request in server.requests]
    assert told == [0.15, 0.3, 0.45]


async def test_characters_are_charged_once_they_are_spoken(
    make: Make, server: SpeechServerLog
) -> None:
    engine = make()
    voice = engine.voices("es")[0]
    meter = EngineWork()
    token = work.set(meter)
    server.faults.append(Fault(400))
    with pytest.raises(StageError):
        await engine.speak("hola", voice=voice)
    await engine.speak("hola a todos", voice=voice)
    work.reset(token)
    assert meter.used == {(engine.id, "characters"): 12}


async def test_a_new_key_in_the_file_counts_at_once(
    server: SpeechServerLog, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("wrong")
    engine = openai(server, Key("POLYDUB_TTS_TEST_KEY", SecretStr(""), file))
    assert (await refusal(engine)).code == "engine_unavailable"
    file.write_text(f"{SECRET}\n")
    await engine.speak("hola", voice=engine.voices("es")[0])


async def test_a_server_that_imitates_gets_the_clip(server: SpeechServerLog) -> None:
    told = SpeechServer(
        f"{server.url}/v1", KEY, "base", cloning=True, cloning_languages=frozenset({"es"})
    )
    engine = OpenAiSpeechEngine(told)
    assert engine.available().ok and engine.clones("es-MX") and not engine.clones("de")
    await engine.speak("hola", voice=cloned_voice("S1's own", "es", clip("anna")))
    [request] = server.requests
    assert (request["task_type"], request["x_vector_only_mode"]) == ("Base", True)
    head, _, data = request["ref_audio"].partition(",")
    assert head == "data:audio/wav;base64"
    assert decode_wav(base64.b64decode(data)).duration_ms == 200
    assert "voice" not in request


async def test_a_manner_becomes_instructions_where_the_model_follows_them(
    server: SpeechServerLog,
) -> None:
    style = Style(pitch_semitones=2.0, range_semitones=12.0, level_db=-5.0)
    plain = openai(server)
    told = SpeechServer(f"{server.url}/v1", KEY, "m", {"es": ["a"]}, instructions=True)
    for engine in (plain, OpenAiSpeechEngine(told)):
        await engine.speak("hola", voice=engine.voices("es")[0], style=style)
    assert "instructions" not in server.requests[0]
    assert server.requests[1]["instructions"] == (
        "Speak in a higher voice, quietly, lively, with much melody."
    )


def test_a_pause_may_be_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    found = retry_after_s({"Retry-After": format_datetime(soon, usegmt=True)})
    assert found is not None
    assert 25 < found <= 30
    assert retry_after_s({}) is None
    assert retry_after_s({"retry-after": "soon"}) is None
