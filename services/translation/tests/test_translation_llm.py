"""A language model behind a local server that speaks OpenAI's protocol."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

pytest.importorskip("openai", reason="the extra polydub-translation[llm] is not installed")

from translation_vendors import Fault, Vendor, serving

from polydub.cloud import Key
from polydub.errors import StageError
from polydub.testing import poll_until
from polydub_translation.engines.base import Wording
from polydub_translation.engines.llm import LlmEngine
from polydub_translation.engines.llm_protocol import LINES_AT_ONCE
from polydub_translation.glossary import Glossary, Term

pytestmark = pytest.mark.integration

NO_PAUSE = {"Retry-After": "0"}


def completion(content: str | None) -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content},
            }
        ],
        "usage": {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42},
    }


def material(asked: dict[str, Any]) -> dict[str, Any]:
    """What the model was given to translate."""
    given: dict[str, Any] = json.loads(asked["messages"][1]["content"])
    return given


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    lines = [
        {"candidates": [f"es {line['text']}", line["text"][:3], f"  es  {line['text']}"]}
        for line in material(asked)["lines"]
    ]
    return completion(json.dumps({"lines": lines}))


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(answer) as vendor:
        yield vendor


def engine_at(
    url: str,
    *,
    key: str = "secret",
    model: str = "tiny",
    timeout_s: float = 20.0,
) -> LlmEngine:
    return LlmEngine(
        url=url and f"{url}/v1",
        model=model,
        key=Key("POLYDUB_TRANSLATION_LLM_KEY", SecretStr(key)),
        request_timeout_s=timeout_s,
        retries=1,
        timeout_s=20.0,
    )


async def say(engine: LlmEngine, *texts: str, slots_ms: tuple[int, ...] = ()) -> list[list[str]]:
    found = await engine.translate(
        texts, source="en", target="es-MX", candidates=3, slots_ms=slots_ms
    )
    return [[candidate.text for candidate in each.candidates] for each in found]


async def test_lines_go_out_with_their_time(vendor: Vendor) -> None:
    said = await say(engine_at(vendor.url), "Hello.", "...", "Bye.", slots_ms=(900, 50, 1240))
    assert said == [["es Hello.", "Hel"], ["..."], ["es Bye.", "Bye"]]
    (asked,) = vendor.asked
    assert material(asked)["lines"] == [
        {"text": "Hello.", "seconds": 0.9},
        {"text": "Bye.", "seconds": 1.2},
    ]
    task = asked["messages"][0]["content"]
    assert "from English to Spanish (Mexico) (es-MX)" in task
    assert "3 wordings" in task
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["lines"]
    assert asked["model"] == "tiny"
    assert vendor.paths == ["/v1/chat/completions"]
    assert vendor.keys == ["Bearer secret"]


async def test_long_talks_are_cut_and_keep_their_context(vendor: Vendor) -> None:
    lines = [f"Line number {number}." for number in range(LINES_AT_ONCE + 1)]
    said = await say(engine_at(vendor.url), *lines)
    assert [each[0] for each in said] == [f"es {line}" for line in lines]
    first, second = map(material, vendor.asked)
    assert first["after"] == lines[-1:]
    assert second["before"] == lines[-6:-1]
    assert second["lines"] == [{"text": lines[-1]}]


async def test_only_the_glossary_s_terms_that_occur_are_sent(vendor: Vendor) -> None:
    terms = Glossary.of([Term("Widget", "chisme"), Term("bug", "error")])
    await engine_at(vendor.url).translate(["A widget."], source="en", target="es", glossary=terms)
    assert material(vendor.asked[0])["glossary"] == {"Widget": "chisme"}


BAD_ANSWERS = [
    "Sure! Here you are.",
    '{"lines": []}',
    '{"lines": [{"candidates": [" "]}]}',
    '{"lines": [{"candidates": "es"}]}',
    None,
]


@pytest.mark.parametrize("content", BAD_ANSWERS)
async def test_a_bad_answer_is_sent_back_once(vendor: Vendor, content: str | None) -> None:
    vendor.faults = [Fault(body=json.dumps(completion(content)))]
    assert (await say(engine_at(vendor.url), "Hello."))[0][0] == "es Hello."
    repaired = vendor.asked[1]["messages"]
    assert [each["role"] for each in repaired] == ["system", "user", "assistant", "user"]
    assert repaired[2]["content"] == (content or "")
    assert "can't be used" in repaired[3]["content"]


async def test_two_bad_answers_are_a_failure(vendor: Vendor) -> None:
    vendor.faults = [Fault(body=json.dumps(completion("no"))) for _ in range(2)]
    with pytest.raises(StageError) as told:
        await say(engine_at(vendor.url), "Hello.")
    assert told.value.code == "engine_failed"
    assert len(vendor.asked) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, NO_PAUSE),
        Fault(500, NO_PAUSE),
        Fault(headers=NO_PAUSE, body='{"choices": [', cut=True),
    ],
)
async def test_a_passing_fault_is_asked_again(vendor: Vendor, fault: Fault) -> None:
    vendor.faults = [fault]
    assert (await say(engine_at(vendor.url), "Hello."))[0][0] == "es Hello."
    assert len(vendor.asked) == 2


@pytest.mark.parametrize(
    ("faults", "code", "retryable", "words"),
    [
        (
            [Fault(429, NO_PAUSE), Fault(429, {"Retry-After": "7"})],
            "engine_failed",
            True,
            "asks to wait 7 s",
        ),
        ([Fault(429, {"Retry-After": "900"})], "engine_failed", True, "asks to wait 900 s"),
        ([Fault(500, NO_PAUSE)] * 2, "engine_failed", True, "status 500"),
        ([Fault(401)], "engine_unavailable", False, "POLYDUB_TRANSLATION_LLM_KEY"),
        ([Fault(404)], "engine_unavailable", False, "'tiny'"),
        ([Fault(400)], "engine_failed", False, "400"),
        ([Fault(body="{}")] * 2, "engine_failed", True, "can't be understood"),
        ([Fault(body='{"choices"')] * 2, "engine_failed", True, "can't be understood"),
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
    assert told.value.retryable
    assert "could not be reached" in told.value.message


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


@pytest.mark.parametrize(
    ("url", "key", "model", "variable"),
    [
        ("", "k", "", "POLYDUB_TRANSLATION_LLM_MODEL"),
        ("", "", "m", "POLYDUB_TRANSLATION_LLM_KEY"),
    ],
)
def test_what_is_not_set_is_named(url: str, key: str, model: str, variable: str) -> None:
    here = engine_at(url, key=key, model=model).available()
    assert not here.ok
    assert variable in here.remedy


def test_a_server_without_keys_needs_none() -> None:
    assert engine_at("http://127.0.0.1:9", key="").available().ok


async def test_a_line_in_other_words(vendor: Vendor) -> None:
    vendor.answer = lambda asked: completion(
        json.dumps({"lines": [{"candidates": ["Llueve mucho.", "Llueve."]}]})
    )
    line = Wording("It rains.", "Hoy llueve muchísimo por aquí.", "en", "es", 0.5)
    found = await engine_at(vendor.url).rephrase(line)
    assert [each.text for each in found] == ["Llueve mucho.", "Llueve."]
    assert material(vendor.asked[0])["text"] == line.text
