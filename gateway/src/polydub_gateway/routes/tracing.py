"""Where a dub's time went."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.jobs.tracing import JobTrace, Piece
from polydub_gateway.routes.context import GatewayOf, Viewer
from polydub_gateway.routes.examples import DUB_ID
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import moment

router = APIRouter(prefix="/v1/dubs", tags=["dubs"])

_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class PieceOut(BaseModel):
    """What one event caused a stage to do. Times are from the dub's acceptance."""

    stage: str
    part: int | None = Field(description="None: all parts at once")
    language: str = Field(description="Empty: all languages at once")
    ready_ms: int = Field(description="When all was there that it needs: it waits from then on")
    waited_ms: int
    worked_ms: int
    engine_ms: int = Field(description="Of that, inside engines")
    engines: list[str]
    reused: bool = Field(description="It was in the store")
    error: str = Field(description="The code of what it failed with; empty: it did not")

    @classmethod
    def of(cls, piece: Piece) -> PieceOut:
        return cls(**asdict(piece))


class TraceOut(BaseModel):
    """Where the time of a dub went, the last time that it was made."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "job_id": DUB_ID,
                "revision": 0,
                "accepted_at": "2026-01-31T09:30:00Z",
                "took_ms": 25400,
                "trace_id": _TRACE_ID,
                "trace_url": f"https://traces.example/trace/{_TRACE_ID}",
                "pieces": [
                    {
                        "stage": "asr", "part": 0, "language": "", "ready_ms": 9100,
                        "waited_ms": 300, "worked_ms": 7200, "engine_ms": 7000,
                        "engines": ["whisper"], "reused": False, "error": "",
                    }
                ],
            }
        }
    )  # fmt: skip

    job_id: str
    revision: int
    accepted_at: datetime | None = Field(
        description="None: its events are older than they are kept, so nothing is known"
    )
    took_ms: int = Field(description="From its acceptance to its last event so far")
    trace_id: str = Field(description="W3C; empty: none was recorded")
    trace_url: str = Field(description="Where that trace is shown; empty: nowhere")
    pieces: list[PieceOut] = Field(description="In the order in which they began")

    @classmethod
    def of(cls, trace: JobTrace) -> TraceOut:
        return cls(
            job_id=trace.job_id,
            revision=trace.revision,
            accepted_at=moment(trace.accepted_at_ms) if trace.accepted_at_ms else None,
            took_ms=trace.took_ms,
            trace_id=trace.trace_id,
            trace_url=trace.trace_url,
            pieces=[PieceOut.of(piece) for piece in trace.pieces],
        )


@router.get("/{dub_id}/trace", responses=problems(404, 503))
async def get_dub_trace(dub_id: str, gateway: GatewayOf, caller: Viewer) -> TraceOut:
    """Where a dub's time went: by stage, part and language, waiting and working."""
    return TraceOut.of(await gateway.traces.of(caller.organisation_id, dub_id))
