"""Whose job starts next, and in which lane."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_gateway.jobs.fairness import InFlight, Priority, is_bulk, next_owner

pytestmark = pytest.mark.unit


def test_who_has_least_under_way_for_their_weight_is_next() -> None:
    in_flight = {"a": InFlight(30), "b": InFlight(20)}
    assert next_owner(["a", "b"], in_flight, {}, 100) == "b"
    assert next_owner(["a", "b"], in_flight, {"a": 2}, 100) == "a"
    assert next_owner(["a", "c"], in_flight, {}, 100) == "c"
    assert next_owner([], in_flight, {}, 100) is None


def test_a_full_deployment_takes_only_those_who_have_nothing_under_way() -> None:
    full = {"a": InFlight(60), "b": InFlight(40)}
    assert next_owner(["a", "b"], full, {}, 100) is None
    assert next_owner(["a", "b", "c"], full, {}, 100) == "c"
    assert next_owner(["a"], full, {}, None) == "a"


@given(
    costs=st.dictionaries(
        st.sampled_from("abcde"), st.integers(min_value=1, max_value=50), min_size=2
    )
)
def test_whoever_always_wants_more_ends_with_the_same_under_way(costs: dict[str, int]) -> None:
    limit = 1000.0
    in_flight = dict.fromkeys(costs, InFlight())
    starts: Counter[str] = Counter()
    while owner_id := next_owner(costs, in_flight, {}, limit):
        in_flight[owner_id] = in_flight[owner_id].plus(costs[owner_id], bulk=False)
        starts[owner_id] += 1
    taken = [each.all_ms for each in in_flight.values()]
    assert max(taken) - min(taken) <= max(costs.values())
    assert set(starts) == set(costs), "nobody is left out"
    assert sum(taken) < limit + max(costs.values())


@pytest.mark.parametrize(
    ("priority", "cost_ms", "prompt_ms", "bulk"),
    [
        (Priority.NORMAL, 5, 0, False),
        (Priority.NORMAL, 11, 0, True),
        (Priority.NORMAL, 5, 6, True),
        (Priority.HIGH, 5, 5, False),
        (Priority.HIGH, 5, 6, True),
        (Priority.LOW, 1, 0, True),
    ],
)
def test_prompt_is_what_is_short_and_within_the_share(
    priority: Priority, cost_ms: int, prompt_ms: int, bulk: bool
) -> None:
    assert is_bulk(priority, cost_ms, InFlight(prompt_ms, prompt_ms), 10) is bulk
