"""Ears on the finished dub that had no part in placing its lines."""

from __future__ import annotations

import numpy as np
from eval.sound import SPEECH_HZ
from eval.stems import Samples
from eval.timing import Span
from faster_whisper.vad import VadOptions, get_speech_timestamps
from pocketsphinx import Decoder

_OPTIONS = VadOptions(
    threshold=0.5, min_silence_duration_ms=100, min_speech_duration_ms=100, speech_pad_ms=0
)
_LEVEL_DBFS = -26.0
_MOST_STATES = 3000
"""At once; without a limit, noise and other languages take several times their length."""


def speech_spans(sound: Samples) -> list[Span]:
    """Where somebody speaks, by silero VAD v6 in steps of 32 ms; mono, 16 kHz."""
    found = get_speech_timestamps(_at_speech_level(sound), _OPTIONS)
    per_ms = SPEECH_HZ / 1000
    return [(piece["start"] / per_ms, piece["end"] / per_ms) for piece in found]


def english_heard(sound: Samples) -> str:
    """What PocketSphinx makes of mono sound at 16 kHz; English words, whatever is spoken."""
    decoder = Decoder(samprate=SPEECH_HZ, loglevel="FATAL", maxhmmpf=_MOST_STATES)
    decoder.start_utt()
    pcm = np.clip(_at_speech_level(sound), -1, 1) * 32767
    decoder.process_raw(pcm.astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found else ""


def _at_speech_level(sound: Samples) -> Samples:
    """At an ordinary level, so that quiet recordings are heard as well as loud ones."""
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
    gain = 10 ** (_LEVEL_DBFS / 20) / rms if rms > 0 else 1.0
    return (sound * gain).astype(np.float32)
