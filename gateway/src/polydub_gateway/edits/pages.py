"""Pages of a script. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from polydub.errors import StageError
from polydub_gateway.edits.script import Script, Segment


@dataclass(frozen=True)
class ScriptPage:
    """Some lines of a script, and behind which one the next page starts."""

    segments: tuple[Segment, ...]
    next_after: str | None


def page_of(script: Script, after: str | None, limit: int) -> ScriptPage:
    """At most ``limit`` lines behind the one with the id ``after``; None: from the first on.

    Raises:
        StageError: ``invalid_request`` for the id of no line.
    """
    first = _behind(script.segments, after)
    shown = script.segments[first : first + limit]
    more = first + limit < len(script.segments)
    return ScriptPage(shown, shown[-1].id if more and shown else None)


def _behind(segments: tuple[Segment, ...], after: str | None) -> int:
    if after is None:
        return 0
    place = next((at for at, each in enumerate(segments) if each.id == after), None)
    if place is None:
        raise StageError("invalid_request", f"There is no line {after!r} to go on from.")
    return place + 1
