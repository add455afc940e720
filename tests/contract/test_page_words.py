"""The page has words for every code of errors and warnings. Its other languages follow English."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from polydub.errors import TABLE, WARNINGS
from polydub.v1 import muxing_pb2
from polydub_muxing.fit.placement import HARD_CAP, MOVED, OVERLAPPED, TRUNCATED
from polydub_muxing.outputs.files import PICTURE_COPIED, Muxed
from polydub_muxing.report.document import own_warnings
from polydub_muxing.report.recognized import NOT_UNDERSTOOD

pytestmark = pytest.mark.contract

PAGE = Path(__file__).resolve().parents[2] / "frontend" / "src"

NOT_MET_AT_THE_PAGE = {
    "checksum_mismatch": "The page announces no checksums.",
    "range_not_satisfiable": "The browser's players ask for ranges, and tell nobody of refusals.",
    "revision_required": "The page always says what its change is based on.",
}
OF_THE_PAGE = {"network"}
"""What it says when no answer came."""
OF_MANY = {HARD_CAP, MOVED, NOT_UNDERSTOOD, OVERLAPPED, TRUNCATED}
"""The flags that are told once for all lines that have them."""


def english(area: str) -> set[str]:
    """The codes that have words."""
    words: dict[str, str] = json.loads((PAGE / f"i18n/messages/en/{area}.json").read_text())
    return {key.removesuffix(".hint") for key in words}


def test_every_error_that_a_person_can_meet_has_words() -> None:
    codes = {row.code for row in TABLE}
    assert codes >= NOT_MET_AT_THE_PAGE.keys()
    assert english("problems") - OF_THE_PAGE == codes - NOT_MET_AT_THE_PAGE.keys()


def test_every_warning_has_words() -> None:
    assert english("warnings") == WARNINGS.keys()


def test_the_page_reads_of_how_many_lines_a_warning_is() -> None:
    source = (PAGE / "watch/notices.ts").read_text()
    found = re.search(r"^const OF_MANY = /(.+)/;$", source, re.MULTILINE)
    assert found is not None
    report = muxing_pb2.ReportDocument(target_language="es", lines=3)
    report.line_reports.add(id="u1", flags=OF_MANY)
    report.line_reports.add(id="u2", flags=OF_MANY)
    told = {each.code: each.message for each in own_warnings(report, Muxed(PICTURE_COPIED), 0.0)}
    counted = {code: re.match(found[1], message) for code, message in told.items()}
    assert {code: match[1] for code, match in counted.items() if match} == {
        f"lines_{flag}": "2" for flag in OF_MANY
    }
