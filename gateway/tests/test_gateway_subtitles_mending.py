"""Subtitles with slips in their times, and captions that roll."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.errors import WARNINGS
from polydub.v1 import events_pb2, muxing_pb2
from polydub_gateway.jobs.state import SUBTITLES_MENDED, JobState
from polydub_gateway.subtitles.blocks import Block
from polydub_gateway.subtitles.mending import mended
from polydub_gateway.subtitles.own import ReadSubtitles, SubtitleFile, read

pytestmark = pytest.mark.unit

ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.240 --> 00:00:01.910 align:start position:0%
~
hello<00:00:00.480><c> everyone</c>

00:00:01.910 --> 00:00:01.920 align:start position:0%
hello everyone
~

00:00:01.920 --> 00:00:07.470 align:start position:0%
hello everyone
welcome<00:00:02.240><c> to</c><00:00:02.400><c> this</c><00:00:06.000><c> [Music]</c>

00:00:07.470 --> 00:00:07.480 align:start position:0%
welcome to this [Music]
~

00:00:07.480 --> 00:00:12.000 align:start position:0%
welcome to this [Music]
yeah

00:00:12.000 --> 00:00:12.010 align:start position:0%
yeah
~

00:00:12.010 --> 00:00:14.010 align:start position:0%
yeah
yeah

00:00:14.010 --> 00:00:14.020 align:start position:0%
yeah
""".replace("~", " ")
SAID_ONCE = [(240, "hello everyone"), (1920, "welcome to this"), (7480, "yeah"), (12010, "yeah")]


Timed = tuple[int, int, str]


def blocks(*cues: Timed) -> list[Block]:
    """One line of the file for each cue, from 1."""
    return [Block(n, start, end, text.split("|")) for n, (start, end, text) in enumerate(cues, 1)]


def said(*cues: Timed, duration_ms: int | None = 60_000) -> list[tuple[int, int, str]]:
    found = mended(blocks(*cues), duration_ms).blocks
    return [(block.start_ms, block.end_ms, " ".join(block.text)) for block in found]


def notes(*cues: Timed) -> tuple[str, ...]:
    return mended(blocks(*cues), 60_000).notes


def file_read(text: str) -> ReadSubtitles:
    return read(SubtitleFile("en", text), duration_ms=10**8)


def starts(text: str) -> list[tuple[int, str]]:
    return [(cue.start_ms, cue.text) for cue in file_read(text).document.cues]


# --- slips -----------------------------------------------------------------------------------


def test_nothing_is_done_to_cues_in_order() -> None:
    cues = ((0, 900, "a"), (1000, 2000, "b"), (1000, 2000, "c"), (2000, 2040, "d"))
    assert said(*cues) == list(cues)
    assert notes(*cues) == ()


def test_cues_are_sorted() -> None:
    cues = ((5000, 6000, "b"), (1000, 2000, "a"), (7000, 8000, "c"))
    assert said(*cues) == [(1000, 2000, "a"), (5000, 6000, "b"), (7000, 8000, "c")]
    assert notes(*cues) == (
        "Sorted, because they start before the one above them: the cues in line 2.",
    )


@pytest.mark.parametrize("end_ms", [1000, 400, 1030])
def test_a_cue_without_a_length_gets_the_time_of_its_words(end_ms: int) -> None:
    assert said((1000, end_ms, "ten letter")) == [(1000, 1700, "ten letter")]
    assert said((1000, end_ms, "ten letter"), (1200, 2000, "b"))[0] == (1000, 1200, "ten letter")
    assert said((1000, end_ms, "ten letter"), duration_ms=1500) == [(1000, 1500, "ten letter")]
    assert notes((1000, end_ms, "ten letter")) == (
        "Given the time of their words: the cues in line 1.",
    )


def test_a_cue_for_which_there_is_no_time_is_left_out() -> None:
    cues = ((1000, 1000, "a"), (1020, 2000, "b"), (3000, 3000, "[MUSIC]"), (3000, 4000, "c"))
    assert [text for *_, text in said(*cues)] == ["b", "c"]
    (note,) = notes(*cues)  # what is no speech is no loss
    assert note == "Left out, because there is no time for their words: the cues in line 1."


def test_notes_name_five_lines_at_most() -> None:
    (note,) = notes(*((n * 1000, n * 1000, "a") for n in range(8)))
    assert note.endswith("line 1, 2, 3, 4, 5 and 3 more.")


@pytest.mark.parametrize(
    ("end_ms", "ends_ms"), [(2000, 2000), (2100, 2000), (2120, 2000), (2121, 2121), (3000, 3000)]
)
def test_cues_that_overlap_by_a_hair_meet(end_ms: int, ends_ms: int) -> None:
    cues = ((1000, end_ms, "a"), (2000, 3500, "b"))
    assert said(*cues) == [(1000, ends_ms, "a"), (2000, 3500, "b")]
    assert notes(*cues) == ()


@given(
    st.lists(st.tuples(st.integers(0, 50_000), st.integers(-50, 4_000)), min_size=1, max_size=25)
)
def test_whatever_the_times_cues_come_in_order_with_a_length(spans: list[tuple[int, int]]) -> None:
    cues = [(start, start + length, f"word{n}") for n, (start, length) in enumerate(spans)]
    found = mended(blocks(*cues), 60_000)
    assert all(block.end_ms - block.start_ms >= 40 for block in found.blocks)
    assert all(one.start_ms <= other.start_ms for one, other in pairwise(found.blocks))
    texts = [block.text[0] for block in found.blocks]
    starting = {text: start for start, _, text in cues}
    assert [(starting[text]) for text in texts] == [block.start_ms for block in found.blocks]
    assert len(set(texts)) == len(texts)
    is_whole = not any("Left out" in note for note in found.notes)
    assert is_whole == (len(texts) == len(cues))


