"""A script's rows as the data that people's changes are made on, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from polydub_gateway.db.edits import SegmentRow, SpeakerRow
from polydub_gateway.edits.script import Origin, Segment, Speaker, Wording


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


def new_segment_row(dub_id: str, segment: Segment) -> SegmentRow:
    """A row for a line."""
    row = SegmentRow(dub_id=dub_id, id=segment.id)
    write_segment(row, segment)
    return row


def speaker_of(row: SpeakerRow) -> Speaker:
    """The speaker in a row."""
    return Speaker(
        row.id, row.name, dict(row.voices), dict(row.changed_at), row.revision, row.registered_id
    )


def new_speaker_row(dub_id: str, speaker_id: str) -> SpeakerRow:
    """A row for a speaker whom nobody has named yet."""
    return SpeakerRow(
        dub_id=dub_id, id=speaker_id, name=speaker_id, voices={}, changed_at={}, revision=1
    )


def _wording(plain: dict[str, Any]) -> Wording:
    return Wording(
        **{
            **plain,
            "origin": Origin(plain["origin"]),
            "candidates": tuple(plain["candidates"]),
        }
    )
