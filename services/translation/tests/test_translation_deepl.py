"""DeepL's official SDK against a local server that speaks its protocol."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

pytest.importorskip("deepl", reason="the extra polydub-translation[deepl] is not installed")

from translation_vendors import Fault, Vendor, serving

from polydub.cloud import Key
from polydub.errors import StageError
from polydub.testing import poll_until
from polydub_translation.engines.deepl import LINES_AT_ONCE, DeepLEngine

pytestmark = pytest.mark.integration

NO_PAUSE = {"Retry-After": "0"}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "translations": [
            {
                "detected_source_language": "EN",
                "text": f"[{asked['target_lang']}] {text}",
                "billed_characters": len(text),
            }
            for text in asked["text"]
        ]
    }


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(answer) as vendor:
        yield vendor


def engine_at(
    url: str, *, key: str = "secret", file: Path | None = None, timeout_s: float = 20.0
) -> DeepLEngine:
    return DeepLEngine(
        key=Key("POLYDUB_TRANSLATION_DEEPL_KEY", SecretStr(key), file),
        url=url,
        request_timeout_s=timeout_s,
        retries=1,
        timeout_s=20.0,
    )


async def say(engine: DeepLEngine, *texts: str, target: str = "es") -> list[str]:
    found = await engine.translate(texts, source="en-US", target=target, candidates=3)
    return [each.candidates[0].text for each in found]


async def test_lines_go_out_with_their_neighbours(vendor: Vendor) -> None:
    engine = engine_at(vendor.url)
    assert await say(engine, "Hello.", "42", "Bye.") == ["[ES] Hello.", "42", "[ES] Bye."]
    (asked,) = vendor.asked
    assert asked["text"] == ["Hello.", "Bye."]
    assert asked["source_lang"] == "EN"
    assert asked["context"] == "Hello.\nBye."
    assert vendor.paths == ["/v2/translate"]
    assert vendor.keys == ["DeepL-Auth-Key secret"]


async def test_many_lines_are_several_requests(vendor: Vendor) -> None:
    lines = [f"Line number {number}." for number in range(2 * LINES_AT_ONCE + 1)]
    assert await say(engine_at(vendor.url), *lines) == [f"[ES] {line}" for line in lines]
    assert [len(asked["text"]) for asked in vendor.asked] == [LINES_AT_ONCE, LINES_AT_ONCE, 1]
    assert vendor.asked[2]["context"].splitlines() == lines[-4:]


@pytest.mark.parametrize(
    ("target", "code"), [("pt-BR", "PT-BR"), ("pt", "PT-PT"), ("zh-TW", "ZH-HANT"), ("no", "NB")]
)
async def test_variants(vendor: Vendor, target: str, code: str) -> None:
    assert await say(engine_at(vendor.url), "Hello.", target=target) == [f"[{code}] Hello."]


def test_pairs_are_those_that_it_can_route() -> None:
    engine = engine_at("")
    pairs = engine.capabilities().pairs
    assert len(pairs) > 500
    assert all(engine.route(pair.source, pair.target) for pair in pairs)
    assert engine.route("en", "en-GB") is None
    assert engine.route("en", "sw") is None


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, NO_PAUSE),
        Fault(503, NO_PAUSE),
        Fault(500, NO_PAUSE, body="oops"),
        Fault(body='{"translations": [', cut=True),
        Fault(body='{"translations": []}'),
        Fault(body='{"translations": [{}]}'),
        Fault(body="<html>"),
    ],
)
async def test_a_passing_fault_is_asked_again(
    vendor: Vendor, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    vendor.faults = [fault]
    assert await say(engine_at(vendor.url), "Hello.") == ["[ES] Hello."]
    assert len(vendor.asked) == 2


@pytest.mark.parametrize(
    ("faults", "code", "retryable", "words"),
    [
        ([Fault(429, NO_PAUSE)] * 2, "engine_failed", True, "too many requests"),
        ([Fault(429, {"Retry-After": "120"})], "engine_failed", True, "asks to wait 120 s"),
        ([Fault(403)], "engine_unavailable", False, "POLYDUB_TRANSLATION_DEEPL_KEY"),
        ([Fault(401)], "engine_unavailable", False, "POLYDUB_TRANSLATION_DEEPL_KEY"),
        ([Fault(456)], "engine_failed", True, "quota"),
        ([Fault(400)], "engine_failed", False, "400"),
    ],
)
async def test_what_does_not_pass_is_told(
    vendor: Vendor, faults: list[Fault], code: str, retryable: bool, words: str
) -> None:
    vendor.faults = list(faults)
    with pytest.raises(StageError) as told:
        await say(engine_at(vendor.url), "Hello.")
    assert (told.value.code, told.value.retryable) == (code, retryable)
    assert words in told.value.message
    assert "secret" not in told.value.message
    assert not vendor.faults


async def test_a_slow_answer_is_given_up(vendor: Vendor) -> None:
    done = threading.Event()
    vendor.faults = [Fault(until=done), Fault(until=done)]
    with pytest.raises(StageError) as told:
        await say(engine_at(vendor.url, timeout_s=0.2), "Hello.")
    done.set()
    assert "could not be reached" in told.value.message
    assert told.value.retryable


async def test_cancelling_does_not_wait_for_the_answer(vendor: Vendor) -> None:
    done = threading.Event()
    vendor.faults = [Fault(until=done)]
    call = asyncio.create_task(say(engine_at(vendor.url), "Hello."))

    async def asked() -> bool:
        return bool(vendor.asked)

    await poll_until(asked, "the request to arrive")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 2)
    assert not done.is_set()
    done.set()


def test_without_a_key_it_says_which_variable_to_set(tmp_path: Path) -> None:
    here = engine_at("", key="").available()
    assert not here.ok
    assert "POLYDUB_TRANSLATION_DEEPL_KEY" in here.remedy
    file = tmp_path / "key"
    assert "can't be read" in engine_at("", file=file).available().reason
    file.write_text("secret\n")
    assert engine_at("", key="", file=file).available().ok


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(engine_at("")._key)
