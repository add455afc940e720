"""Google Speech-to-Text over real gRPC, against a server on loopback that speaks its protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from structlog.testing import capture_logs

from polydub import cloud
from polydub.engines import EngineWork, work
from polydub.errors import StageError
from polydub.google import GoogleSettings
from polydub.pcm import RATE_HZ, Samples
from polydub.testing import poll_until
from polydub_asr.engines.base import Word
from polydub_asr.engines.google import GoogleEngine
from polydub_asr.engines.google_languages import google_tag, heard, our_tag
from polydub_asr.settings import AsrSettings

pytestmark = pytest.mark.integration

pytest.importorskip("google.cloud.speech_v2", reason="google-cloud-speech is not installed")

from asr_google_server import Refusal, SpeechServer, phrases_of, serving  # noqa: E402

UNAUTHENTICATED = Refusal(grpc.StatusCode.UNAUTHENTICATED)
INTERNAL = Refusal(grpc.StatusCode.INTERNAL)


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with serving(SpeechServer()) as server:
        yield server


def engine_of(server: SpeechServer, **settings: Any) -> GoogleEngine:
    account = GoogleSettings(endpoint=server.address, project="films")
    return GoogleEngine(timeout_s=20, account=account, settings=AsrSettings(**settings))


@pytest.fixture
def engine(server: SpeechServer, monkeypatch: pytest.MonkeyPatch) -> GoogleEngine:
    monkeypatch.setattr(cloud, "FIRST_PAUSE_S", 0.01)
    return engine_of(server)


def sound(seconds: float = 2.0) -> Samples:
    """A tone with a quarter of a second of silence on both sides."""
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)
    return np.pad(tone, RATE_HZ // 4).astype(np.float32)


async def test_words_as_google_gives_them(engine: GoogleEngine, server: SpeechServer) -> None:
    heard = await engine.transcribe(sound(), language="en")
    assert [word.text for word in heard.words] == ["Where", "is", "the", "station?"]
    assert heard.words[1] == Word("is", 750, 1250, pytest.approx(0.9))
    (request,) = server.requests
    assert request.recognizer == "projects/films/locations/global/recognizers/_"
    assert list(request.config.language_codes) == ["en-US"]
    assert request.config.model == "long"
    assert len(request.content) == sound().size * 2
    assert request.config.explicit_decoding_config.sample_rate_hertz == RATE_HZ
    features = request.config.features
    assert features.enable_word_time_offsets
    assert features.enable_word_confidence
    assert features.enable_automatic_punctuation


async def test_hotwords_are_phrases(engine: GoogleEngine, server: SpeechServer) -> None:
    await engine.transcribe(sound(), language="en", hotwords=["Kubernetes", "x" * 150])
    assert phrases_of(server.requests[0]) == ["Kubernetes", "x" * 100]


async def test_what_is_billed_is_charged(engine: GoogleEngine, server: SpeechServer) -> None:
    spent = EngineWork()
    token = work.set(spent)
    try:
        await engine.transcribe(sound(2.2), language="en")
        assert spent.used == {("google", "seconds"): 3.0}
        server.billed_s = 15.0
        await engine.transcribe(sound(2.2), language="en")
        assert spent.used == {("google", "seconds"): 18.0}
        server.refusals = [UNAUTHENTICATED]
        with pytest.raises(StageError):
            await engine.transcribe(sound(), language="en")
        assert spent.used == {("google", "seconds"): 18.0}
    finally:
        work.reset(token)


async def test_long_sound_is_cut_below_a_minute(engine: GoogleEngine, server: SpeechServer) -> None:
    line = np.concatenate([sound(9.0), np.zeros(RATE_HZ // 2, np.float32)])
    heard = await engine.transcribe(np.tile(line, 15), language="en")
    assert max(len(each.content) for each in server.requests) <= 60 * RATE_HZ * 2
    assert sum(len(each.content) for each in server.requests) == line.size * 15 * 2
    starts = [word.start_ms for word in heard.words if word.text == "Where"]
    assert len(starts) == len(server.requests) > 2
    # Each request starts within the silence before a line of ten seconds.
    assert all(abs(start % 10_000 - 250) <= 20 for start in starts)
    assert starts == sorted(starts)


async def test_clips_go_at_the_same_time_up_to_a_limit(server: SpeechServer) -> None:
    server.delay_s = 0.05
    engine = engine_of(server, google_at_once=3)
    heard = await engine.transcribe_many([sound()] * 7, language="en")
    assert [len(each.words) for each in heard] == [4] * 7
    assert server.most_under_way == 3


async def test_readings_and_marks_are_no_words(engine: GoogleEngine, server: SpeechServer) -> None:
    server.text = "▁私|ワタシ は|ワ 。"
    heard = await engine.transcribe(sound(), language="ja")
    assert [word.text for word in heard.words] == ["私", "は"]


async def test_no_confidence_is_no_doubt(engine: GoogleEngine, server: SpeechServer) -> None:
    server.confidence = 0.0
    heard = await engine.transcribe(sound(), language="en")
    assert {word.confidence for word in heard.words} == {1.0}


async def test_a_model_without_word_times_is_named(
    engine: GoogleEngine, server: SpeechServer
) -> None:
    server.word_times = False
    with pytest.raises(StageError) as failed:
        await engine.transcribe(sound(), language="en")
    assert (failed.value.code, failed.value.retryable) == ("engine_failed", False)
    assert "word times" in failed.value.message


@pytest.mark.parametrize(
    ("refusal", "code", "retryable", "said", "asked"),
    [
        (UNAUTHENTICATED, "engine_unavailable", False, "POLYDUB_GOOGLE_CREDENTIALS_FILE", 1),
        (
            Refusal(grpc.StatusCode.PERMISSION_DENIED),
            "engine_unavailable",
            False,
            "POLYDUB_GOOGLE_CREDENTIALS_FILE",
            1,
        ),
        (Refusal(grpc.StatusCode.INVALID_ARGUMENT), "engine_failed", False, "400", 1),
        (Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, 90.0), "engine_failed", True, "90 s", 1),
        (Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED), "engine_failed", True, "too many", 3),
        (INTERNAL, "engine_failed", True, "500", 3),
        (Refusal(grpc.StatusCode.UNAVAILABLE), "engine_failed", True, "503", 3),
    ],
    ids=lambda each: each.code.name if isinstance(each, Refusal) else None,
)
async def test_refusals(
    engine: GoogleEngine,
    server: SpeechServer,
    refusal: Refusal,
    code: str,
    retryable: bool,
    said: str,
    asked: int,
) -> None:
    server.refusals = [refusal] * 3
    with capture_logs() as logs, pytest.raises(StageError) as failed:
        await engine.transcribe(sound(), language="en")
    assert (failed.value.code, failed.value.retryable) == (code, retryable)
    assert said in failed.value.message
    assert len(server.requests) == asked
    assert server.secret not in failed.value.message + str(failed.value.hint) + str(logs)


async def test_it_waits_as_long_as_google_asks(engine: GoogleEngine, server: SpeechServer) -> None:
    server.refusals = [Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, 0.05), INTERNAL]
    heard = await engine.transcribe(sound(), language="en")
    assert len(heard.words) == 4
    assert len(server.requests) == 3


async def test_a_slow_answer_is_given_up(
    server: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "FIRST_PAUSE_S", 0.01)
    server.delay_s = 5.0
    engine = engine_of(server, google_request_timeout_s=0.05)
    with pytest.raises(StageError) as late:
        await engine.transcribe(sound(), language="en")
    assert (late.value.code, late.value.retryable) == ("engine_failed", True)
    assert len(server.requests) == 3


async def test_a_line_that_is_cut(engine: GoogleEngine, server: SpeechServer) -> None:
    server.delay_s = 30.0
    call = asyncio.create_task(engine.transcribe(sound(), language="en"))

    async def begun() -> bool:
        return bool(server.requests)

    await poll_until(begun, "the request to arrive", interval_s=0.005)
    assert server.listening is not None
    await server.listening.stop(None)
    with pytest.raises(StageError) as cut:
        await call
    assert (cut.value.code, cut.value.retryable) == ("engine_failed", True)


async def test_languages_to_choose_from(server: SpeechServer) -> None:
    server.language = "es-ES"
    engine = engine_of(server, google_languages="en, es-MX ,ase,fr,de")
    guess = await engine.detect_language(sound())
    assert guess is not None
    assert (guess.language, guess.confidence) == ("es", 1.0)
    assert list(server.requests[0].config.language_codes) == ["en-US", "es-MX", "fr-FR"]


async def test_without_languages_to_choose_from_it_can_t_tell(
    engine: GoogleEngine, server: SpeechServer
) -> None:
    assert await engine.detect_language(sound()) is None
    assert not server.requests


async def test_chirp_finds_the_language_itself(server: SpeechServer) -> None:
    server.language = "cmn-Hans-CN"
    guess = await engine_of(server, google_model="chirp_3").detect_language(sound())
    assert guess is not None
    assert guess.language == "zh"
    assert list(server.requests[0].config.language_codes) == ["auto"]


@pytest.mark.parametrize(
    ("tag", "google"),
    [
        ("en", "en-US"), ("en-GB", "en-GB"), ("en-BZ", "en-US"), ("es", "es-ES"),
        ("es-MX", "es-MX"), ("es-419", "es-ES"), ("pt", "pt-BR"), ("zh", "cmn-Hans-CN"),
        ("zh-TW", "cmn-Hant-TW"), ("zh-Hant", "cmn-Hant-TW"), ("yue", "yue-Hant-HK"),
        ("he", "iw-IL"), ("nb", "no-NO"), ("no", "no-NO"), ("pa", "pa-Guru-IN"), ("ar", "ar-EG"),
        ("fil", "fil-PH"),
    ],
)  # fmt: skip
def test_google_s_tags(tag: str, google: str) -> None:
    assert google_tag(tag) == google


def test_every_language_that_is_heard_has_a_tag() -> None:
    assert {"en", "zh", "yue", "nb", "no", "he"} <= heard()
    for language in heard():
        assert our_tag(google_tag(language)) in heard()


def bare(account: GoogleSettings) -> GoogleEngine:
    return GoogleEngine(timeout_s=5, account=account, settings=AsrSettings())


def test_without_an_account_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    here = bare(GoogleSettings()).available()
    assert not here.ok
    assert "POLYDUB_GOOGLE_CREDENTIALS_FILE" in here.remedy


async def test_a_spoiled_key_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"private_key": "AIza-what-nobody-may-read"}')
    with capture_logs() as logs, pytest.raises(StageError) as refused:
        await bare(GoogleSettings(credentials_file=file)).transcribe(sound(), language="en")
    assert refused.value.code == "engine_unavailable"
    assert "AIza" not in refused.value.message + str(refused.value.hint) + str(logs)
