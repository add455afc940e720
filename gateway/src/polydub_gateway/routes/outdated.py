"""What is answered to changes that are based on what is no more: what stands there now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from polydub_gateway.db.revisions import OutOfDate
from polydub_gateway.edits.script import Segment, Speaker
from polydub_gateway.problems import problem_response
from polydub_gateway.registry.speakers import RegisteredSpeaker
from polydub_gateway.routes.edit_schemas import SegmentOut, SpeakerOut
from polydub_gateway.routes.speakers import RegisteredSpeakerOut
from polydub_gateway.routes.words import GlossaryOut
from polydub_gateway.words.glossaries import Glossary

_SHOWN: dict[type, Callable[[Any], BaseModel]] = {
    Segment: SegmentOut.of,
    Speaker: SpeakerOut.of,
    RegisteredSpeaker: RegisteredSpeakerOut.of,
    Glossary: GlossaryOut.of,
}


def add_outdated_handler(app: FastAPI) -> None:
    """Has refused changes told with what they clash with, so that clients can merge at once."""
    app.add_exception_handler(OutOfDate, _on_out_of_date)


async def _on_out_of_date(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OutOfDate)
    shown = _SHOWN[type(error.current)](error.current).model_dump(mode="json")
    etag = {"ETag": f'"{shown["revision"]}"'}
    return problem_response(error, headers=etag, more={"current": shown})
