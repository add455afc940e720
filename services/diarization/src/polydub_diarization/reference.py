"""A clip of each speaker alone, by which a voice can be matched or cloned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from polydub.pcm import RATE_HZ, Samples, to_pcm, wav_header
from polydub_diarization.sound import Sound
from polydub_diarization.spans import Span, total_ms

LONGEST_MS = 12_000
ENOUGH_MS = 3_000
_ONE_PLACE_MS = 6_000
_FRAGMENT_MS = 1_000
_PAUSE_MS = 100
_FADE = RATE_HZ * 10 // 1000


def choose(spans: Sequence[Span]) -> list[Span]:
    """The stretches for the clip, in order: the longest of the speaker's, 12 s at most.

    Fragments are taken only until 3 s are reached.
    """
    chosen: list[Span] = []
    left_ms = LONGEST_MS
    for span in sorted(spans, key=lambda span: (-span.length_ms, span.start_ms)):
        if left_ms <= 0 or (span.length_ms < _FRAGMENT_MS and total_ms(chosen) >= ENOUGH_MS):
            break
        taken_ms = min(span.length_ms, _ONE_PLACE_MS, left_ms)
        chosen.append(Span(span.start_ms, span.start_ms + taken_ms))
        left_ms -= taken_ms
    return sorted(chosen)


def write_clip(sound: Sound, spans: Sequence[Span], path: Path) -> None:
    """Writes the stretches one after another, faded, with short pauses between them.

    The file is a canonical WAV, 16 kHz, mono, signed 16 bit.
    """
    pause = np.zeros(RATE_HZ * _PAUSE_MS // 1000, np.float32)
    pieces: list[Samples] = []
    for span in spans:
        pieces += [_faded(sound.read(span.start_ms, span.end_ms)), pause]
    clip = np.concatenate(pieces[:-1])
    path.write_bytes(wav_header(len(clip)) + to_pcm(clip))


def _faded(samples: Samples) -> Samples:
    ramp = np.ones(len(samples), np.float32)
    length = min(_FADE, len(samples) // 2)
    ramp[:length] = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    ramp[len(ramp) - length :] = ramp[:length][::-1]
    return samples * ramp
