"""How the API's description tells of errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from polydub_gateway.problems import MEDIA_TYPE
from polydub_gateway.routes.schemas import Problem

_NAMES = {460: "Checksum Mismatch"}
"""What tus names beside the standard."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer with problems of these statuses."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {
            "description": _NAMES.get(status) or HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }
