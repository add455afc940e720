"""Scripts as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format

from polydub.v1 import editing_pb2, muxing_pb2
from polydub_gateway.edits.pages import ScriptPage
from polydub_gateway.edits.script import Script, Segment, Speaker, Wording


def script_message(
    script: Script, page: ScriptPage, fits: Mapping[str, Mapping[str, Any]]
) -> editing_pb2.Script:
    return editing_pb2.Script(
        revision=script.revision,
        language=script.language,
        stale_languages=script.stale,
        segments=[segment_message(each, fits.get(each.id)) for each in page.segments],
        next_page_token=page.next_after or "",
        total=len(script.segments),
        speakers=[speaker_message(each) for each in script.speakers],
        affected=affected_messages({tag: script.affected(tag) for tag in script.languages}),
    )


def affected_messages(
    affected: Mapping[str, Sequence[str]],
) -> list[editing_pb2.AffectedLines]:
    """Which lines are made anew in each language."""
    return [
        editing_pb2.AffectedLines(language=tag, segment_ids=ids) for tag, ids in affected.items()
    ]


def segment_message(segment: Segment, fit: Mapping[str, Any] | None = None) -> editing_pb2.Segment:
    """A line.

    Args:
        fit: its part of the report, as the report has it.
    """
    return editing_pb2.Segment(
        id=segment.id,
        part=segment.part,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        speaker_id=segment.speaker_id,
        text=segment.text,
        confidence=segment.confidence,
        revision=segment.revision,
        translations={tag: _wording(each) for tag, each in segment.translations.items()},
        fit=_fit(fit),
    )


def speaker_message(speaker: Speaker) -> editing_pb2.ScriptSpeaker:
    return editing_pb2.ScriptSpeaker(
        id=speaker.id,
        name=speaker.name,
        voices=speaker.voices,
        revision=speaker.revision,
        registered_id=speaker.registered_id,
    )


def _wording(wording: Wording) -> editing_pb2.Wording:
    return editing_pb2.Wording(
        text=wording.text,
        origin=f"WORDING_ORIGIN_{wording.origin.name}",
        stale=wording.stale,
        candidates=wording.candidates,
    )


def _fit(fit: Mapping[str, Any] | None) -> muxing_pb2.LineReport | None:
    if fit is None:
        return None
    return json_format.ParseDict(dict(fit), muxing_pb2.LineReport(), ignore_unknown_fields=True)
