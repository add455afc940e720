"""What lies behind the dubbed speech, written once: bed or original, toned, ducked, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub.blocking import Tick
from polydub_muxing.sound import ducking, leftovers
from polydub_muxing.sound.ducking import Dip
from polydub_muxing.sound.holes import RoomTone, Span
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.options import SoundOptions

CROSSFADE_S = 0.02
"""How long a kept original takes to come in for the bed, and to go, inside its stretch."""
BLOCK_S = 1
VOICE_OVER_DB = 15.0
"""How far the original stands below the dub, which is as loud as its voice; the trim may add 3 dB.
Documentaries keep it 15 to 18 dB below: there to be believed, not to be followed."""
VOICE_OVER_ATTACK_S, VOICE_OVER_RELEASE_S = 0.3, 0.6
"""Slower than where traces are covered: the original is meant to be heard going and coming."""
LEAST_LEFT_DB = -18.0
"""Of the voice left whole: loud music that begins within a line is heard as less than that."""
_AROUND_S = 0.5
_LONGEST_LOOK_S = 30.0


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
class Backdrop:
    """What was written, and what was done to it."""

    path: Path
    ducked_lines: int = 0
    filled_holes: int = 0


def lay(
    heard: Sounds,
    split: Sounds,
    lines: Sequence[Stretch],
    options: SoundOptions,
    written: Path,
    tick: Tick,
) -> Backdrop:
    """Writes the backdrop as FLAC, as long as the bed; the bed itself, where nothing is to do.

    Args:
        heard: what is to be mixed in.
        split: original and bed as separation left them, to learn from; the same where nothing
            was done to them.
    """
    with ExitStack() as stack:
        bed = stack.enter_context(soundfile.SoundFile(heard.bed))
        rate_hz, size = bed.samplerate, BLOCK_S * bed.samplerate
        tone = None
        if options.voice_over:
            dips = _voice_over(lines, rate_hz)
        elif options.drop_background:
            dips = []
        else:
            dips = _over_traces(split, lines, rate_hz, tick)
            spans = [line.source for line in lines if line.dub]
            tone = RoomTone(stack.enter_context(soundfile.SoundFile(heard.bed)), spans)
        kept = [line.source for line in lines if line.dub is None]
        original = stack.enter_context(soundfile.SoundFile(heard.original))
        out = stack.enter_context(
            soundfile.SoundFile(written, "w", rate_hz, bed.channels, "PCM_24", format="FLAC")
        )
        first = 0
        for gain in ducking.gains(dips, bed.frames, size):
            plain = _read(original, len(gain))
            block = _chosen(plain, _read(bed, len(gain)), options)
            if tone:
                tone.add_to(block, first)
            block *= gain[:, None]
            share = _share(kept, first, len(block), round(CROSSFADE_S * rate_hz))
            out.write(block + share[:, None] * (plain - block))
            first += len(gain)
            tick(first / max(1, bed.frames))
    filled = tone.filled if tone else 0
    if filled or dips or kept or options.voice_over or options.drop_background:
        return Backdrop(written, len(dips), filled)
    written.unlink()
    return Backdrop(heard.bed)


def _chosen(original: Samples, bed: Samples, options: SoundOptions) -> Samples:
    if options.voice_over:
        return original - bed if options.drop_background else original.copy()
    return np.zeros_like(bed) if options.drop_background else bed


def _voice_over(lines: Sequence[Stretch], rate_hz: int) -> list[Dip]:
    attack, release = round(VOICE_OVER_ATTACK_S * rate_hz), round(VOICE_OVER_RELEASE_S * rate_hz)
    return [Dip(*line.dub, VOICE_OVER_DB, attack, release) for line in lines if line.dub]


def _over_traces(split: Sounds, lines: Sequence[Stretch], rate_hz: int, tick: Tick) -> list[Dip]:
    """A dip for each line whose voice is still heard in the bed, while the dub covers it."""
    dips = []
    attack, release = round(ducking.ATTACK_S * rate_hz), round(ducking.RELEASE_S * rate_hz)
    spoken = np.array([line.source for line in lines], np.int64).reshape(-1, 2)
    with soundfile.SoundFile(split.original) as original, soundfile.SoundFile(split.bed) as bed:
        found = _Split(original, bed, spoken)
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

    def dip(self, line: Span, dub: Span) -> tuple[Span, float]:
        """Where and how far the bed is turned down for what it holds of the line's voice."""
        traces_db, left_db = self._traces_db(line), self._leftovers_db(line)
        if left_db > 0:
            return line, max(traces_db, left_db)
        return (max(line[0], dub[0]), min(line[1], dub[1])), traces_db

    def _traces_db(self, line: Span) -> float:
        """Faint traces, which the dub covers."""
        _, original, bed = self._around(line, _AROUND_S)
        return ducking.traces(original, bed, self.bed.samplerate).depth_db

    def _leftovers_db(self, line: Span) -> float:
        """Words that are whole in the bed: where the dub does not cover them they are followed."""
        first, original, bed = self._around(line, leftovers.NEAR_S)
        at, others = (line[0] - first, line[1] - first), self._within(first, len(bed)) - first
        left_db = leftovers.left_db(original, bed, at, others, self.bed.samplerate)
        return ducking.covering_db(left_db) if left_db > LEAST_LEFT_DB else 0.0

    def _within(self, first: int, count: int) -> npt.NDArray[np.int64]:
        """The lines that sound in a window."""
        within = (self.spoken[:, 1] > first) & (self.spoken[:, 0] < first + count)
        return self.spoken[within]

    def _around(self, line: Span, around_s: float) -> tuple[int, Samples, Samples]:
        """The first sample read, and original and bed from there on."""
        around = round(around_s * self.bed.samplerate)
        first = max(0, line[0] - around)
        longest = round(_LONGEST_LOOK_S * self.bed.samplerate)
        count = min(line[1], line[0] + longest) + around - first
        for sound in (self.original, self.bed):
            sound.seek(min(first, sound.frames))
        return first, _read(self.original, count), _read(self.bed, count)


def _read(sound: soundfile.SoundFile, count: int) -> Samples:
    read: Samples = sound.read(count, "float32", always_2d=True, fill_value=0.0)
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
