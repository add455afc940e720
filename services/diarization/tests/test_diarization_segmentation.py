"""Turns to utterances."""

from itertools import pairwise

import numpy as np
import pytest

from polydub_diarization.segmentation import UtteranceRule, utterances
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn, Utterance, alone

pytestmark = pytest.mark.unit

RULE = UtteranceRule()
LEVEL = np.full(12_000, -20.0, np.float32)


def turn(speaker: str, start_ms: int, end_ms: int) -> Turn:
    return Turn(speaker, Span(start_ms, end_ms))


def spoken(found: list[Utterance]) -> list[tuple[str, int, int]]:
    return [(u.speaker, u.span.start_ms, u.span.end_ms) for u in found]


def run(turns: list[Turn], speech: list[Span], rule: UtteranceRule = RULE) -> list[Utterance]:
    return utterances(turns, speech, LEVEL, rule)


def test_nothing_comes_of_nothing() -> None:
    assert run([], []) == []
    assert run([], [Span(0, 1000)]) == []


def test_pauses_split_and_short_gaps_do_not() -> None:
    speech = [Span(1000, 2000), Span(2250, 3000), Span(3300, 4000)]
    found = run([turn("x", 1000, 4000)], speech)
    assert spoken(found) == [("S1", 1000, 3000), ("S1", 3300, 4000)]


def test_changes_of_speaker_split() -> None:
    found = run([turn("b", 1000, 2500), turn("a", 2500, 4000)], [Span(1000, 4000)])
    assert spoken(found) == [("S1", 1000, 2500), ("S2", 2500, 4000)]


def test_refined_edges_win_over_the_turns() -> None:
    found = run([turn("a", 1040, 2500), turn("b", 2500, 3900)], [Span(980, 4010)])
    assert spoken(found) == [("S1", 980, 2500), ("S2", 2500, 4010)]
    found = run([turn("a", 1000, 4000)], [Span(1090, 3950)])
    assert spoken(found) == [("S1", 1090, 3950)]


def test_fragments_go_to_the_nearer_neighbour() -> None:
    turns = [turn("a", 0, 2000), turn("b", 2000, 2200), turn("a", 2200, 4000)]
    assert spoken(run(turns, [Span(0, 4000)])) == [("S1", 0, 4000)]
    speech = [Span(0, 1000), Span(1250, 1450), Span(1500, 3000)]
    turns = [turn("a", 0, 1000), turn("b", 1250, 1450), turn("c", 1500, 3000)]
    assert spoken(run(turns, speech)) == [("S1", 0, 1000), ("S2", 1250, 3000)]


def test_a_lonely_short_word_stays() -> None:
    found = run([turn("a", 0, 1000), turn("b", 2000, 2210)], [Span(0, 1000), Span(2000, 2210)])
    assert spoken(found) == [("S1", 0, 1000), ("S2", 2000, 2210)]


def test_overlaps_are_marked_on_both_sides() -> None:
    turns = [turn("a", 0, 3000), turn("b", 2500, 5000), turn("a", 6000, 7000)]
    found = run(turns, [Span(0, 5000), Span(6000, 7000)])
    assert [u.overlaps for u in found] == [True, True, False]
    assert alone(found, "S1") == [Span(6000, 7000)]
    assert alone(found, "S2") == [Span(2500, 5000)]


def test_touching_turns_do_not_overlap() -> None:
    found = run([turn("a", 0, 3000), turn("b", 3000, 5000)], [Span(0, 5000)])
    assert not any(u.overlaps for u in found)


def test_a_monologue_is_cut_at_its_quietest_moment() -> None:
    levels = LEVEL.copy()
    levels[1190:1210] = -45.0
    found = utterances([turn("a", 0, 20_000)], [Span(0, 20_000)], levels, RULE)
    assert len(found) == 2
    assert found[0].span.end_ms == found[1].span.start_ms == pytest.approx(12_000, abs=60)


def test_a_cut_in_a_short_gap_leaves_the_gap_out() -> None:
    levels = LEVEL.copy()
    levels[1100:1120] = -60.0
    speech = [Span(0, 11_000), Span(11_200, 20_000)]
    found = utterances([turn("a", 0, 20_000)], speech, levels, RULE)
    assert spoken(found) == [("S1", 0, 11_000), ("S1", 11_200, 20_000)]


def test_even_an_hour_without_a_pause_comes_in_lines() -> None:
    hour = 3_600_000
    levels = np.random.default_rng(0).normal(-20, 3, hour // 10).astype(np.float32)
    found = utterances([turn("a", 0, hour)], [Span(0, hour)], levels, RULE)
    assert max(u.span.length_ms for u in found) <= RULE.longest_ms
    assert min(u.span.length_ms for u in found) >= RULE.longest_ms // 5
    assert all(a.span.end_ms == b.span.start_ms for a, b in pairwise(found))


def test_speakers_are_numbered_as_they_appear() -> None:
    found = run(
        [turn("z", 5000, 6000), turn("y", 0, 1000), turn("z", 2000, 3000)],
        [Span(0, 1000), Span(2000, 3000), Span(5000, 6000)],
    )
    assert [u.speaker for u in found] == ["S1", "S2", "S2"]
