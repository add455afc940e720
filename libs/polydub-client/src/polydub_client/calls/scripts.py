"""Correcting a dub: its lines, its speakers, and making it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from polydub_client.calls.call import Call, given, if_match, many, nothing, one, path
from polydub_client.errors import PolydubError
from polydub_client.models import (
    Preview,
    Regenerated,
    RegisteredSpeaker,
    Script,
    Segment,
    Speaker,
    Suggestion,
)
from polydub_client.options import SegmentChange, segment_body

SPEAKING_S = 300.0
"""How long an engine may take for one line."""


def get_script(dub_id: str, language: str, after: str, limit: int) -> Call[Script]:
    params = given(language=language, after=after, limit=limit)
    return Call("GET", path("dubs", dub_id, "segments"), one(Script), params=params)


def change_segment(
    dub_id: str, segment_id: str, revision: int, change: SegmentChange
) -> Call[Segment]:
    return _changing(
        "PATCH", one(Segment), revision, _line(dub_id, segment_id), segment_body(change)
    )


def insert_segment(dub_id: str, body: Mapping[str, Any]) -> Call[Segment]:
    at = path("dubs", dub_id, "segments")
    return Call("POST", at, one(Segment), body=body, idempotent=False)


def delete_segment(dub_id: str, segment_id: str, revision: int) -> Call[None]:
    return _changing("DELETE", nothing, revision, _line(dub_id, segment_id))


def split_segment(
    dub_id: str, segment_id: str, revision: int, at_ms: int, at_character: int
) -> Call[tuple[Segment, ...]]:
    body = {"at_ms": at_ms, "at_character": at_character}
    read = many("segments", Segment)
    return _changing("POST", read, revision, _line(dub_id, segment_id, "split"), body)


def merge_segment(dub_id: str, segment_id: str, revision: int) -> Call[Segment]:
    return _changing("POST", one(Segment), revision, _line(dub_id, segment_id, "merge"))


def suggest(
    dub_id: str, segment_id: str, language: str, ratio: float
) -> Call[tuple[Suggestion, ...]]:
    body = {"language": language, "ratio": ratio}
    at = _line(dub_id, segment_id, "suggestions")
    return Call("POST", at, many("suggestions", Suggestion), body=body, read_s=SPEAKING_S)


def preview(
    dub_id: str, segment_id: str, language: str, text: str | None, voice_id: str | None
) -> Call[Preview]:
    body = {"language": language, "text": text, "voice_id": voice_id}
    at = _line(dub_id, segment_id, "preview")
    return Call("POST", at, _preview, body=body, read_s=SPEAKING_S)


def change_speaker(
    dub_id: str,
    speaker_id: str,
    revision: int,
    name: str | None,
    voices: Mapping[str, str | None],
    registered_id: str | None = None,
) -> Call[Speaker]:
    """An empty ``registered_id`` is nobody of the registered speakers; None: as it is."""
    body: dict[str, Any] = {"voices": dict(voices)} | ({"name": name} if name else {})
    if registered_id is not None:
        body["registered_id"] = registered_id or None
    at = path("dubs", dub_id, "speakers", speaker_id)
    return _changing("PATCH", one(Speaker), revision, at, body)


def register_speaker(
    dub_id: str, speaker_id: str, revision: int, name: str | None
) -> Call[RegisteredSpeaker]:
    at = path("dubs", dub_id, "speakers", speaker_id, "register")
    return _changing("POST", one(RegisteredSpeaker), revision, at, {"name": name} if name else {})


def merge_speakers(dub_id: str, speaker_id: str, revision: int, into: str) -> Call[Speaker]:
    at = path("dubs", dub_id, "speakers", speaker_id, "merge")
    return _changing("POST", one(Speaker), revision, at, {"into": into})


def regenerate(dub_id: str) -> Call[Regenerated]:
    """Not idempotent: a second one finds the dub under way and is refused."""
    at = path("dubs", dub_id, "regenerate")
    return Call("POST", at, one(Regenerated), idempotent=False)


def _changing(
    method: str, read: Any, revision: int, at: str, body: Mapping[str, Any] | None = None
) -> Call[Any]:
    """A change of what has a revision; a second one would find another revision."""
    return Call(method, at, read, body=body, headers=if_match(revision), idempotent=False)


def _line(dub_id: str, segment_id: str, *rest: str) -> str:
    return path("dubs", dub_id, "segments", segment_id, *rest)


def _preview(response: httpx.Response) -> Preview:
    if not response.content.startswith(b"RIFF"):
        raise PolydubError("The server's answer is no WAV file.", code="bad_answer")
    duration_ms = response.headers.get("x-duration-ms", "")
    return Preview(response.content, int(duration_ms) if duration_ms.isdigit() else 0)
