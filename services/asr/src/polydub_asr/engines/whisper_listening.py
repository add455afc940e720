"""Listening with a loaded Whisper: windows together, and once more by itself what came out odd."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from polydub.pcm import RATE_HZ, Samples
from polydub_asr.engines.base import Word
from polydub_asr.engines.whisper_words import (
    MAX_COMPRESSION,
    MIN_LOG_PROBABILITY,
    HeardSegment,
    believable,
    words_of,
)

WINDOW_S = 30
"""What Whisper hears at a time; shorter clips cost as much."""
_GAP_S = 3
"""Between clips on the tape. The library shortens a first word that is long for one behind a pause
of four words, which it takes to be 0.7 s long at most: so each clip is the first behind a pause,
whichever others it goes with."""
_TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_DECODING: Mapping[str, Any] = {
    "beam_size": 5,
    "log_prob_threshold": MIN_LOG_PROBABILITY,
    "compression_ratio_threshold": MAX_COMPRESSION,
    "no_speech_threshold": 0.6,
    # What was misheard once would be heard on and on.
    "condition_on_previous_text": False,
    "word_timestamps": True,
    # The sound comes cut into utterances.
    "vad_filter": False,
}


@dataclass(frozen=True)
class Hints:
    """What Whisper is told of the sound. Only clips with the same hints go together."""

    language: str
    """Whisper's code."""
    hotwords: str | None = None
    initial_prompt: str | None = None


def listen_together(whisper: Any, clips: Sequence[Samples], hints: Hints) -> list[list[Word]]:
    """The words of several clips in one batch, times from each clip's start.

    A batch is decoded without the fall-back to higher temperatures, so that what is not believable
    is listened to alone.

    Args:
        whisper: a ``WhisperModel``.
        clips: each of at most 30 s.
        hints: of all of them.
    """
    tape, starts_s = _tape(clips)
    segments, _ = (
        import_module("faster_whisper")
        .BatchedInferencePipeline(whisper)
        .transcribe(
            tape,
            batch_size=len(clips),
            # The library cuts fractions of a sample off; half of one more saves the last sample.
            clip_timestamps=[
                {"start": start_s, "end": start_s + (clip.size + 0.5) / RATE_HZ}
                for start_s, clip in zip(starts_s, clips, strict=True)
            ],
            temperature=0.0,
            **_DECODING,
            **asdict(hints),
        )
    )
    heard: dict[int, list[HeardSegment]] = {start_s: [] for start_s in starts_s}
    for segment in segments:
        heard[segment.seek // whisper.frames_per_second].append(segment)
    return [
        _words(heard[start_s], clip, start_s * 1000)
        if all(believable(segment) for segment in heard[start_s])
        else listen(whisper, clip, hints)
        for start_s, clip in zip(starts_s, clips, strict=True)
    ]


def listen(whisper: Any, clip: Samples, hints: Hints) -> list[Word]:
    """The believable words of one clip, tried again at higher temperatures where they are odd."""
    segments, _ = whisper.transcribe(
        clip, temperature=list(_TEMPERATURES), **_DECODING, **asdict(hints)
    )
    return _words([each for each in segments if believable(each)], clip, 0)


def _tape(clips: Sequence[Samples]) -> tuple[Samples, list[int]]:
    """The clips one behind the other, and the whole seconds at which they start.

    Whole seconds, because the library takes starts in seconds and rounds them to frames of 10 ms.
    """
    starts_s, end_s = [], 0
    for clip in clips:
        starts_s.append(end_s + _GAP_S)
        end_s = starts_s[-1] + math.ceil(clip.size / RATE_HZ)
    # A sample more, for the half one.
    tape = np.zeros(end_s * RATE_HZ + 1, np.float32)
    for start_s, clip in zip(starts_s, clips, strict=True):
        tape[start_s * RATE_HZ :][: clip.size] = clip
    return tape, starts_s


def _words(segments: Sequence[HeardSegment], clip: Samples, offset_ms: int) -> list[Word]:
    """The words of a clip that stands at ``offset_ms``, times from the clip's start."""
    end_ms = offset_ms + clip.size * 1000 // RATE_HZ
    words: list[Word] = []
    for segment in segments:
        words += words_of(segment.words, words[-1].end_ms if words else offset_ms, end_ms)
    return [
        replace(word, start_ms=word.start_ms - offset_ms, end_ms=word.end_ms - offset_ms)
        for word in words
    ]
