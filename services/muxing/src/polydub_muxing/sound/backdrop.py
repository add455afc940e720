"""What lies behind the dubbed speech: bed or original, toned, ducked, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub.blocking import Tick
from polydub_muxing.kept import Rows
from polydub_muxing.sound import ducking, leftovers
from polydub_muxing.sound.ducking import Dip
from polydub_muxing.sound.holes import RoomTone, Span
from polydub_muxing.sound.loudness import (
    SLOTS_PER_S,
    Energies,
    Samples,
    SlotMeter,
    channel_weights,
)
from polydub_muxing.sound.options import SoundOptions
from polydub_muxing.sound.windows import Along, Ingredient, made_of, recipes

CROSSFADE_S = 0.02
"""How long a kept original takes to come in for the bed, and to go, inside its stretch."""
VOICE_OVER_DB = 15.0
"""How far the original stands below the dub, which is as loud as its voice; the trim may add 3 dB.
Documentaries keep it 15 to 18 dB below: there to be believed, not to be followed."""
VOICE_OVER_ATTACK_S, VOICE_OVER_RELEASE_S = 0.3, 0.6
"""Slower than where traces are covered: the original is meant to be heard going and coming."""
LEAST_LEFT_DB = -18.0
"""Of the voice left whole: loud music that begins within a line is heard as less than that."""
_AROUND_S = 0.5
_LONGEST_LOOK_S = 30.0
_METERED_S, _METER_LEAD_S = 8, 1
"""What is metered at once, and how long the meter listens before, for its filters to settle."""


@dataclass(frozen=True)
class Sounds:
    """Original and bed: two sound files of one rate, one length and the same channels."""

    original: Path
    bed: Path


@dataclass(frozen=True)
class Stretch:
    """A line on the timeline, in samples."""

    source: Span
    dub: Span | None
    """Where it is spoken anew; None where the original stays."""


@dataclass(frozen=True)
class Layers:
    """What is done to the bed. A few numbers, however long the talk is."""

    dips: Sequence[Dip]
    kept: Sequence[Span]
    """Where the original stays."""
    toned: Sequence[Span]
    """Where voices were taken out and room tone may be missing."""


def layers(
    split: Sounds, lines: Sequence[Stretch], options: SoundOptions, rows: Rows, tick: Tick
) -> Layers:
    """What is to be done to the bed.

    Args:
        split: original and bed as separation left them, to learn from.
        rows: what is known of these two from earlier.
    """
    kept = [line.source for line in lines if line.dub is None]
    if options.voice_over:
        return Layers(_voice_over(lines, soundfile.info(split.bed).samplerate), kept, ())
    if options.drop_background:
        return Layers((), kept, ())
    toned = [line.source for line in lines if line.dub]
    return Layers(_over_traces(split, lines, rows, tick), kept, toned)


class Backdrop:
    """What lies behind the speech. Each stretch of it is the same however it is come by.

    Args:
        heard: what is to be mixed in.
        stack: closes the files.
    """

    def __init__(
        self, heard: Sounds, given: Layers, options: SoundOptions, stack: ExitStack
    ) -> None:
        def opened(path: Path) -> soundfile.SoundFile:
            return stack.enter_context(soundfile.SoundFile(path))

        self._original, self._bed = opened(heard.original), opened(heard.bed)
        self.rate_hz: int = self._bed.samplerate
        self.channels: int = self._bed.channels
        self.frames: int = self._bed.frames
        self._options = options
        self._layers = given
        self._dips = Along(given.dips, [dip.span for dip in given.dips])
        self._kept = Along(given.kept, given.kept)
        self._tone = RoomTone(opened(heard.bed), given.toned)

    @cached_property
    def ingredients(self) -> list[Ingredient]:
        """All but bed and original themselves."""
        dips, kept = self._layers.dips, self._layers.kept
        return [
            *(Ingredient(*dip.span, made_of("dip", list(astuple(dip)))) for dip in dips),
            *(Ingredient(*span, made_of("kept", list(span))) for span in kept),
            *self._tone.ingredients,
        ]

    def read(self, first: int, last: int) -> Samples:
        """The samples ``[first, last)``, of which all must be there; shape (n, channels)."""
        kept = self._kept.within(first, last)
        block = self._behind(first, last)
        self._tone.add_to(block, first)
        dips = self._dips.within(first, last)
        if dips:
            block *= ducking.gain(dips, first, last)[:, None]
        if not kept:
            return block
        share = _share(kept, first, len(block), round(CROSSFADE_S * self.rate_hz))
        plain = _read(self._original, first, last)
        laid: Samples = block + share[:, None] * (plain - block)
        return laid

    def _behind(self, first: int, last: int) -> Samples:
        over, dropped = self._options.voice_over, self._options.drop_background
        if over:
            original = _read(self._original, first, last)
            return original - _read(self._bed, first, last) if dropped else original
        if dropped:
            return np.zeros((last - first, self.channels), np.float32)
        return _read(self._bed, first, last)


def meter(backdrop: Backdrop, rows: Rows, tick: Tick) -> Energies:
    """The energies of the backdrop's slots.

    Args:
        rows: what is known from earlier.
    """
    size, lead = _METERED_S * backdrop.rate_hz, _METER_LEAD_S * backdrop.rate_hz
    made = recipes(backdrop.ingredients, backdrop.frames, size=size, reach=lead)
    found = []
    for number, recipe in enumerate(made.tolist()):
        first = number * size
        last = min(first + size, backdrop.frames)
        found.append(
            rows.found_or_made(
                made_of("energies", number, recipe),
                partial(_metered, backdrop, first, last, min(lead, first)),
            )
        )
        tick(last / backdrop.frames)
    return np.concatenate([np.zeros(0), *found])


def _metered(backdrop: Backdrop, first: int, last: int, lead: int) -> Energies:
    meter = SlotMeter(backdrop.rate_hz, channel_weights(backdrop.channels))
    for begin in range(first - lead, last, backdrop.rate_hz):
        meter.add(backdrop.read(begin, min(begin + backdrop.rate_hz, last)))
    return meter.slots()[lead * SLOTS_PER_S // backdrop.rate_hz :]


def _voice_over(lines: Sequence[Stretch], rate_hz: int) -> list[Dip]:
    attack, release = round(VOICE_OVER_ATTACK_S * rate_hz), round(VOICE_OVER_RELEASE_S * rate_hz)
    return [Dip(*line.dub, VOICE_OVER_DB, attack, release) for line in lines if line.dub]


def _over_traces(split: Sounds, lines: Sequence[Stretch], rows: Rows, tick: Tick) -> list[Dip]:
    """A dip for each line whose voice is still heard in the bed, while the dub covers it."""
    dips = []
    spoken = np.array([line.source for line in lines], np.int64).reshape(-1, 2)
    with soundfile.SoundFile(split.original) as original, soundfile.SoundFile(split.bed) as bed:
        found = _Split(original, bed, spoken, rows)
        attack, release = (
            round(seconds * bed.samplerate) for seconds in (ducking.ATTACK_S, ducking.RELEASE_S)
        )
        for line in lines:
            tick(0.0)
            if line.dub is None:
                continue
            (start, end), depth_db = found.dip(line.source, line.dub)
            if start < end and depth_db > 0:
                dips.append(Dip(start, end, depth_db, attack, release))
    return dips


@dataclass(frozen=True)
class _Split:
    """What separation made of a track, open for reading, and where all lines are in it."""

    original: soundfile.SoundFile
    bed: soundfile.SoundFile
    spoken: npt.NDArray[np.int64]
    rows: Rows

    def dip(self, line: Span, dub: Span) -> tuple[Span, float]:
        """Where and how far the bed is turned down for what it holds of the line's voice."""
        near = self._within(*self._span(line, leftovers.NEAR_S))
        traces_db, left_db = self.rows.found_or_made(
            made_of("traces", list(line), near.tolist()),
            lambda: (self._traces_db(line), self._leftovers_db(line, near)),
        ).tolist()
        if left_db > 0:
            return line, max(traces_db, left_db)
        return (max(line[0], dub[0]), min(line[1], dub[1])), traces_db

    def _traces_db(self, line: Span) -> float:
        """Faint traces, which the dub covers."""
        original, bed = self._read(*self._span(line, _AROUND_S))
        return ducking.traces(original, bed, self.bed.samplerate).depth_db

    def _leftovers_db(self, line: Span, near: npt.NDArray[np.int64]) -> float:
        """Words that are whole in the bed: where the dub does not cover them they are followed."""
        first, last = self._span(line, leftovers.NEAR_S)
        original, bed = self._read(first, last)
        at = (line[0] - first, line[1] - first)
        left_db = leftovers.left_db(original, bed, at, near - first, self.bed.samplerate)
        return ducking.covering_db(left_db) if left_db > LEAST_LEFT_DB else 0.0

    def _within(self, first: int, last: int) -> npt.NDArray[np.int64]:
        """The lines that sound in a stretch."""
        return self.spoken[(self.spoken[:, 1] > first) & (self.spoken[:, 0] < last)]

    def _span(self, line: Span, around_s: float) -> Span:
        """What is looked at around a line."""
        around, longest = (
            round(seconds * self.bed.samplerate) for seconds in (around_s, _LONGEST_LOOK_S)
        )
        return max(0, line[0] - around), min(line[1], line[0] + longest) + around

    def _read(self, first: int, last: int) -> tuple[Samples, Samples]:
        """Original and bed."""
        return _read(self.original, first, last), _read(self.bed, first, last)


def _read(sound: soundfile.SoundFile, first: int, last: int) -> Samples:
    """The samples ``[first, last)``; silence behind the end."""
    if sound.tell() != min(first, sound.frames):  # in order is several times as fast
        sound.seek(min(first, sound.frames))
    read: Samples = sound.read(last - first, "float32", always_2d=True, fill_value=0.0)
    return read


def _share(stretches: Sequence[Span], first: int, count: int, fade: int) -> Samples:
    """How much of each sample from ``first`` on is the original, 0 to 1; fades lie inside."""
    share = np.zeros(count, np.float32)
    for begin, end in stretches:
        low, high = max(begin, first), min(end, first + count)
        if low < high:
            moments = np.arange(low, high)
            ramp = np.minimum(moments - begin, end - 1 - moments) / fade
            inside = share[low - first : high - first]
            np.maximum(inside, np.clip(ramp, 0, 1).astype(np.float32), out=inside)
    return share
