"""Google's official SDK against a local gRPC server that speaks its protocol."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

pytest.importorskip(
    "google.cloud.translate_v3", reason="the extra polydub-translation[google] is not installed"
)

from translation_google import GoogleVendor, GrpcFault, serving_google

from polydub import engines
from polydub.errors import StageError
from polydub.google import GoogleSettings
from polydub.testing import poll_until
from polydub_translation.engines.google import CODEPOINTS_AT_ONCE, LINES_AT_ONCE, GoogleEngine

pytestmark = pytest.mark.integration

BUSY = grpc.StatusCode.RESOURCE_EXHAUSTED
NO_KEY = grpc.StatusCode.UNAUTHENTICATED


@pytest.fixture
def vendor() -> Iterator[GoogleVendor]:
    with serving_google(lambda text, target: f"[{target}] {text}") as vendor:
        yield vendor


def engine_at(address: str, *, timeout_s: float = 20.0, retries: int = 1) -> GoogleEngine:
    return GoogleEngine(
        account=GoogleSettings(endpoint=address, project="acme"),
        request_timeout_s=timeout_s,
        retries=retries,
        timeout_s=20.0,
    )


async def say(engine: GoogleEngine, *texts: str, target: str = "es") -> list[str]:
    found = await engine.translate(texts, source="en-US", target=target, candidates=3)
    return [each.candidates[0].text for each in found]


async def test_lines_go_out_as_plain_text(vendor: GoogleVendor) -> None:
    engine = engine_at(vendor.address)
    assert await say(engine, "Tom & <b>.", "42", "Bye.") == ["[es] Tom & <b>.", "42", "[es] Bye."]
    (asked,) = vendor.asked
    assert asked.parent == "projects/acme/locations/global"
    assert asked.mime_type == "text/plain"
    assert (asked.source_language_code, asked.target_language_code) == ("en", "es")
    assert list(asked.contents) == ["Tom & <b>.", "Bye."]


async def test_what_is_billed_is_counted(vendor: GoogleVendor) -> None:
    work = engines.EngineWork()
    token = engines.work.set(work)
    try:
        vendor.faults = [GrpcFault(grpc.StatusCode.INTERNAL, retry_after_s=0)]
        await say(engine_at(vendor.address), "Good day.", "Ünder 好", "42")
    finally:
        engines.work.reset(token)
    assert work.used == {("google", "characters"): len("Good day.") + len("Ünder 好")}


async def test_requests_are_bounded(vendor: GoogleVendor) -> None:
    many = [f"Line number {number}." for number in range(LINES_AT_ONCE + 1)]
    long = ["a" * (CODEPOINTS_AT_ONCE - 10)] * 2
    said = await say(engine_at(vendor.address), *many, *long)
    assert said == [f"[es] {line}" for line in (*many, *long)]
    assert all(len(asked.contents) <= LINES_AT_ONCE for asked in vendor.asked)
    assert all(sum(map(len, asked.contents)) <= CODEPOINTS_AT_ONCE for asked in vendor.asked)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("pt-BR", "pt-BR"), ("pt", "pt"), ("zh-Hant", "zh-TW"), ("zh", "zh-CN"), ("nb", "no"),
        ("es-MX", "es"), ("fr-CA", "fr-CA"),
    ],
)  # fmt: skip
async def test_variants(vendor: GoogleVendor, target: str, code: str) -> None:
    assert await say(engine_at(vendor.address), "Hello.", target=target) == [f"[{code}] Hello."]


def test_pairs_are_those_that_it_can_route() -> None:
    engine = engine_at("127.0.0.1:9")
    pairs = engine.capabilities().pairs
    assert len(pairs) > 5_000
    assert all(engine.route(pair.source, pair.target) for pair in pairs)
    assert engine.route("en", "en-GB") is None
    assert engine.route("en", "tlh") is None


@pytest.mark.parametrize(
    "fault",
    [
        GrpcFault(BUSY, retry_after_s=0),
        GrpcFault(grpc.StatusCode.INTERNAL),
        GrpcFault(grpc.StatusCode.UNAVAILABLE),
        GrpcFault(lines=[]),
        GrpcFault(lines=["a", "b"]),
    ],
)
async def test_a_passing_fault_is_asked_again(vendor: GoogleVendor, fault: GrpcFault) -> None:
    vendor.faults = [fault]
    assert await say(engine_at(vendor.address), "Hello.") == ["[es] Hello."]
    assert len(vendor.asked) == 2


@pytest.mark.parametrize(
    ("faults", "code", "retryable", "words"),
    [
        ([GrpcFault(BUSY, 0), GrpcFault(BUSY, 7)], "engine_failed", True, "asks to wait 7 s"),
        ([GrpcFault(BUSY, 120)], "engine_failed", True, "asks to wait 120 s"),
        ([GrpcFault(NO_KEY)], "engine_unavailable", False, "POLYDUB_GOOGLE_CREDENTIALS_FILE"),
        (
            [GrpcFault(grpc.StatusCode.PERMISSION_DENIED)],
            "engine_unavailable",
            False,
            "POLYDUB_GOOGLE_CREDENTIALS_FILE",
        ),
        ([GrpcFault(grpc.StatusCode.INVALID_ARGUMENT)], "engine_failed", False, "400"),
        ([GrpcFault(lines=[])] * 2, "engine_failed", True, "can't be understood"),
    ],
)
async def test_what_does_not_pass_is_told(
    vendor: GoogleVendor,
    faults: list[GrpcFault],
    code: str,
    retryable: bool,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    vendor.faults = list(faults)
    with caplog.at_level(logging.DEBUG), pytest.raises(StageError) as told:
        await say(engine_at(vendor.address), "Hello.")
    assert (told.value.code, told.value.retryable) == (code, retryable)
    assert words in told.value.message
    assert "secret" not in told.value.message + told.value.hint
    assert "Hello." not in caplog.text
    assert not vendor.faults


async def test_a_server_that_is_gone_is_told() -> None:
    with pytest.raises(StageError) as told:
        await say(engine_at("127.0.0.1:9", retries=0), "Hello.")
    assert (told.value.code, told.value.retryable) == ("engine_failed", True)


async def test_a_slow_answer_is_given_up(vendor: GoogleVendor) -> None:
    done = threading.Event()
    vendor.faults = [GrpcFault(until=done)]
    with pytest.raises(StageError) as told:
        await say(engine_at(vendor.address, timeout_s=0.2, retries=0), "Hello.")
    done.set()
    assert told.value.retryable


async def test_cancelling_does_not_wait_for_the_answer(vendor: GoogleVendor) -> None:
    done = threading.Event()
    vendor.faults = [GrpcFault(until=done)]
    call = asyncio.create_task(say(engine_at(vendor.address), "Hello."))

    async def asked() -> bool:
        return bool(vendor.asked)

    await poll_until(asked, "the request to arrive")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 2)
    done.set()


async def test_credentials_that_are_none_are_told(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text('{"private_key": "secret"}')
    engine = GoogleEngine(
        account=GoogleSettings(credentials_file=file, project="acme"),
        request_timeout_s=1,
        retries=0,
        timeout_s=5,
    )
    assert engine.available().ok
    with pytest.raises(StageError) as told:
        await say(engine, "Hello.")
    assert told.value.code == "engine_unavailable"
    assert "secret" not in told.value.message
    assert str(tmp_path) not in told.value.message


def test_without_an_account_it_says_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    here = engine_at("").available()
    assert not here.ok
    assert "POLYDUB_GOOGLE_CREDENTIALS_FILE" in here.remedy
