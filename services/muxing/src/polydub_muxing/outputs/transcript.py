"""What was said in the whole job, for people and their tools: pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from polydub.v1 import asr_pb2
from polydub_muxing.script import PartDocuments

SCHEMA_VERSION = 1
_DIGITS = 3


def transcript_json(parts: Sequence[PartDocuments], *, fallback_language: str) -> bytes:
    """Every line that was heard: speaker, times, and words with times and confidence.

    The same for every target language; the translations stand in the reports.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "language": _language(parts, fallback_language),
        "lines": sorted(_lines(parts), key=lambda line: (line["start_ms"], line["id"])),
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _language(parts: Iterable[PartDocuments], fallback: str) -> str:
    """The language that recognition settled on."""
    for part in parts:
        if part.transcript and part.transcript.language:
            return part.transcript.language
    return fallback


def _lines(parts: Sequence[PartDocuments]) -> list[dict[str, Any]]:
    return [_heard(line) for part in parts if part.transcript for line in part.transcript.lines]


def _heard(line: asr_pb2.TranscriptLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "speaker_id": line.speaker_id,
        "start_ms": line.start_ms,
        "end_ms": line.end_ms,
        "text": line.text,
        "confidence": round(line.confidence, _DIGITS),
        "low_confidence": line.low_confidence,
        "words": [
            {
                "text": word.text,
                "start_ms": word.start_ms,
                "end_ms": word.end_ms,
                "confidence": round(word.confidence, _DIGITS),
            }
            for word in line.words
        ],
    }
