"""The JSON Schema of report.json."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from polydub.artifacts import dump_document
from polydub.v1 import muxing_pb2
from polydub_muxing.report import schema
from polydub_muxing.report.document import SCHEMA_VERSION
from polydub_muxing.report.schema import dump_schema, report_schema

pytestmark = pytest.mark.unit


def report(**fields: object) -> dict[str, object]:
    document = muxing_pb2.ReportDocument(schema_version=SCHEMA_VERSION, **fields)
    for distribution in ("onset_offset_ms", "tempo", "heard_onset_offset_ms"):
        getattr(document, distribution).SetInParent()
    document.line_reports.add(id="u1", step=muxing_pb2.FIT_STEP_MOVED, flags=["moved"])
    document.warnings.add(code="lines_moved")
    document.engines.add(stage="tts").engine.id = "espeak"
    found: dict[str, object] = json.loads(dump_document(document))
    return found


def test_the_file_in_the_package_is_what_the_contract_says() -> None:
    """Run `python -m polydub_muxing.report.schema` into it after a change of the contract."""
    stored = Path(schema.__file__).with_name("report.schema.json").read_text()
    assert stored == dump_schema()


def test_it_is_a_schema_that_reports_hold_to() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())
    jsonschema.validate(report(quality=71.5), report_schema())


@pytest.mark.parametrize(
    "spoilt",
    [{"quality": 101}, {"lines": "three"}, {"schema_version": 1}, {"invented": 1}],
)
def test_it_refuses_what_is_no_report(spoilt: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**report(), **spoilt}, report_schema())


def test_no_field_may_be_missing() -> None:
    found = report()
    del found["quality"]
    with pytest.raises(jsonschema.ValidationError, match="quality"):
        jsonschema.validate(found, report_schema())
