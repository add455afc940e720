"""How the API's description tells of errors."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from polydub.errors import BY_CODE, TABLE, StageError
from polydub_gateway.problems import MEDIA_TYPE, problem
from polydub_gateway.routes.schemas import Problem

_NAMES = {460: "Checksum Mismatch"}
"""What tus names beside the standard."""
_BY_PROTOCOL = {
    400: "invalid_request",
    403: "invalid_request",
    405: "invalid_request",
    408: "invalid_request",
    412: "invalid_request",
    413: "invalid_request",
    415: "invalid_request",
}
"""Statuses that HTTP or tus choose, not the table of errors, and the code they come with."""

_CURRENT = {
    "type": "object",
    "additionalProperties": True,
    "description": "With `revision_mismatch`: the line, speaker or glossary as it stands now, with "
    "its `revision`",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer with problems of these statuses."""
    return {status: {"description": _name(status)} for status in statuses}


def answer_name(status: int) -> str:
    """The name under which the description tells of all problems with a status."""
    return re.sub("[^A-Za-z]", "", _name(status).title())


def problem_answers(statuses: set[int]) -> dict[str, dict[str, Any]]:
    """What is answered with each status of a problem: its codes, with an example of each."""
    by_status: dict[int, list[str]] = {}
    for row in TABLE:
        by_status.setdefault(row.http, []).append(row.code)
    for status, code in _BY_PROTOCOL.items():
        by_status.setdefault(status, []).append(code)
    return {
        answer_name(status): _answer(status, codes)
        for status, codes in sorted(by_status.items())
        if status in statuses
    }


def _answer(status: int, codes: list[str]) -> dict[str, Any]:
    told = ", ".join(f"`{code}`" for code in codes)
    examples = {
        code: {
            "summary": BY_CODE[code].hint,
            "value": problem(StageError(code, "What happened, in words."), status=status),
        }
        for code in codes
    }
    schema: dict[str, Any] = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    if "revision_mismatch" in codes:
        schema = {"allOf": [schema, {"type": "object", "properties": {"current": _CURRENT}}]}
    return {
        "description": f"{_name(status)}: {told}",
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _name(status: int) -> str:
    return _NAMES.get(status) or HTTPStatus(status).phrase
