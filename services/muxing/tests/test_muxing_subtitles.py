"""Subtitles: line breaks, times, escapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_muxing.subtitles import LINE_CHARACTERS, LINES, Cue, cues, srt, vtt

pytestmark = pytest.mark.unit

LONG = " ".join(["palabra"] * 30)


def test_two_lines_of_nearly_the_same_length() -> None:
    (cue,) = cues("El rápido zorro marrón salta sobre el perro perezoso", 0, 2000)
    assert cue.lines == ("El rápido zorro marrón salta", "sobre el perro perezoso")


def test_a_long_line_is_shown_in_turns_without_gaps() -> None:
    shown = cues(LONG, 1000, 9000)
    assert len(shown) > 1
    assert (shown[0].start_ms, shown[-1].end_ms) == (1000, 9000)
    assert [cue.end_ms for cue in shown[:-1]] == [cue.start_ms for cue in shown[1:]]
    assert " ".join(" ".join(cue.lines) for cue in shown) == LONG


@given(st.text(max_size=400), st.integers(0, 10**7), st.integers(0, 20_000))
def test_any_text_fits_the_screen(text: str, start_ms: int, length_ms: int) -> None:
    for cue in cues(text, start_ms, start_ms + length_ms):
        assert 1 <= len(cue.lines) <= LINES
        assert all(0 < len(line) <= LINE_CHARACTERS for line in cue.lines)
        assert start_ms <= cue.start_ms < cue.end_ms <= start_ms + length_ms


def test_srt() -> None:
    shown = [Cue(3_661_001, 3_662_000, ("b --> c",)), Cue(0, 1500, ("a", "<i>"))]
    assert srt(shown) == (
        "1\n00:00:00,000 --> 00:00:01,500\na\n<i>\n\n2\n01:01:01,001 --> 01:01:02,000\nb → c\n\n"
    )


def test_vtt_escapes_what_the_standard_reserves() -> None:
    assert vtt([Cue(0, 1500, ("R&D <b> --> x",))]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nR&amp;D &lt;b&gt; --&gt; x\n\n"
    )
