"""Subtitles: what stands together, line breaks, times, escapes, direction."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_muxing.outputs.ass import Look, ass
from polydub_muxing.outputs.subtitle_layout import (
    GAP_MS,
    LINE_WIDTH,
    LINES,
    MAX_MS,
    MIN_MS,
    NARROW,
    WIDE,
    Cue,
    Said,
    lay_out,
    pages,
    width,
)
from polydub_muxing.outputs.subtitles import srt, vtt

pytestmark = pytest.mark.unit

LONG = " ".join(["palabra"] * 30)
CHINESE = "今天的天气很好，我们决定去公园散步。明天会下雨，所以带上雨伞比较好，他说。"
HEBREW = "שלום לכולם, היום יום יפה."
WORDS = st.text(
    st.sampled_from("abcdefghijklmnop áñçß.,!?;—'\"天気です、。「」한국אבגدهاक़ำ👍🏽"), max_size=300
)
TALKS = st.lists(
    st.tuples(WORDS, st.integers(0, 60_000), st.integers(0, 12_000), st.sampled_from("AB")),
    max_size=8,
)


def talk(lines: list[tuple[str, int, int, str]]) -> list[Said]:
    return [Said(text, start, start + length, speaker) for text, start, length, speaker in lines]


def letters(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_two_lines_of_nearly_the_same_length() -> None:
    (cue,) = lay_out([Said("El rápido zorro marrón salta sobre el perro perezoso", 0, 4000)], 9000)
    assert cue.lines == ("El rápido zorro marrón salta", "sobre el perro perezoso")


def test_text_that_fits_one_line_stays_on_it() -> None:
    assert pages("Yes, of course. That is how it was.") == [
        ("Yes, of course. That is how it was.",)
    ]


def test_breaks_come_after_clauses_and_pages_after_sentences() -> None:
    text = (
        "When the committee met again in spring, nobody remembered who had asked. "
        "That was fine, because the answer did not depend on it."
    )
    assert pages(text) == [
        ("When the committee met again in spring,", "nobody remembered who had asked."),
        ("That was fine,", "because the answer did not depend on it."),
    ]


def test_full_width_text_breaks_between_characters_but_not_before_a_comma() -> None:
    shown = [line for page in pages(CHINESE) for line in page]
    assert "".join(shown) == CHINESE
    assert all(len(line) <= 16 for line in shown)
    assert not any(line[0] in "，。" for line in shown)


def test_korean_breaks_at_its_spaces() -> None:
    text = "안녕하세요 여러분 오늘은 날씨가 아주 좋습니다 그래서 우리는 공원에 가기로 했습니다"
    assert " ".join(" ".join(page) for page in pages(text)) == text


def test_a_long_line_is_shown_in_turns_for_its_shares_of_the_time() -> None:
    shown = lay_out([Said(LONG, 1000, 17_000)], 60_000)
    assert len(shown) > 2
    assert (shown[0].start_ms, shown[-1].end_ms) == (1000, 17_000)
    assert [b.start_ms - a.end_ms for a, b in pairwise(shown)] == [GAP_MS] * (len(shown) - 1)
    assert " ".join(" ".join(cue.lines) for cue in shown) == LONG


def test_a_cue_stays_until_it_is_read_where_the_next_one_leaves_it_the_time() -> None:
    text = "Cuarenta y dos caracteres caben en esto..."
    reading_ms = 1000 * len(text) // 17
    alone, crowded = Said(text, 0, 500), Said("Después.", 1700, 2500)
    assert lay_out([alone], 60_000)[0].end_ms == reading_ms
    assert lay_out([alone, crowded], 60_000)[0].end_ms == crowded.start_ms - GAP_MS


def test_a_word_is_shown_for_a_second_and_a_pause_for_no_longer_than_seven() -> None:
    short, slow = Said("No.", 0, 200), Said("Sí.", 20_000, 40_000)
    first, last = lay_out([short, slow], 60_000)
    assert (first.start_ms, first.end_ms) == (0, MIN_MS)
    assert (last.start_ms, last.end_ms) == (20_000, 20_000 + MAX_MS)


def test_short_lines_of_two_people_share_a_cue() -> None:
    (cue,) = lay_out([Said("Is it?", 0, 400, "A"), Said("It is.", 500, 900, "B")], 9000)
    assert cue.lines == ("-Is it?", "-It is.")
    assert (cue.start_ms, cue.end_ms) == (0, 1000)


@given(TALKS)
def test_no_word_is_lost_or_reordered_and_every_limit_is_kept(
    lines: list[tuple[str, int, int, str]],
) -> None:
    end_ms = 90_000
    said = talk([(text, start, length, "A") for text, start, length, _ in lines])
    shown = lay_out(said, end_ms)
    for cue in shown:
        assert 1 <= len(cue.lines) <= LINES
        assert all(line.strip() == line != "" for line in cue.lines)
        assert all(width(line) <= LINE_WIDTH for line in cue.lines)
        assert 0 <= cue.start_ms < cue.end_ms <= end_ms
        assert MIN_MS <= cue.end_ms - cue.start_ms <= MAX_MS
    assert all(before.end_ms + GAP_MS <= after.start_ms for before, after in pairwise(shown))
    for line in said:
        alone = lay_out([line], end_ms)
        assert letters("".join(text for cue in alone for text in cue.lines)) == letters(line.text)
    together = sorted(letters("".join(text for cue in shown for text in cue.lines)))
    assert together == sorted(letters("".join(line.text for line in said)))


@given(TALKS, st.integers(0, 3000))
def test_cues_never_overlap_however_little_time_there_is(
    lines: list[tuple[str, int, int, str]], end_ms: int
) -> None:
    shown = lay_out(talk(lines), end_ms)
    assert all(0 <= cue.start_ms <= cue.end_ms <= end_ms for cue in shown)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(shown))


@given(st.text(max_size=400), st.integers(1, 9))
def test_any_text_fits_the_screen(text: str, count: int) -> None:
    shown = pages(text, count)
    assert all(1 <= len(page) <= LINES for page in shown)
    assert all(len(line) > 0 and width(line) <= LINE_WIDTH for page in shown for line in page)


def test_a_line_holds_42_narrow_and_16_full_width_characters() -> None:
    assert 42 * NARROW == 16 * WIDE == LINE_WIDTH
    assert width("e\u0301") == NARROW


def test_srt() -> None:
    shown = [Cue(0, 1500, ("a", "<i>")), Cue(3_661_001, 3_662_000, ("b --> c",))]
    assert srt(shown) == (
        "1\n00:00:00,000 --> 00:00:01,500\na\n<i>\n\n2\n01:01:01,001 --> 01:01:02,000\nb → c\n\n"
    )


def test_vtt_escapes_what_the_standard_reserves() -> None:
    assert vtt([Cue(0, 1500, ("R&D <b> --> x",))]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nR&amp;D &lt;b&gt; --&gt; x\n\n"
    )


def test_right_to_left_text_is_embedded_and_otherwise_left_as_it_is() -> None:
    shown = [Cue(0, 1500, (HEBREW, "YouTube"))]
    for text in (srt(shown), vtt(shown), ass(shown, Look())):
        assert f"\u202b{HEBREW}\u202c" in text
        assert "\u202bYouTube\u202c" in text
    assert "\u202b" not in srt([Cue(0, 1500, ("Shalom, שלום, he said.",))])


def test_ass_has_no_markup_of_the_speakers() -> None:
    text = ass([Cue(3_661_019, 3_662_000, (r"{\b1}a\N", "b"))], Look("Noto Sans", (640, 360)))
    assert "PlayResX: 640\nPlayResY: 360\n" in text
    assert "Style: Dub,Noto Sans,19.8," in text
    joiner = "\u2060"
    assert text.endswith(
        f"Dialogue: 0,1:01:01.01,1:01:02.00,Dub,,0,0,0,,\\{{\\{joiner}b1\\}}a\\{joiner}N\\Nb\n"
    )


def test_what_was_said_stands_below_and_smaller() -> None:
    shown = [Cue(0, 1500, ("hola",))]
    text = ass(shown, Look(), said=[Cue(0, 1500, ("hello",))])
    sizes = [float(line.split(",")[2]) for line in text.splitlines() if line.startswith("Style:")]
    margins = [int(line.split(",")[21]) for line in text.splitlines() if line.startswith("Style:")]
    assert sizes[0] > sizes[1] and margins[0] > margins[1]
    assert [line.split(",")[3] for line in text.splitlines() if line.startswith("Dialogue")] == [
        "Dub", "Said",
    ]  # fmt: skip
