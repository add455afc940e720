"""Voices of pieces linked to people, and turns that were cut joined again."""

import numpy as np
import pytest

from polydub_diarization.engines.chunks import Chunk, LocalTurn, assembled
from polydub_diarization.linking import joined, link, merged
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn

pytestmark = pytest.mark.unit


def around(angle: float, spread: float = 0.05) -> list[float]:
    rng = np.random.default_rng(int(angle * 1000))
    return list(np.array([np.cos(angle), np.sin(angle), 0.0]) + rng.normal(0, spread, 3))


ANNA, BERT, CARL = 0.0, 1.5, 3.0


def test_as_many_people_as_stand_apart() -> None:
    voices = np.array([around(a) for a in (ANNA, BERT, ANNA + 0.05, CARL, BERT + 0.05)])
    labels = link(voices, 0, 0.5)
    assert labels[0] == labels[2] and labels[1] == labels[4]
    assert len(set(labels)) == 3


def test_a_given_number_is_kept() -> None:
    voices = np.array([around(a) for a in (ANNA, BERT, ANNA + 0.05, CARL, BERT + 0.05)])
    assert len(set(link(voices, 2, 0.5))) == 2
    assert len(set(link(voices, 1, 0.5))) == 1


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_link(count: int) -> None:
    assert link(np.ones((count, 3), np.float32), 0, 0.5) == list(range(count))


def test_a_voice_without_direction_is_nobody_else() -> None:
    labels = link(np.array([[0, 0, 0], around(ANNA), around(ANNA)]), 0, 0.5)
    assert labels[0] != labels[1] == labels[2]


def test_turns_that_touch_become_one() -> None:
    turns = [
        Turn("a", Span(1000, 2000)),
        Turn("b", Span(500, 3000)),
        Turn("a", Span(0, 990)),
        Turn("a", Span(2500, 2600)),
    ]
    assert joined(turns) == [
        Turn("a", Span(0, 2000)),
        Turn("b", Span(500, 3000)),
        Turn("a", Span(2500, 2600)),
    ]


def test_spans_that_hold_others_stay_whole() -> None:
    assert merged([Span(5, 6), Span(0, 10), Span(10, 12), Span(20, 21)]) == [
        Span(0, 12),
        Span(20, 21),
    ]


def test_chunks_are_cut_to_their_own_part() -> None:
    """What a chunk heard in its context belongs to its neighbour, who heard it better."""
    first = Chunk(0, 10_000, [LocalTurn(8000, 12_000, 0), LocalTurn(13_000, 14_000, 1)],
                  [around(ANNA), around(BERT)])  # fmt: skip
    second = Chunk(10_000, 20_000, [LocalTurn(8100, 12_100, 1), LocalTurn(13_100, 14_000, 0)],
                   [around(BERT + 0.05), around(ANNA + 0.05)])  # fmt: skip
    found = assembled([first, second], 0, 0.5)
    assert [turn.span for turn in found.turns] == [Span(8000, 12_100), Span(13_100, 14_000)]
    assert len({turn.speaker for turn in found.turns}) == 2
    assert found.speech == (Span(8000, 12_100), Span(13_100, 14_000))
