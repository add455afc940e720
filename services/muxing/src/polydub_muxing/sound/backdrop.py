"""What lies behind the dubbed speech, written once: bed or original, toned, ducked, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from polydub.blocking import Tick
from polydub_muxing.sound import ducking
from polydub_muxing.sound.ducking import Dip, Traces
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
    with soundfile.SoundFile(split.original) as original, soundfile.SoundFile(split.bed) as bed:
        for line in lines:
            tick(0.0)
            if line.dub is None:
                continue
            start, end = max(line.source[0], line.dub[0]), min(line.source[1], line.dub[1])
            if start >= end:
                continue
            depth_db = _traces(original, bed, line.source).depth_db
            if depth_db > 0:
                dips.append(Dip(start, end, depth_db, attack, release))
    return dips


def _traces(original: soundfile.SoundFile, bed: soundfile.SoundFile, span: Span) -> Traces:
    around = round(_AROUND_S * bed.samplerate)
    first = max(0, span[0] - around)
    count = min(span[1] + around - first, round(_LONGEST_LOOK_S * bed.samplerate))
    for sound in (original, bed):
        sound.seek(min(first, sound.frames))
    return ducking.traces(_read(original, count), _read(bed, count), bed.samplerate)


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
