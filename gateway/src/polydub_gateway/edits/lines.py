"""What people do to lines, each in the transaction of an open script.

All raise ``not_found`` for a line that there is not, ``revision_mismatch`` where it is not as the
caller saw it any more, and ``invalid_request`` for what makes no sense.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from polydub.errors import StageError
from polydub_gateway.db.edits import SegmentRow
from polydub_gateway.edits.opened import OpenScript
from polydub_gateway.edits.rows import new_segment_row, segment_of, write_segment
from polydub_gateway.edits.script import Change, Segment, Wording, changed, inserted, merged, split
from polydub_gateway.identity import new_id


async def change_line(script: OpenScript, line_id: str, change: Change, revision: int) -> Segment:
    """The line with a change."""
    row = await script.segment(line_id, revision)
    before = segment_of(row)
    after = changed(before, change, script.at, end_ms=script.talk_ms)
    if after == before:
        return before
    write_segment(row, after)
    if after.changed_at == script.at:
        script.touch(after.part, *script.everything())
    worded = [tag for tag, each in after.translations.items() if each.changed_at == script.at]
    script.touch(after.part, *worded)
    await script.know_speaker(after.speaker_id)
    return after


async def insert_line(script: OpenScript, wanted: Segment) -> Segment:
    """A new line; its id, part and revision are given here."""
    checked = inserted(wanted, end_ms=script.talk_ms)
    part = await _part_at(script, checked.start_ms)
    segment = replace(checked, id=_new_line_id(), part=part, changed_at=script.at)
    segment = changed(
        replace(segment, translations=_unsaid(script)),
        Change(translations={tag: each.text for tag, each in wanted.translations.items()}),
        script.at,
        end_ms=script.talk_ms,
    )
    segment = replace(segment, revision=1)
    script.session.add(new_segment_row(script.dub.id, segment))
    script.touch(part, *script.everything())
    await script.know_speaker(segment.speaker_id)
    return segment


async def delete_line(script: OpenScript, line_id: str, revision: int) -> None:
    """Takes a line out."""
    row = await script.segment(line_id, revision)
    await script.session.delete(row)
    script.touch(row.part, *script.everything())


async def split_line(
    script: OpenScript, line_id: str, at_ms: int, at_character: int, revision: int
) -> tuple[Segment, Segment]:
    """The line in two."""
    row = await script.segment(line_id, revision)
    first, second = split(segment_of(row), _new_line_id(), at_ms, at_character, script.at)
    write_segment(row, first)
    script.session.add(new_segment_row(script.dub.id, second))
    script.touch(first.part, *script.everything())
    return first, second


async def merge_lines(script: OpenScript, line_id: str, revision: int) -> Segment:
    """The line and the next as one."""
    row = await script.segment(line_id, revision)
    following = await _behind(script, row)
    if following is None:
        raise StageError("invalid_request", "There is no line behind this one.")
    one = merged(segment_of(row), segment_of(following), script.at)
    write_segment(row, one)
    await script.session.delete(following)
    script.touch(one.part, *script.everything())
    return one


async def _behind(script: OpenScript, row: SegmentRow) -> SegmentRow | None:
    """The next line of the script."""
    at_once = (SegmentRow.start_ms == row.start_ms) & (SegmentRow.id > row.id)
    found: SegmentRow | None = await script.session.scalar(
        select(SegmentRow)
        .where(SegmentRow.dub_id == script.dub.id, (SegmentRow.start_ms > row.start_ms) | at_once)
        .order_by(SegmentRow.start_ms, SegmentRow.id)
        .limit(1)
    )
    return found


async def _part_at(script: OpenScript, start_ms: int) -> int:
    """The part that a new line belongs to: that of the line before it, or of the first."""
    before = (
        select(SegmentRow.part)
        .where(SegmentRow.dub_id == script.dub.id, SegmentRow.start_ms <= start_ms)
        .order_by(SegmentRow.start_ms.desc())
        .limit(1)
    )
    part = await script.session.scalar(before)
    return 0 if part is None else part


def _unsaid(script: OpenScript) -> dict[str, Wording]:
    """In every language: to be translated with the dub."""
    return {tag: Wording("", stale=True, changed_at=script.at) for tag in script.state.languages}


def _new_line_id() -> str:
    return new_id("n")[:14]
