"""Subtitles against speech."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.cues import (
    Speech,
    Turn,
    overlap_ms,
    part_of,
    placed,
    shared_out,
    spread,
    transcript_in,
    translation_in,
    turns,
    words_of,
)
from polydub.v1 import diarization_pb2, muxing_pb2

pytestmark = pytest.mark.unit

TURNS = st.lists(
    st.tuples(st.sampled_from(["S1", "S2"]), st.integers(0, 9_000), st.integers(1, 4_000)).map(
        lambda each: Turn(each[0], each[1], each[1] + each[2])
    ),
    max_size=12,
)


@given(TURNS, st.integers(0, 9_000), st.integers(1, 3_000))
def test_speech_is_found_by_its_time(all_turns: list[Turn], start: int, length: int) -> None:
    time, speech = Turn("", start, start + length), Speech(all_turns)
    during = speech.during(time)
    assert sorted(during, key=repr) == sorted(
        (each for each in all_turns if overlap_ms(each, time)), key=repr
    )
    nearest = speech.nearest(time)
    if during:
        assert overlap_ms(nearest, time) == max(overlap_ms(each, time) for each in during)
    elif all_turns:
        away = [max(each.start_ms - time.end_ms, start - each.end_ms) for each in all_turns]
        assert max(nearest.start_ms - time.end_ms, start - nearest.end_ms) == min(away)
    else:
        assert nearest is None


@given(TURNS, st.integers(0, 9_000), st.integers(1, 3_000))
def test_turns_cover_their_time(all_turns: list[Turn], start: int, length: int) -> None:
    time = Turn("", start, start + length)
    found = turns(time, Speech(all_turns))
    for one, other in pairwise(found):
        assert one.speaker_id != other.speaker_id
        assert one.end_ms == other.start_ms
    if found:
        assert (found[0].start_ms, found[-1].end_ms) == (time.start_ms, time.end_ms)
        assert all(each.start_ms <= each.end_ms for each in found)


def test_a_word_in_passing_is_no_turn() -> None:
    speech = Speech([Turn("S1", 0, 4000), Turn("S2", 1500, 1900), Turn("S1", 4100, 6000)])
    assert turns(Turn("", 0, 6000), speech) == [Turn("S1", 0, 6000)]


@given(
    st.lists(st.sampled_from(["a", "bb.", "ccc"]), max_size=20),
    st.lists(st.integers(0, 100), min_size=1, max_size=5),
)
def test_shares_hold_all_words(words: list[str], weights: list[int]) -> None:
    pieces = shared_out(" ".join(words), weights)
    assert " ".join(pieces).split() == words
    assert len(pieces) == (len(weights) if len(words) >= len(weights) else 1)
    assert len(pieces) == 1 or all(pieces)


def test_a_sentence_s_end_is_the_better_cut() -> None:
    assert shared_out("Are you coming today? No.", [1, 1]) == ["Are you coming today?", "No."]
    assert shared_out("one two three four", [3, 1]) == ["one two three", "four"]
    assert shared_out("今日は。はい。", [4, 3]) == ["今日は。", "はい。"]


def test_words_share_a_time_by_their_letters() -> None:
    assert spread(["aa", "bbbb"], 1000, 1600) == [(1000, 1200), (1200, 1600)]
    assert spread([], 0, 10) == []
    assert words_of("漢字") == ["漢", "字"]
    assert words_of("hola") == ["hola"]


def test_cues_of_one_time_come_in_turn() -> None:
    cues = [muxing_pb2.Cue(start_ms=0, end_ms=4000, text=text) for text in ("aaaa", "bb", "bb")]
    assert [(each.cue, each.start_ms, each.end_ms) for each in placed(cues, Speech([]))] == [
        (0, 0, 2000), (1, 2000, 3000), (2, 3000, 4000),
    ]  # fmt: skip
    assert placed([], Speech([])) == []


def test_a_time_is_in_one_part() -> None:
    parts = [
        diarization_pb2.Part(index=0, start_ms=0, end_ms=1000),
        diarization_pb2.Part(index=1, start_ms=1000, end_ms=2000),
    ]
    ends = (1998, 2000, 2200, 9000)
    assert [part_of(Turn("", 0, end), parts) for end in ends] == [0, 1, 1, 1]
    assert part_of(Turn("", 0, 10), []) == 0


def test_subtitles_are_a_transcript_or_a_translation() -> None:
    spanish, catalan = (muxing_pb2.OwnSubtitles(language=tag) for tag in ("es", "ca"))
    own = [spanish, catalan]
    assert transcript_in(own, "es") == spanish
    assert transcript_in(own, "auto") is None
    assert translation_in(own, "es", "ca") == catalan
    assert translation_in(own, "es", "fr") is None
    assert translation_in([spanish], "es", "es") is None
