"""Where a dub's time went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PieceOfWork:
    """What one event caused a stage to do. Times are from when the dub was asked for."""

    stage: str = ""
    part: int | None = None
    """None: all parts at once."""
    language: str = ""
    """Empty: all languages at once."""
    ready_ms: int = 0
    """When all was there that it needs: it waits from then on."""
    waited_ms: int = 0
    worked_ms: int = 0
    engine_ms: int = 0
    """Of that, inside engines."""
    engines: tuple[str, ...] = ()
    reused: bool = False
    """It was in the store."""
    error: str = ""
    """The code of what it failed with; empty: it did not."""


@dataclass(frozen=True)
class DubTrace:
    """Where the time of a dub went, the last time that it was made."""

    job_id: str = ""
    revision: int = 0
    accepted_at: str | None = None
    """None: its events are older than the server keeps them, so nothing is known."""
    took_ms: int = 0
    """From then to its last event so far."""
    trace_id: str = ""
    """W3C; empty: none was recorded."""
    trace_url: str = ""
    """Where that trace is shown; empty: nowhere."""
    pieces: tuple[PieceOfWork, ...] = ()
    """In the order in which they began."""
