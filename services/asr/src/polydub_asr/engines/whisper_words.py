"""What Whisper wrote, as words: with what it made up left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Protocol

from polydub_asr.engines.base import Word

MIN_LOG_PROBABILITY = -1.0
MAX_COMPRESSION = 2.4
"""Both from Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022),
section 4.5: there a text beyond them is tried again at a higher temperature, here what is still
beyond them after the last temperature is no text."""
MAX_NO_SPEECH = 0.9
"""Above 0.6 the paper looks at the log probability too; so sure of silence, a text is made up
however fluent it is."""


class HeardWord(Protocol):
    """``faster_whisper.transcribe.Word``; seconds are numpy floats."""

    word: str
    start: float
    end: float
    probability: float


class HeardSegment(Protocol):
    """What is used of ``faster_whisper.transcribe.Segment``."""

    words: list[HeardWord]
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


def believable(segment: HeardSegment) -> bool:
    """Whether a text was heard rather than made up, as Whisper does over noise and silence."""
    return (
        segment.avg_logprob >= MIN_LOG_PROBABILITY
        and segment.compression_ratio <= MAX_COMPRESSION
        and segment.no_speech_prob <= MAX_NO_SPEECH
    )


def words_of(heard: Iterable[HeardWord], start_ms: int, end_ms: int) -> Iterator[Word]:
    """The words in order of time, none before ``start_ms`` or after ``end_ms``."""
    previous_ms = start_ms
    for word in _whole(heard):
        start = min(max(word.start_ms, previous_ms), end_ms)
        previous_ms = min(max(word.end_ms, start), end_ms)
        yield Word(word.text, start, previous_ms, word.confidence)


def _whole(heard: Iterable[HeardWord]) -> Iterator[Word]:
    """Where a language is written without spaces, Whisper's pieces may be parts of a letter or
    of a foreign word; those are put together."""
    whole: Word | None = None
    for piece in heard:
        word = _word(piece)
        if not word.text:
            continue
        if whole is not None and _goes_on(whole.text, piece.word):
            confidence = min(whole.confidence, word.confidence)
            whole = Word(whole.text + word.text, whole.start_ms, word.end_ms, confidence)
            continue
        if whole is not None and _sayable(whole.text):
            yield whole
        whole = word
    if whole is not None and _sayable(whole.text):
        yield whole


def _word(piece: HeardWord) -> Word:
    return Word(
        text=piece.word.strip(),
        start_ms=round(float(piece.start) * 1000),
        end_ms=round(float(piece.end) * 1000),
        confidence=min(1.0, max(0.0, float(piece.probability))),
    )


def _goes_on(before: str, piece: str) -> bool:
    last, first = before[-1], piece[0]
    if unicodedata.category(first).startswith("M"):
        return True
    return last.isascii() and last.isalnum() and first.isascii() and first.isalnum()


def _sayable(text: str) -> bool:
    return any(character.isalnum() for character in text)