# --- captions that roll ----------------------------------------------------------------------


def test_rolling_captions_are_said_once() -> None:
    found = file_read(ROLLING)
    assert starts(ROLLING) == SAID_ONCE
    assert found.notes == ("The captions roll: each line is said once, when it is new.",)


def test_a_line_ends_with_its_last_word_where_the_file_tells_when_that_is() -> None:
    ends = [cue.end_ms for cue in file_read(ROLLING).document.cues]
    assert ends == [1740, 2400 + 300 + 4 * 120, 12000, 14010]


def test_rolling_captions_made_subrip() -> None:
    subrip = re.sub(r"</?c>|<[\d:.]+>", "", ROLLING.partition("\n\n")[2]).replace("&gt;", ">")
    assert starts(subrip) == SAID_ONCE


def test_a_line_that_grows_is_said_once() -> None:
    assert said(
        (0, 500, "ONE"),
        (500, 1000, "ONE|TWO"),
        (1000, 1500, "ONE|TWO AND"),
        (1500, 2000, "TWO AND|ON"),
    ) == [(0, 500, "ONE"), (500, 1000, "TWO"), (1000, 1500, "AND"), (1500, 2000, "ON")]


def test_captions_whose_times_roll_end_with_the_next() -> None:
    cues = ((0, 4000, "a"), (2000, 6000, "b"), (4000, 8000, "c"), (9000, 9900, "d"))
    assert said(*cues) == [(0, 2000, "a"), (2000, 4000, "b"), (4000, 8000, "c"), (9000, 9900, "d")]
    assert "roll" in notes(*cues)[0]


@pytest.mark.parametrize(
    "cues",
    [
        ((0, 1000, "No."), (1000, 2000, "No."), (2000, 3000, "No.")),
        ((0, 1000, "No."), (1000, 2000, "No.|Yes."), (2000, 3000, "So?")),
        ((0, 1000, "a"), (1000, 2000, "a|b"), (2000, 3000, "c"), (3000, 4000, "d"),
         (4000, 5000, "e"), (5000, 6000, "e|f")),
        ((0, 1000, "La la"), (2000, 3000, "La la|la"), (4000, 5000, "La la|la la")),
    ],
    ids=["refrain", "answer", "seldom", "apart"],
)  # fmt: skip
def test_people_say_the_same_twice(cues: tuple[Timed, ...]) -> None:
    assert [text for *_, text in said(*cues)] == [text.replace("|", " ") for *_, text in cues]
    assert notes(*cues) == ()


@dataclass(frozen=True)
class Line:
    """A line of captions: each word and how long after the one before it begins."""

    words: tuple[tuple[str, int], ...]


WORDS = st.tuples(st.sampled_from(["yeah", "no", "to", "go", "on"]), st.integers(80, 600))
LINES = st.lists(
    st.lists(WORDS, min_size=1, max_size=5).map(lambda words: Line(tuple(words))),
    min_size=2,
    max_size=12,
)


def rolled(lines: list[Line]) -> tuple[str, list[tuple[int, str]]]:
    """The captions as YouTube writes them; when each word is said."""
    written, times, now_ms, before = ["WEBVTT", ""], [], 0, " "
    for line in lines:
        start_ms, tagged = now_ms, ""
        for word, length_ms in line.words:
            tagged += f"<{clock(now_ms)}><c> {word}</c>" if tagged else word
            times.append((now_ms, word))
            now_ms += length_ms
        plain = " ".join(word for word, _ in line.words)
        written += [f"{clock(start_ms)} --> {clock(now_ms - 10)}", before, tagged, ""]
        written += [f"{clock(now_ms - 10)} --> {clock(now_ms)}", plain, " ", ""]
        before = plain
    return "\n".join(written), times


def clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


@given(LINES)
def test_each_word_is_said_once_and_begins_in_its_cue(lines: list[Line]) -> None:
    text, times = rolled(lines)
    found = file_read(text).document.cues
    assert " ".join(cue.text for cue in found).split() == [word for _, word in times]
    begun = iter(times)
    for cue in found:
        first_ms, *others_ms = [next(begun)[0] for _ in cue.text.split()]
        assert cue.start_ms == first_ms
        assert all(each < cue.end_ms for each in others_ms)


@given(LINES)
def test_without_the_times_of_words_each_is_said_once_too(lines: list[Line]) -> None:
    text, times = rolled(lines)
    found = file_read(re.sub(r"</?c>|<[\d:.]+>", "", text)).document.cues
    assert " ".join(cue.text for cue in found).split() == [word for _, word in times]


# --- what a person is told -------------------------------------------------------------------


def test_a_job_tells_what_was_mended() -> None:
    own = [
        muxing_pb2.OwnSubtitles(language="es", mended=["Sorted."]),
        muxing_pb2.OwnSubtitles(language="ca", mended=["One.", "Two."]),
        muxing_pb2.OwnSubtitles(language="fr"),
    ]
    spec = events_pb2.DubSpec(source_language="es", target_languages=["ca", "fr"], subtitles=own)
    for state in (JobState.queued("d", 0, spec), JobState.queued("d", 0, spec).again(1, spec, {})):
        assert [(each.stage, each.language, each.message) for each in state.warnings] == [
            ("asr", "", "Sorted."),
            ("translation", "ca", "One."),
            ("translation", "ca", "Two."),
        ]
        assert {each.code for each in state.warnings} == {SUBTITLES_MENDED}
    assert not WARNINGS[SUBTITLES_MENDED].grave
