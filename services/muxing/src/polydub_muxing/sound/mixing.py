"""The mix: bed and speech on one sample timeline, in blocks, never held whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from polydub.blocking import Tick
from polydub_muxing.sound.levels import MeteredLine
from polydub_muxing.sound.limiter import TruePeakLimiter
from polydub_muxing.sound.loudness import SLOTS_PER_S, Energies, Samples, SlotMeter, channel_weights

FADE_S = 0.005
CROSSFADE_S = 0.02
"""How long the original takes to come in for the bed, and to go, inside its stretch."""
BLOCK_S = 1


@dataclass(frozen=True)
class PreparedLine:
    """A line at the bed's rate, on disk as raw float32, mono."""

    id: str
    path: Path
    start: int
    """Sample of the timeline at which it begins."""
    samples: int

    @property
    def end(self) -> int:
        return self.start + self.samples

    def read(self, first: int, last: int) -> Samples:
        """Its samples ``[first, last)``."""
        return np.fromfile(self.path, np.float32, last - first, offset=first * 4)


@dataclass(frozen=True)
class MixPaths:
    """What a mix reads and writes."""

    bed: Path
    dub: Path
    """FLAC, rate and channels of the bed."""
    speech: Path
    """FLAC, mono, the bed's rate: the dubbed speech alone, as it was mixed in."""


@dataclass(frozen=True)
class KeptOriginal:
    """Where the original sound stays instead of the bed: ascending ``[first, last)`` in samples."""

    path: Path
    """FLAC, rate and channels of the bed."""
    stretches: Sequence[tuple[int, int]]


def front(channels: int) -> slice:
    """The channels that speech comes from: the centre, or left and right where there is none."""
    has_centre = channels == 3 or channels >= 5
    return slice(2, 3) if has_centre else slice(0, min(2, channels))


def prepare_line(
    spoken: Path, prepared: Path, *, name: str, start_ms: int, rate_hz: int
) -> PreparedLine:
    """Brings a spoken line to the bed's rate, softens its edges, and writes it down."""
    sound, own_rate_hz = soundfile.read(spoken, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    if own_rate_hz != rate_hz:
        mono = resample_poly(mono, rate_hz, own_rate_hz).astype(np.float32)
    faded = fade_edges(mono, rate_hz)
    faded.tofile(prepared)
    return PreparedLine(name, prepared, start_ms * rate_hz // 1000, len(faded))


def fade_edges(mono: Samples, rate_hz: int) -> Samples:
    """The sound with 5 ms ramps at both ends, so that its edges do not click."""
    length = min(round(FADE_S * rate_hz), len(mono) // 2)
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    faded = mono.astype(np.float32, copy=True)
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def meter_file(path: Path, tick: Tick) -> Energies:
    """The energies of a sound file's slots."""
    with soundfile.SoundFile(path) as sound:
        meter = SlotMeter(sound.samplerate, channel_weights(sound.channels))
        for block in _blocks(sound):
            meter.add(block)
            tick(sound.tell() / max(1, sound.frames))
    return meter.slots()


def meter_line(
    prepared: PreparedLine, *, speaker_id: str, source_ms: tuple[int, int], overlaps: bool,
    rate_hz: int, channels: int,
) -> MeteredLine:  # fmt: skip
    """Measures a prepared line on the slots of the timeline, from all channels it will sound in."""
    first_slot = prepared.start * SLOTS_PER_S // rate_hz
    lead = max(0, prepared.start - -(-first_slot * rate_hz // SLOTS_PER_S))
    copies = front(channels).stop - front(channels).start
    meter = SlotMeter(rate_hz, np.full(1, float(copies)))
    meter.add(np.pad(prepared.read(0, prepared.samples), (lead, 0))[:, None])
    return MeteredLine(
        id=prepared.id,
        speaker_id=speaker_id,
        source_start_ms=source_ms[0],
        source_end_ms=source_ms[1],
        overlaps=overlaps,
        first_slot=first_slot,
        slots=meter.slots(),
    )


def mix(
    paths: MixPaths,
    lines: Sequence[PreparedLine],
    gains: Mapping[str, float],
    *,
    ceiling_dbtp: float,
    tick: Tick,
    kept: KeptOriginal | None = None,
) -> None:
    """Writes the dub and the speech alone, each exactly as long as the bed.

    Levels are the gains' alone: nothing is divided by how many sounds meet.
    """
    with soundfile.SoundFile(paths.bed) as bed:
        rate_hz, channels = bed.samplerate, bed.channels
        limiter = TruePeakLimiter(rate_hz, channels, 10 ** (ceiling_dbtp / 20))
        voices = front(channels)
        with (
            soundfile.SoundFile(paths.dub, "w", rate_hz, channels, "PCM_24", format="FLAC") as dub,
            soundfile.SoundFile(paths.speech, "w", rate_hz, 1, "PCM_24", format="FLAC") as alone,
        ):
            speech = _speech_blocks(lines, gains, bed.frames, BLOCK_S * rate_hz)
            backdrop = _with_original(bed, kept) if kept else _blocks(bed)
            for block, said in zip(backdrop, speech, strict=True):
                block[:, voices] += said[:, None]
                alone.write(said)
                dub.write(limiter.feed(block))
                tick(bed.tell() / max(1, bed.frames))
            dub.write(limiter.flush())


def _blocks(sound: soundfile.SoundFile) -> Iterator[Samples]:
    yield from sound.blocks(BLOCK_S * sound.samplerate, dtype="float32", always_2d=True)


def _with_original(bed: soundfile.SoundFile, kept: KeptOriginal) -> Iterator[Samples]:
    """The bed, crossfaded into the original and back at each stretch; both fades lie inside it."""
    fade = round(CROSSFADE_S * bed.samplerate)
    first = 0
    with soundfile.SoundFile(kept.path) as original:
        for block in _blocks(bed):
            share = _share(kept.stretches, first, len(block), fade)
            if share.any():
                original.seek(min(first, original.frames))
                sound = original.read(len(block), "float32", always_2d=True, fill_value=0.0)
                block += share[:, None] * (sound - block)
            first += len(block)
            yield block


def _share(stretches: Sequence[tuple[int, int]], first: int, count: int, fade: int) -> Samples:
    """How much of each sample from ``first`` on is the original, 0 to 1."""
    share = np.zeros(count, np.float32)
    for begin, end in stretches:
        low, high = max(begin, first), min(end, first + count)
        if low < high:
            moments = np.arange(low, high)
            ramp = np.minimum(moments - begin, end - 1 - moments) / fade
            inside = share[low - first : high - first]
            np.maximum(inside, np.clip(ramp, 0, 1).astype(np.float32), out=inside)
    return share


def _speech_blocks(
    lines: Sequence[PreparedLine], gains: Mapping[str, float], frames: int, size: int
) -> Iterator[Samples]:
    """The sum of all lines, mono, block by block; only the lines that sound are read."""
    waiting = sorted(lines, key=lambda line: line.start, reverse=True)
    sounding: list[PreparedLine] = []
    for first in range(0, frames, size):
        last = min(first + size, frames)
        while waiting and waiting[-1].start < last:
            sounding.append(waiting.pop())
        block = np.zeros(last - first, np.float32)
        for line in sounding:
            begin, end = max(line.start, first), min(line.end, last)
            said = line.read(begin - line.start, end - line.start)
            block[begin - first : end - first] += said * gains[line.id]
        sounding = [line for line in sounding if line.end > last]
        yield block
