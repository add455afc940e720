"""What a report warns of by itself."""

from __future__ import annotations

import pytest

from polydub.v1 import muxing_pb2
from polydub_muxing.outputs.files import PICTURE_COPIED, Muxed
from polydub_muxing.report.document import LEAKAGE, own_warnings
from polydub_muxing.report.listening import NOT_MEASURED

pytestmark = pytest.mark.unit


def codes(**facts: float) -> list[str]:
    report = muxing_pb2.ReportDocument(true_peak_dbtp=-3.0, quality=90.0, **facts)
    return [warning.code for warning in own_warnings(report, Muxed(PICTURE_COPIED, ""), 80.0)]


@pytest.mark.parametrize("leakage", [NOT_MEASURED, 0.0, LEAKAGE])
def test_a_good_dub_has_none(leakage: float) -> None:
    assert codes(source_leakage=leakage) == []


def test_an_original_that_is_still_heard_is_told() -> None:
    assert codes(source_leakage=0.6) == ["original_audible"]
