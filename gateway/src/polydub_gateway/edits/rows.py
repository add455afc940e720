"""A script's rows as the data that people's changes are made on, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from polydub_gateway.db.edits import SegmentRow
from polydub_gateway.edits.script import Origin, Segment, Wording


def segment_of(row: SegmentRow) -> Segment:
    """The line in a row."""
    return Segment(
        id=row.id,
        part=row.part,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        speaker_id=row.speaker_id,
        text=row.text,
        confidence=row.confidence,
        changed_at=row.changed_at,
        translations={tag: _wording(plain) for tag, plain in row.translations.items()},
        revision=row.revision,
    )


def write_segment(row: SegmentRow, segment: Segment) -> None:
    """Puts a line into a row."""
    row.part = segment.part
    row.start_ms, row.end_ms = segment.start_ms, segment.end_ms
    row.speaker_id, row.text = segment.speaker_id, segment.text
    row.confidence, row.changed_at = segment.confidence, segment.changed_at
    row.translations = {tag: asdict(each) for tag, each in segment.translations.items()}
    row.revision = segment.revision


def new_row(dub_id: str, segment: Segment) -> SegmentRow:
    """A row for a line."""
    row = SegmentRow(dub_id=dub_id, id=segment.id)
    write_segment(row, segment)
    return row


def _wording(plain: dict[str, Any]) -> Wording:
    return Wording(
        **{
            **plain,
            "origin": Origin(plain["origin"]),
            "candidates": tuple(plain["candidates"]),
        }
    )
