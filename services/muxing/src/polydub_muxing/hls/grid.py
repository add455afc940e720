"""Where segments of sound begin and end, in whole frames of the encoder. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

SEGMENT_S = 6.0
"""What Apple's HLS Authoring Specification asks for."""
FRAME = 1024
"""Samples of one AAC frame (ISO/IEC 14496-3)."""
PRIMING = FRAME
"""How many samples the encoder's first frame comes before the sound: one frame."""
OVERLAP_FRAMES = 2
"""A frame is made of the samples of the one before it, too, and of a look at the next one."""


@dataclass(frozen=True)
class Grid:
    """The segments of a sound at one sample rate. Segment ``k`` holds the encoder's frames
    ``[k * frames, (k + 1) * frames)``, of which frame 0 is heard before the sound begins."""

    rate_hz: int

    @cached_property
    def frames(self) -> int:
        """Frames of one segment: the whole number that comes nearest to six seconds."""
        return round(SEGMENT_S * self.rate_hz / FRAME)

    @property
    def segment_s(self) -> float:
        return self.seconds(self.frames)

    def seconds(self, frames: int) -> float:
        return frames * FRAME / self.rate_hz

    def segments_within(self, samples: int) -> int:
        """How many segments can be made of the first so many samples, just as they will be once
        all are known."""
        return max(0, samples // FRAME - OVERLAP_FRAMES) // self.frames

    def first_sample(self, segment: int) -> int:
        """From which sample on anything is heard of a segment; of the first one, 0."""
        return max(0, (segment * self.frames - 1) * FRAME)

    def needed_until(self, segment: int) -> int:
        """Behind the last sample that a segment's frames are made of."""
        return ((segment + 1) * self.frames + OVERLAP_FRAMES) * FRAME
