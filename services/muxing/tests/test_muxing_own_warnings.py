"""What a report warns of by itself."""

from __future__ import annotations

import pytest

from polydub.v1 import muxing_pb2
from polydub_muxing.outputs.files import PICTURE_COPIED, Muxed
from polydub_muxing.report.document import LEAKAGE, own_warnings
from polydub_muxing.report.listening import NOT_MEASURED

pytestmark = pytest.mark.unit


def codes(**facts: float) -> list[str]:
    good = {
        "true_peak_dbtp": -3.0, "quality": 90.0,
        "bed_stereo_width": 1.0, "bed_sides_under_lines": 1.0,
    }  # fmt: skip
    report = muxing_pb2.ReportDocument(**{**good, **facts})
    return [warning.code for warning in own_warnings(report, Muxed(PICTURE_COPIED, ""), 80.0)]


@pytest.mark.parametrize("leakage", [NOT_MEASURED, 0.0, LEAKAGE])
def test_a_good_dub_has_none(leakage: float) -> None:
    assert codes(source_leakage=leakage) == []


def test_an_original_that_is_still_heard_is_told() -> None:
    assert codes(source_leakage=0.6) == ["original_audible"]


@pytest.mark.parametrize(("end_ms", "told"), [(90, []), (-90, ["drifting"]), (130, ["drifting"])])
def test_lines_that_are_ever_further_off_are_told(end_ms: float, told: list[str]) -> None:
    assert codes(drift_start_ms=20, drift_middle_ms=25, drift_end_ms=end_ms) == told


@pytest.mark.parametrize(("width", "told"), [(NOT_MEASURED, []), (0.4, ["background_narrow"])])
def test_a_background_without_its_width_is_told(width: float, told: list[str]) -> None:
    assert codes(bed_stereo_width=width) == told


@pytest.mark.parametrize(
    ("share", "told"), [(NOT_MEASURED, []), (0.39, []), (0.21, ["background_narrow"])]
)
def test_sides_that_are_gone_under_the_lines_are_told(share: float, told: list[str]) -> None:
    assert codes(bed_sides_under_lines=share) == told
