"""How each line is said: how high, how lively, how loud against the speaker's other lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polydub.blocking import Tick, no_tick
from polydub.pcm import Samples
from polydub_diarization.levels import FLOOR_DB
from polydub_diarization.pitch import describe, track
from polydub_diarization.sound import Sound
from polydub_diarization.turns import Utterance

_FLOOR = 10 ** (FLOOR_DB / 10)


@dataclass(frozen=True)
class Prosody:
    """What a line's sound tells beside its words."""

    f0_median_hz: float = 0.0
    """0 where too little is voiced."""
    f0_range_semitones: float = 0.0
    """From the 10th to the 90th percentile of F0; 0 where too little is voiced."""
    level_db: float = 0.0
    """RMS of the line over that of all the lines of its speaker together."""


@dataclass(frozen=True)
class _Heard:
    """One line's pitch and energy."""

    f0_median_hz: float
    f0_range_semitones: float
    samples: int
    energy: float


def prosody_of(
    sound: Sound, lines: Sequence[Utterance], tick: Tick = no_tick
) -> tuple[Prosody, ...]:
    """The prosody of each line, in their order. Holds one line's sound at a time."""
    heard: list[_Heard] = []
    for index, line in enumerate(lines):
        tick(index / len(lines))
        heard.append(_hear(sound.read(line.span.start_ms, line.span.end_ms)))
    usual = {speaker: _power(_of(speaker, lines, heard)) for speaker in {u.speaker for u in lines}}
    return tuple(
        Prosody(
            one.f0_median_hz,
            one.f0_range_semitones,
            float(10 * np.log10(_power([one]) / usual[line.speaker])),
        )
        for line, one in zip(lines, heard, strict=True)
    )


def _hear(samples: Samples) -> _Heard:
    voice = describe(track(samples))
    semitones = 12 * np.log2(voice.f0_high_hz / voice.f0_low_hz) if voice.f0_low_hz else 0.0
    energy = float(np.square(samples, dtype=np.float64).sum())
    return _Heard(voice.f0_median_hz, float(semitones), len(samples), energy)


def _of(speaker: str, lines: Sequence[Utterance], heard: Sequence[_Heard]) -> list[_Heard]:
    return [one for line, one in zip(lines, heard, strict=True) if line.speaker == speaker]


def _power(heard: Sequence[_Heard]) -> float:
    """The mean power, never quite 0."""
    samples = sum(one.samples for one in heard)
    return sum(one.energy for one in heard) / max(1, samples) + _FLOOR
