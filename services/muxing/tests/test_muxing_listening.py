"""Comparing what is heard in two sounds: hand-made tracks."""

from __future__ import annotations

import numpy as np
import pytest

from polydub_muxing.report.listening import NOT_MEASURED, Heard, Track, compare, overlap
from polydub_muxing.report.measure import Span
from polydub_muxing.report.vad import FRAME_MS, Speech, speech

pytestmark = pytest.mark.unit

SOURCE = [Speech(1000, 2000), Speech(3000, 4000), Speech(5000, 6000)]
SPANS = [
    Span("a", 1000, 2000, 1000, 2000),
    Span("b", 3000, 4000, 3000, 4000),
    Span("c", 5000, 6000, 5000, 6000),
]


def track(said: list[Speech], mid: float = 1.0, side: float = 0.0, seconds: int = 8) -> Track:
    frames = seconds * 1000 // FRAME_MS
    return Track(said, np.full(frames, mid, np.float32), np.full(frames, side, np.float32))


def shifted(said: list[Speech], by_ms: float) -> list[Speech]:
    return [Speech(one.start_ms + by_ms, one.end_ms + by_ms) for one in said]


def test_a_dub_that_is_late_as_a_whole_is_heard_so() -> None:
    """Though every line stands where the plan has it."""
    heard = compare(track(SOURCE), track(shifted(SOURCE, 240)), SPANS, offset_ms=0)
    assert heard.onset_offsets_ms == [240, 240, 240]
    assert heard.speech_overlap == pytest.approx(0.76)


def test_the_tracks_offset_in_the_file_is_no_delay() -> None:
    heard = compare(track(SOURCE), track(shifted(SOURCE, 437)), SPANS, offset_ms=437)
    assert heard.onset_offsets_ms == [0, 0, 0]
    assert heard.speech_overlap == 1


def test_drift_is_told_of_enough_lines_and_not_of_one_that_stands_out() -> None:
    growing = [float(5 * n) for n in range(30)]
    growing[3] = growing[-2] = -900.0  # heard wrongly
    heard = Heard(growing, 1.0, 1.0)
    assert heard.drift_lines == 7
    assert heard.drift_ms == (10, 70, 125)
    assert Heard(growing * 10, 1.0, 1.0).drift_lines == 30
    few = Heard(growing[:20], 1.0, 1.0)
    assert (few.drift_lines, few.drift_ms) == (0, (0, 0, 0))


def test_a_line_without_a_pause_before_it_has_no_onset_to_hear() -> None:
    joined = [Span("a", 1000, 2000, 1000, 2900), *SPANS[1:]]
    heard = compare(
        track(SOURCE), track([Speech(1000, 4000), Speech(5010, 6000)]), joined, offset_ms=0
    )
    assert heard.onset_offsets_ms == [0, 10]


def test_silence_is_not_measured() -> None:
    heard = compare(track([]), track([]), SPANS, offset_ms=0)
    assert heard == Heard([], NOT_MEASURED, pytest.approx(1.0))
    assert heard.drift_ms == (0, 0, 0)


def test_a_bed_that_lost_its_width() -> None:
    def width(source: Track, dub: Track) -> float:
        return compare(source, dub, SPANS, offset_ms=0).bed_stereo_width

    assert width(track(SOURCE, 1, 0.2), track(SOURCE, 2, 0.4)) == pytest.approx(1, abs=0.01)
    assert width(track(SOURCE, 1, 0.2), track(SOURCE, 1, 0)) < 0.01
    # Both mono, one with what a lossy codec leaves in the sides.
    assert width(track(SOURCE, 1, 0), track(SOURCE, 1, 1e-6)) == pytest.approx(1, abs=0.02)
    lines_everywhere = [Span("a", 0, 8000, 0, 8000)]
    everywhere = compare(track(SOURCE), track(SOURCE), lines_everywhere, offset_ms=0)
    assert everywhere.bed_stereo_width == NOT_MEASURED


def test_overlap_of_pieces() -> None:
    dub = [Speech(0, 1100), Speech(1900, 3100), Speech(3900, 9000)]
    assert overlap(SOURCE, dub) == pytest.approx((200 + 200 + 1000) / 3000)
    assert overlap(SOURCE, []) == 0


def test_probabilities_become_speech() -> None:
    likely = np.zeros(60, np.float32)
    likely[10:20] = 1  # 320 ms
    likely[22:30] = 1  # after a gap too short to count
    likely[40:43] = 1  # too short for speech
    likely[50:] = 0.9  # until the end
    first, last = speech(likely)
    assert first.start_ms == pytest.approx(10 * FRAME_MS - FRAME_MS / 2)
    assert first.end_ms == 30 * FRAME_MS
    assert last.end_ms == 60 * FRAME_MS
