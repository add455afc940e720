"""Where room tone may be laid, and the pauses that it is taken from, on a bed of any length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import soundfile

from polydub_muxing.sound import spectra
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.room_tone import EDGE_S, Tone, fill, tone_of
from polydub_muxing.sound.windows import Along, Ingredient, made_of

Span = tuple[int, int]
"""Samples ``[first, last)``."""

LONGEST_S = 10.0
"""Longer stretches are filled piece by piece: memory stays what it is."""
SEAM_S = 0.1
"""Over which two pieces, which are independent noises, change places at equal power."""
CONTEXT_S = 0.25
"""How much of the bed is looked at on either side of a piece."""
PASSAGE_S = 30.0
"""The tone is measured anew for each passage."""
ENOUGH_S = 8.0
"""No more of the pauses nearest to a passage is listened to."""
FARTHEST_S = 60.0


@dataclass(frozen=True)
class Hole:
    """A stretch to be filled, with the lengths of its ramps, in samples; they lie inside."""

    first: int
    last: int
    rise: int
    fall: int
    seam_before: bool = False
    seam_after: bool = False

    def weights(self, first: int, last: int) -> Samples:
        """How much of the tone belongs at each sample, 0 to 1."""
        moments = np.arange(first, last)
        up = np.clip((moments - self.first) / max(1, self.rise), 0, 1)
        down = np.clip((self.last - moments) / max(1, self.fall), 0, 1)
        up = np.sin(np.pi / 2 * up) if self.seam_before else up
        down = np.sin(np.pi / 2 * down) if self.seam_after else down
        return (up * down).astype(np.float32)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches, ascending, those that touch as one."""
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def holes(spans: Iterable[Span], rate_hz: int, frames: int) -> list[Hole]:
    """Where voices were taken out, with edges, in pieces of ten seconds at most."""
    edge, seam = round(EDGE_S * rate_hz), round(SEAM_S * rate_hz)
    found = []
    for first, last in merged((max(0, a - edge), min(frames, b + edge)) for a, b in spans):
        count = max(1, -(-(last - first) // round(LONGEST_S * rate_hz)))
        cuts = np.linspace(first, last, count + 1).astype(int).tolist()
        for number, (begin, end) in enumerate(pairwise(cuts)):
            before, after = number > 0, number < count - 1
            found.append(
                Hole(
                    begin - (seam // 2 if before else 0),
                    end + (seam - seam // 2 if after else 0),
                    seam if before else edge,
                    seam if after else edge,
                    before,
                    after,
                )
            )
    return found


class RoomTone:
    """What fills the holes of one bed: noise, the same however the bed goes by.

    Args:
        bed: opened for this alone; it is read here and there.
        spans: where someone speaks in the source.
    """

    def __init__(self, bed: soundfile.SoundFile, spans: Sequence[Span]) -> None:
        self._bed = bed
        self._rate_hz: int = bed.samplerate
        self._holes = holes(spans, self._rate_hz, bed.frames)
        self._along = Along(self._holes, [(hole.first, hole.last) for hole in self._holes])
        self._pauses = _between(merged(spans), bed.frames, round(EDGE_S * self._rate_hz))
        self._laid: dict[Hole, Samples | None] = {}
        self._tone: tuple[int, Tone | None] = (-1, None)

    @cached_property
    def ingredients(self) -> list[Ingredient]:
        """The holes, and what each is filled from."""
        heard: dict[int, int] = {}
        for passage in {self._passage(hole) for hole in self._holes}:
            heard[passage] = made_of([list(pause) for pause in self._heard(passage)])
        return [
            Ingredient(
                hole.first, hole.last,
                made_of("hole", list(astuple(hole)), heard[self._passage(hole)]),
            )
            for hole in self._holes
        ]  # fmt: skip

    def add_to(self, block: Samples, first: int) -> None:
        """Adds what belongs to a block, shape (n, channels), from the sample ``first`` on."""
        last = first + len(block)
        near = self._along.within(first, last)
        self._laid = {hole: self._laid[hole] for hole in near if hole in self._laid}
        for hole in near:
            if hole not in self._laid:
                self._laid[hole] = self._noise(hole)
            noise = self._laid[hole]
            if noise is not None:
                begin, end = max(first, hole.first), min(last, hole.last)
                block[begin - first : end - first] += noise[begin - hole.first : end - hole.first]

    def _noise(self, hole: Hole) -> Samples | None:
        """What fills a hole; None where nothing is to be laid."""
        tone = self._tone_of(self._passage(hole))
        if tone is None:
            return None
        margin = round(CONTEXT_S * self._rate_hz)
        first, last = max(0, hole.first - margin), min(self._bed.frames, hole.last + margin)
        noise = fill(self._read(first, last), tone, hole.weights(first, last), self._rate_hz)
        noise = noise[hole.first - first : hole.last - first]
        return noise if noise.any() else None

    def _passage(self, hole: Hole) -> int:
        return int((hole.first + hole.last) // 2 // (PASSAGE_S * self._rate_hz))

    def _tone_of(self, passage: int) -> Tone | None:
        if passage != self._tone[0]:
            size = spectra.frame_size(self._rate_hz)
            found = [
                spectra.spectra(self._read(first, last), size)
                for first, last in self._heard(passage)
            ]
            nothing = np.zeros((0, self._bed.channels, size // 2 + 1), np.complex128)
            self._tone = (passage, tone_of(np.concatenate([nothing, *found]), self._rate_hz))
        return self._tone[1]

    def _heard(self, passage: int) -> list[Span]:
        """What is listened to of the pauses nearest to a passage."""
        middle = round((passage + 0.5) * PASSAGE_S * self._rate_hz)
        enough, found = round(ENOUGH_S * self._rate_hz), []
        for first, last in _nearest(self._pauses, middle, round(FARTHEST_S * self._rate_hz)):
            last = min(last, first + enough)
            found.append((first, last))
            enough -= last - first
            if enough < spectra.frame_size(self._rate_hz):
                break
        return found

    def _read(self, first: int, last: int) -> Samples:
        self._bed.seek(first)
        read: Samples = self._bed.read(last - first, "float32", always_2d=True)
        return read


def _between(spans: Sequence[Span], frames: int, guard: int) -> list[Span]:
    """The pauses between stretches, less a guard on either side of each."""
    edges = [(0, 0), *((first - guard, last + guard) for first, last in spans), (frames, frames)]
    return [(before[1], after[0]) for before, after in pairwise(edges) if after[0] > before[1]]


def _nearest(pauses: Sequence[Span], middle: int, farthest: int) -> Iterator[Span]:
    def distance(pause: Span) -> int:
        return max(pause[0] - middle, middle - pause[1], 0)

    yield from (pause for pause in sorted(pauses, key=distance) if distance(pause) <= farthest)
