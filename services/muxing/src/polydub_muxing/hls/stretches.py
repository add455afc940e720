"""Which segments become ready with which part, and what they are made of. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from polydub.v1 import diarization_pb2
from polydub_muxing.fit.placement import Line, Placement
from polydub_muxing.hls.grid import Grid

CONTEXT_MS = 60_000
"""So much before a stretch is mixed with it: levels are measured on more than one sentence, and
limiter and encoder are in full swing where the stretch begins."""
LEAD_IN_FRAMES = 64
"""Frames encoded before the first one that is kept: by then the encoder hears what it would have
heard had it begun at the start."""


@dataclass(frozen=True)
class Stretch:
    """What a part adds: segments ``[first, last)``, from the sound of ``[start_ms, end_ms)``."""

    part: int
    first: int
    last: int
    start_ms: int
    """In whole seconds, so that samples keep their places at any rate."""
    end_ms: int
    heard_from_ms: int
    """Where the first of its segments begins."""


@dataclass(frozen=True)
class Timeline:
    """The parts of a talk on the grid of its sound."""

    grid: Grid
    delay: int
    """Samples of silence before the timeline."""
    ends_ms: Sequence[int]
    """Where each part ends."""

    def stretch(self, part: int) -> Stretch:
        first, last = self._ready(part - 1), self._ready(part)
        heard_from_ms = self._moment_ms(first)
        return Stretch(
            part=part,
            first=first,
            last=last,
            start_ms=max(0, heard_from_ms - CONTEXT_MS) // 1000 * 1000,
            end_ms=self.ends_ms[part],
            heard_from_ms=heard_from_ms,
        )

    def fed_from(self, stretch: Stretch) -> int:
        """The sample of the delayed sound at which the encoder begins: on a frame."""
        return max(0, stretch.first * self.grid.frames - LEAD_IN_FRAMES) * 1024

    def lead_in(self, stretch: Stretch) -> int:
        """How many frames of that encoder come before the stretch's first one."""
        return min(LEAD_IN_FRAMES, stretch.first * self.grid.frames)

    def _ready(self, part: int) -> int:
        if part < 0:
            return 0
        samples = self.delay + self.ends_ms[part] * self.grid.rate_hz // 1000
        return self.grid.segments_within(samples)

    def _moment_ms(self, segment: int) -> int:
        sample = self.grid.first_sample(segment) - self.delay
        return max(0, sample) * 1000 // self.grid.rate_hz


def part_ends(document: diarization_pb2.DiarizationDocument) -> list[int]:
    return [part.end_ms for part in sorted(document.parts, key=lambda part: part.index)]


def expected_lines(document: diarization_pb2.DiarizationDocument, part: int) -> list[Line]:
    """What is going to be said in a part that is not spoken yet, taken as long as in the source.

    A plan with them leaves the next speaker's time alone, as the final one will.
    """
    return [
        Line(each.id, each.speaker_id, each.start_ms, each.end_ms, each.end_ms - each.start_ms)
        for each in document.utterances
        if each.part == part and each.end_ms > each.start_ms
    ]


def settled(
    now: Sequence[Placement], before: Sequence[Placement], heard_from_ms: int
) -> list[Placement]:
    """The plan with a new part in it; lines that began to sound in segments which are out already
    stay where these have them, and no other begins in these: it would be heard without its first
    words."""
    fixed = {each.line_id: each for each in before if each.start_ms < heard_from_ms}
    return [
        fixed.get(each.line_id, replace(each, start_ms=max(each.start_ms, heard_from_ms)))
        for each in now
    ]
