"""Talks heard in chunks by a child process, and what it tells of them.

Lines on its standard output, one JSON object each: ``{"loaded": true}`` when the models are read,
``{"done": 0.5}`` now and then, ``{"note": "..."}`` for something that an operator should know,
``{"chunk": ...}`` for each chunk, ``{"end": true}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polydub_diarization.engines.base import Diarized
from polydub_diarization.linking import joined, link, merged
from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn


@dataclass(frozen=True)
class LocalTurn:
    """A turn; its voice is a number that means something inside its chunk only."""

    start_ms: int
    end_ms: int
    voice: int


@dataclass(frozen=True)
class Chunk:
    """What was heard in one piece of the talk and in the context around it."""

    start_ms: int
    end_ms: int
    turns: list[LocalTurn]
    voices: list[list[float]]
    """An embedding for each voice."""
    overlaps: list[tuple[int, int]] = field(default_factory=list)
    """Where several speak at once, from and to in milliseconds, unless the turns tell it."""

    def own(self, start_ms: int, end_ms: int) -> Span:
        """What of a stretch is the chunk's own part, not context."""
        return Span(max(start_ms, self.start_ms), min(end_ms, self.end_ms))


def chunk_of(fields: dict[str, Any]) -> Chunk:
    """The chunk as it was before it became JSON."""
    turns = [LocalTurn(**turn) for turn in fields["turns"]]
    overlaps = [(start, end) for start, end in fields["overlaps"]]
    return Chunk(fields["start_ms"], fields["end_ms"], turns, fields["voices"], overlaps)


def chunks(duration_ms: int, chunk_ms: int) -> Iterator[Span]:
    """The talk in pieces of ``chunk_ms``; the last one is shorter."""
    for start in range(0, duration_ms, chunk_ms):
        yield Span(start, min(duration_ms, start + chunk_ms))


def tell(**fields: Any) -> None:
    """Writes one line. Fails once nobody reads any more, which ends an orphaned child."""
    print(json.dumps(fields), file=sys.__stdout__, flush=True)


def assembled(heard: Sequence[Chunk], speakers: int, threshold: float) -> Diarized:
    """The chunks' turns on one timeline, with voices that mean the same in all of them.

    Turns are cut where a chunk's own part ends: what was heard beyond is context.

    Args:
        speakers: how many people there are; 0: find out.
        threshold: the cosine distance from which voices of two chunks are two people.
    """
    voices = [voice for chunk in heard for voice in chunk.voices]
    if not voices:
        return Diarized((), ())
    names = iter(link(np.array(voices, np.float32), speakers, threshold))
    turns: list[Turn] = []
    overlaps: list[Span] = []
    for chunk in heard:
        local = [str(next(names)) for _ in chunk.voices]
        turns += [Turn(local[t.voice], chunk.own(t.start_ms, t.end_ms)) for t in chunk.turns]
        overlaps += [chunk.own(start, end) for start, end in chunk.overlaps]
    whole = joined([turn for turn in turns if turn.span.length_ms > 0])
    return Diarized(
        turns=tuple(whole),
        speech=tuple(merged([turn.span for turn in whole])),
        overlaps=tuple(merged([span for span in overlaps if span.length_ms > 0])),
    )
