"""The join of a language's parts, whatever the order and however often an event comes."""

from __future__ import annotations

from itertools import permutations

import pytest

from polydub.testing import MemoryLedger
from polydub.v1 import events_pb2
from polydub_muxing.join import all_parts

pytestmark = pytest.mark.unit


def event(
    part: int, *, parts: int = 3, revision: int = 0, language: str = "es"
) -> events_pb2.Event:
    made = events_pb2.Event(
        envelope=events_pb2.Envelope(
            job_id="j", part=part, parts=parts, revision=revision, target_language=language
        )
    )
    made.products.tts.document_key = f"key{part}"
    return made


@pytest.mark.parametrize("order", [*permutations(range(3))])
async def test_only_the_last_one_assembles_and_sees_all(order: tuple[int, ...]) -> None:
    ledger = MemoryLedger()
    *before, last = [await all_parts(event(part), ledger) for part in order]
    assert before == [None, None]
    assert last is not None
    assert {part: last[part].tts.document_key for part in last} == {
        0: "key0", 1: "key1", 2: "key2",
    }  # fmt: skip


async def test_a_redelivery_assembles_only_where_it_did_before() -> None:
    ledger = MemoryLedger()
    for part in (0, 1, 2):
        await all_parts(event(part), ledger)
    again = [await all_parts(event(part), ledger) is not None for part in (0, 1, 2)]
    assert again == [False, False, True]


async def test_two_that_see_all_parts_at_once_agree_on_one() -> None:
    ledger = MemoryLedger()
    for part in (0, 1, 2):
        await ledger.record("j", "speech-0-es", str(part), b"")
    answers = [await all_parts(event(part), ledger) for part in (2, 1)]
    assert [answer is not None for answer in answers] == [True, False]


async def test_languages_and_revisions_do_not_mix() -> None:
    ledger = MemoryLedger()
    assert await all_parts(event(0, parts=2), ledger) is None
    assert await all_parts(event(1, parts=2, language="pt-BR"), ledger) is None
    assert await all_parts(event(1, parts=2, revision=1), ledger) is None
    assert await all_parts(event(1, parts=2), ledger) is not None
