"""What diarization is about: turns, utterances, and who is heard alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polydub_diarization.spans import Span


@dataclass(frozen=True)
class Turn:
    """One speaker's stretch, as an engine found it. It may hold short pauses."""

    speaker: str
    span: Span


@dataclass(frozen=True)
class Utterance:
    """A stretch in which one speaker holds the floor, between two silences or changes."""

    speaker: str
    span: Span
    overlaps: bool = False
    """Someone else speaks during it."""


def speakers_of(utterances: Sequence[Utterance]) -> list[str]:
    """The speakers in order of first appearance."""
    return list(dict.fromkeys(utterance.speaker for utterance in utterances))


def spans_of(utterances: Sequence[Utterance], speaker: str) -> list[Span]:
    return [utterance.span for utterance in utterances if utterance.speaker == speaker]


def alone(utterances: Sequence[Utterance], speaker: str) -> list[Span]:
    """Where a speaker is heard without others; all that there is where that is never so."""
    solo = [u.span for u in utterances if u.speaker == speaker and not u.overlaps]
    return solo or spans_of(utterances, speaker)
