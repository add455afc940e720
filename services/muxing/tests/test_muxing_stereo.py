"""What is left of a background's sides while someone speaks: hand-made frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from polydub_muxing.report.measure import Span
from polydub_muxing.report.stereo import sides_under_lines
from polydub_muxing.report.vad import FRAME_MS
from polydub_muxing.sound.options import SoundOptions

pytestmark = pytest.mark.unit

Levels = npt.NDArray[np.float32]
FRAMES = 500
SPANS = [Span("a", 1600, 4800, 1600, 4800), Span("b", 8000, 11200, 8320, 11520)]
RANDOM = np.random.default_rng(5)
BED: Levels = (0.001 * RANDOM.uniform(0.2, 1.0, FRAMES)).astype(np.float32)
VOICE: Levels = (0.1 * RANDOM.uniform(0.001, 1.0, FRAMES) ** 2).astype(np.float32)


@dataclass(frozen=True)
class Sides:
    mid: Levels
    side: Levels


def spoken() -> Levels:
    levels = np.zeros(FRAMES, np.float32)
    for span in SPANS:
        inside = slice(span.source_start_ms // FRAME_MS, span.source_end_ms // FRAME_MS + 1)
        levels[inside] = VOICE[inside]
    return levels


def source(in_sides: float = 0.0, bed: float = 1.0) -> Sides:
    """Background, and a voice of which a share is in the sides."""
    return Sides(bed * BED + spoken(), bed * BED + in_sides * spoken())


def lowered(by_db: float) -> Sides:
    """A dub with the sides turned down while its lines are spoken."""
    side = BED.copy()
    for span in SPANS:
        side[span.start_ms // FRAME_MS : span.end_ms // FRAME_MS + 1] *= 10 ** (-by_db / 10)
    return Sides(BED + spoken(), side)


def found(dub: Sides, of: Sides | None = None, offset_ms: float = 0.0) -> float | None:
    return sides_under_lines(of or source(), dub, SPANS, offset_ms)


def test_a_background_that_stays() -> None:
    assert found(lowered(0)) == pytest.approx(1)


@pytest.mark.parametrize(("by_db", "share"), [(3, 0.5), (8, 0.16), (60, 0.0)])
def test_sides_that_are_turned_down_under_the_lines(by_db: float, share: float) -> None:
    assert found(lowered(by_db)) == pytest.approx(share, abs=0.01)


def test_what_happens_between_the_lines_is_no_matter() -> None:
    dub = lowered(0)
    dub.side[: 1600 // FRAME_MS] = 0
    dub.side[5000 // FRAME_MS : 8000 // FRAME_MS] *= 9
    assert found(dub) == pytest.approx(1)


def test_a_file_that_begins_earlier() -> None:
    late = lowered(8)
    late = Sides(np.roll(late.mid, 30), np.roll(late.side, 30))
    assert found(late, offset_ms=30 * FRAME_MS) == pytest.approx(0.16, abs=0.01)


@pytest.mark.parametrize("in_sides", [0.01, 0.1, 1.0])
def test_voices_beside_the_centre_forbid_the_comparison(in_sides: float) -> None:
    assert found(lowered(0), source(in_sides)) is None


def test_a_faint_voice_in_the_sides_does_not() -> None:
    assert found(lowered(0), source(1e-4)) == pytest.approx(1, abs=0.01)


def test_a_source_without_stereo_has_nothing_to_lose() -> None:
    assert found(lowered(0), Sides(source().mid, 1e-6 * BED)) is None
    assert found(lowered(0), Sides(source().mid, 0 * BED)) is None


def test_less_than_a_second_is_not_compared() -> None:
    short = [Span("a", 1600, 2500, 1600, 2500)]
    assert sides_under_lines(source(), lowered(0), short, 0.0) is None
    assert sides_under_lines(source(), lowered(0), [], 0.0) is None


@pytest.mark.parametrize(
    ("chosen", "leaves"),
    [
        ({}, True),
        ({"plain_voices": True}, True),
        ({"drop_background": True}, False),
        ({"voice_over": True}, False),
        ({"noise_reduction": True}, False),
    ],
)
def test_a_background_that_is_to_be_another_is_not_compared(
    chosen: dict[str, bool], leaves: bool
) -> None:
    assert SoundOptions(**chosen).leaves_background is leaves
