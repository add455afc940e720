"""What a change of a job tells the world. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from polydub_gateway.jobs.state import JobState, State


class Told(StrEnum):
    """The types of messages."""

    ACCEPTED = "dub.accepted"
    LANGUAGE_COMPLETED = "dub.language_completed"
    COMPLETED = "dub.completed"
    COMPLETED_WITH_WARNINGS = "dub.completed_with_warnings"
    FAILED = "dub.failed"
    CANCELED = "dub.canceled"
    TEST = "webhook.test"
    """Only where someone asks for it."""


SUBSCRIBABLE = tuple(each for each in Told if each is not Told.TEST)
_DELIVERED = (State.COMPLETED, State.COMPLETED_WITH_WARNINGS)


@dataclass(frozen=True)
class Message:
    """Something that happened to a job, or to one of its languages."""

    type: Told
    language: str = ""


def messages_of(before: JobState, after: JobState, *, accepted: bool = False) -> list[Message]:
    """What a change of a job's state has to be told as, languages first.

    Args:
        accepted: whether the change is that the job's present run was accepted.
    """
    told = [Message(Told.ACCEPTED)] if accepted else []
    told += [Message(Told.LANGUAGE_COMPLETED, tag) for tag in _delivered(before, after)]
    if after.state.ended and (before.revision != after.revision or not before.state.ended):
        told.append(Message(Told(f"dub.{after.state}")))
    return told


def body_of(message: Message, video_id: str, state: JobState, *, public_url: str = "") -> str:
    """A message as it is sent: ``type``, ``timestamp`` and ``data``."""
    link = f"{public_url}/v1/dubs/{state.job_id}"
    data: dict[str, Any] = {
        "id": state.job_id,
        "video_id": video_id,
        "state": state.state,
        "revision": state.revision,
        "languages": [
            {"language": tag, "state": each.state} for tag, each in state.languages.items()
        ],
        "links": {"dub": link, "artifacts": f"{link}/artifacts"},
    }
    if message.language:
        data["language"] = message.language
    if state.error is not None:
        data["error"] = {"code": state.error.code, "message": state.error.message}
    return enveloped(message.type, state.updated_at_ms, data)


def enveloped(type_: Told, at_ms: int, data: dict[str, Any]) -> str:
    """The JSON around what a message says."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    document = {"type": type_, "timestamp": moment.replace("+00:00", "Z"), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _delivered(before: JobState, after: JobState) -> Iterator[str]:
    for tag, language in after.languages.items():
        known = before.languages.get(tag) if before.revision == after.revision else None
        if language.state in _DELIVERED and (known is None or known.state not in _DELIVERED):
            yield tag
