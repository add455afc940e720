"""Asking services: patience, manners, and errors that say nothing secret."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from polydub import cloud
from polydub.cloud import CloudService, Key, Refused, retry_after_s
from polydub.errors import StageError

pytestmark = pytest.mark.unit


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without making them."""
    made: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        made.append(seconds)
        await sleep(0)

    monkeypatch.setattr(cloud.asyncio, "sleep", note)
    return made


def service(**settings: int) -> CloudService:
    return CloudService("Cloudy", "POLYDUB_CLOUDY_KEY", **settings)


class Line:
    """Answers with what it was given, one after the other; refusals are raised."""

    def __init__(self, *answers: str | Refused) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Refused):
            raise answer
        return answer


async def test_asks_again_as_long_as_the_service_wants(pauses: list[float]) -> None:
    line = Line(Refused(429, 7.0), Refused(503), "well")
    assert await service().ask(line) == "well"
    assert pauses[0] == 7.0
    assert 1.5 <= pauses[1] <= 2.5


@pytest.mark.parametrize(
    ("refusal", "code", "retryable", "words"),
    [
        (Refused(401), "engine_unavailable", False, "POLYDUB_CLOUDY_KEY"),
        (Refused(403), "engine_unavailable", False, "POLYDUB_CLOUDY_KEY"),
        (Refused(402), "engine_failed", True, "quota"),
        (Refused(456), "engine_failed", True, "quota"),
        (Refused(429, code="insufficient_quota"), "engine_failed", True, "quota"),
        (Refused(400, code="bad_voice"), "engine_failed", False, "bad_voice"),
        (Refused(429, 90.0), "engine_failed", True, "wait 90 s"),
    ],
)
async def test_what_does_not_pass_is_asked_once(
    refusal: Refused, code: str, retryable: bool, words: str, pauses: list[float]
) -> None:
    line = Line(refusal, "never")
    with pytest.raises(StageError) as raised:
        await service().ask(line)
    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert words in raised.value.message
    assert line.asked == 1


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refused(0), "could not be reached"),
        (Refused.unreadable(), "can't be understood"),
        (Refused(500), "status 500"),
        (Refused(429), "too many requests"),
    ],
)
async def test_gives_up_after_the_retries(
    refusal: Refused, words: str, pauses: list[float]
) -> None:
    line = Line(*[refusal] * 3)
    with pytest.raises(StageError) as raised:
        await service(retries=2).ask(line)
    assert raised.value.retryable
    assert words in raised.value.message
    assert line.asked == 3


def test_a_reason_that_may_hold_what_was_sent_is_dropped() -> None:
    assert Refused(400, code="text too long: 'my secret'").code == ""


async def test_no_more_requests_at_once_than_agreed() -> None:
    running = most = 0

    async def request() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    one = service(at_once=3)
    await asyncio.gather(*(one.ask(request) for _ in range(12)))
    assert most == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": value}) == seconds
    assert retry_after_s({}) is None


def test_a_key_comes_from_the_environment_or_a_file_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "key"
    key = Key("POLYDUB_CLOUDY_KEY", SecretStr(""), file)
    assert "can't be read" in key.available().reason
    file.write_text("one\n")
    assert (key.read(), key.available().ok) == ("one", True)
    file.write_text("two\n")
    assert key.read() == "two"
    unset = Key("POLYDUB_CLOUDY_KEY", SecretStr("")).available()
    assert (unset.ok, "POLYDUB_CLOUDY_KEY_FILE" in unset.remedy) == (False, True)
    assert "sesame" not in repr(Key("POLYDUB_CLOUDY_KEY", SecretStr("sesame")))
