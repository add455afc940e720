"""Which jobs a list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_

from polydub.errors import StageError
from polydub_gateway.cursors import from_cursor
from polydub_gateway.db import DubRow
from polydub_gateway.jobs.asking import checked_tag
from polydub_gateway.jobs.state import State
from polydub_gateway.uploads.names import search_form


@dataclass(frozen=True)
class Sought:
    """What a list is narrowed to; empty: everything."""

    states: tuple[State, ...] = ()
    video_id: str = ""
    target_language: str = ""
    created_from_ms: int | None = None
    created_before_ms: int | None = None
    text: str = ""
    """Is in the file's name, in either case."""
    oldest_first: bool = False


EVERYTHING = Sought()


def tags_column(tags: Sequence[str]) -> str:
    """Languages in the form in which one of them is found in a column."""
    return f",{','.join(tags)},"


def listed(owner_id: str, sought: Sought, cursor: str | None) -> Select[Any]:
    """The jobs behind a cursor, in order.

    Raises:
        StageError: ``invalid_request`` for a cursor that we did not give, what is no language, and
            text that a database can't look for.
    """
    query = select(DubRow).where(DubRow.owner_id == owner_id, *_conditions(_checked(sought)))
    place = tuple_(DubRow.created_at_ms, DubRow.id)
    if sought.oldest_first:
        query = query.order_by(DubRow.created_at_ms, DubRow.id)
        return query.where(place > from_cursor(cursor)) if cursor else query
    query = query.order_by(DubRow.created_at_ms.desc(), DubRow.id.desc())
    return query.where(place < from_cursor(cursor)) if cursor else query


def _checked(sought: Sought) -> Sought:
    if "\0" in sought.text + sought.video_id:
        raise StageError("invalid_request", "NUL can't be looked for.")
    tag = sought.target_language
    return replace(sought, target_language=checked_tag(tag) if tag else "")


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.states:
        found.append(DubRow.state.in_(sought.states))
    if sought.video_id:
        found.append(DubRow.video_id == sought.video_id)
    if sought.target_language:
        tag = tags_column([sought.target_language])
        found.append(DubRow.target_tags.contains(tag, autoescape=True))
    if sought.created_from_ms is not None:
        found.append(DubRow.created_at_ms >= sought.created_from_ms)
    if sought.created_before_ms is not None:
        found.append(DubRow.created_at_ms < sought.created_before_ms)
    if sought.text:
        found.append(DubRow.search_name.contains(search_form(sought.text), autoescape=True))
    return found
