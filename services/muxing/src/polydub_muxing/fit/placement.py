"""What a plan is made of: lines, how far they may be bent, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from polydub.v1 import muxing_pb2


class Mode(StrEnum):
    """What matters more where the two conflict: the source's time or the natural pace."""

    BALANCED = "balanced"
    STRICT = "strict"
    """Stretches before it borrows, fills its slot, and moves no onset for another speaker: only so
    that no voice speaks over itself and no word is cut."""
    NATURAL = "natural"
    """Never stretches."""
    SLOW_PICTURE = "slow_picture"
    """The picture waits for lines that are too long; what is left then is fitted as balanced."""


class Step(IntEnum):
    """What was done to a line. Values equal the proto's ``FitStep``."""

    AS_SPOKEN = muxing_pb2.FIT_STEP_AS_SPOKEN
    BORROWED = muxing_pb2.FIT_STEP_BORROWED
    STRETCHED = muxing_pb2.FIT_STEP_STRETCHED
    HARD_CAP = muxing_pb2.FIT_STEP_HARD_CAP
    OVERLAPPED = muxing_pb2.FIT_STEP_OVERLAPPED
    MOVED = muxing_pb2.FIT_STEP_MOVED
    ORIGINAL_KEPT = muxing_pb2.FIT_STEP_ORIGINAL_KEPT

    @property
    def wire_name(self) -> str:
        """Its name in the proto's ``FitStep``."""
        return f"FIT_STEP_{self.name}"


HARD_CAP, OVERLAPPED, MOVED, TRUNCATED = "hard_cap", "overlapped", "moved", "truncated"
ORIGINAL_KEPT = "original_kept"
"""The flags: what a person should hear before publishing."""
_ROUNDING = 1e-6
"""Rates travel as 32 bit floats."""


@dataclass(frozen=True)
class Limits:
    """How far a line may be bent. Tempo is spoken length over placed length.

    The fastest tempos are told for a line that its voice speaks at its own pace; see :meth:`at`.
    """

    guard_ms: int = 50
    """Silence that stays before the next onset."""
    min_tempo: float = 0.85
    max_tempo: float = 1.25
    hard_tempo: float = 1.5

    def at(self, rate: float) -> Limits:
        """What is left of them for a line that was spoken at this rate of the voice's own.

        Rate times tempo is what people hear: it stays at or below ``max_tempo`` without a flag and
        ``hard_tempo`` at all. What was spoken slowly is stretched no further than anything else,
        and what was spoken faster than that already is left as it is.
        """
        if rate == 1.0:
            return self
        return replace(
            self,
            min_tempo=min(1.0, max(self.min_tempo, self.min_tempo / rate)),
            max_tempo=max(1.0, min(self.max_tempo, self.max_tempo / rate)),
            hard_tempo=max(1.0, min(self.hard_tempo, self.hard_tempo / rate)),
        )

    def hurried(self, pace: float) -> bool:
        """Whether speech at this pace, told from the voice's own, has to be flagged."""
        return pace > self.max_tempo + _ROUNDING


@dataclass(frozen=True)
class Line:
    """A line: where the source says it, and how long the dub of it is."""

    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    duration_ms: int
    keeps_original: bool = False
    """It has no dub: the original sound stays where it is."""
    rate: float = 1.0
    """How much faster than its own pace the voice already speaks."""

    @property
    def voice(self) -> str:
        """What sounds: the speaker's new voice, or the original, which nobody can make wait."""
        return f"original {self.id}" if self.keeps_original else self.speaker_id


@dataclass(frozen=True)
class Placement:
    """Where a line stands in the dub, and why there."""

    line_id: str
    start_ms: int
    duration_ms: int
    tempo: float
    step: Step
    reason: str
    flags: tuple[str, ...]
    limit_ms: int
    """Up to where it may sound: the next onset less the guard, or its own end in the source."""

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.duration_ms
