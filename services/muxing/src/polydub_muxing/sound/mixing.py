"""The mix: backdrop and speech on one sample timeline, in blocks, never held whole."""

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
from polydub_muxing.sound.windows import Digests, WindowDigests

FADE_S = 0.005
BLOCK_S = 1
LONGEST_LEAD_S = 0.1
"""What is quieter than speech before a line's onset is no longer than this where lines come
trimmed; a longer one may be a word that is said softly."""
_LEAD_DB = -30.0
_LEAD_FRAME_S = 0.005


@dataclass(frozen=True)
class PreparedLine:
    """A line at the bed's rate, on disk as raw float32, mono."""

    id: str
    path: Path
    start: int
    """Sample of the timeline at which it begins."""
    samples: int
    tail: int = 0
    """How many of the samples only ring on behind what is spoken."""

    @property
    def spoken(self) -> int:
        return self.samples - self.tail

    @property
    def end(self) -> int:
        return self.start + self.samples

    def read(self, first: int, last: int) -> Samples:
        """Its samples ``[first, last)``."""
        return np.fromfile(self.path, np.float32, last - first, offset=first * 4)


@dataclass(frozen=True)
class MixPaths:
    """What a mix reads and writes."""

    backdrop: Path
    dub: Path
    """FLAC, rate and channels of the backdrop."""
    speech: Path
    """FLAC, mono, the backdrop's rate: the dubbed speech alone, as it was mixed in."""


def front(channels: int) -> slice:
    """The channels that speech comes from: the centre, or left and right where there is none."""
    has_centre = channels == 3 or channels >= 5
    return slice(2, 3) if has_centre else slice(0, min(2, channels))


def prepare_line(
    spoken: Path, prepared: Path, *, name: str, start_ms: int, rate_hz: int
) -> PreparedLine:
    """Brings a spoken line to the bed's rate, softens its edges, and writes it down.

    Its onset, where the voice itself begins, stands at ``start_ms``: breath and a weak consonant
    sound before it.
    """
    sound, own_rate_hz = soundfile.read(spoken, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    if own_rate_hz != rate_hz:
        mono = resample_poly(mono, rate_hz, own_rate_hz).astype(np.float32)
    faded = fade_edges(mono, rate_hz)
    faded.tofile(prepared)
    start = max(0, start_ms * rate_hz // 1000 - lead_of(mono, rate_hz))
    return PreparedLine(name, prepared, start, len(faded))


def lead_of(mono: Samples, rate_hz: int) -> int:
    """Samples before the onset: the first 5 ms within 30 dB of the loudest, as in the report."""
    frame = max(1, round(_LEAD_FRAME_S * rate_hz))
    power = np.square(mono[: len(mono) // frame * frame]).reshape(-1, frame).mean(axis=1)
    if not power.size:
        return 0
    lead = int(np.argmax(power >= power.max() * 10 ** (_LEAD_DB / 10))) * frame
    return lead if lead <= LONGEST_LEAD_S * rate_hz else 0


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
) -> Digests:
    """Writes the dub and the speech alone, each exactly as long as the backdrop.

    Levels are the gains' alone: nothing is divided by how many sounds meet.

    Returns:
        Digests of the dub's windows, by which it is told where two mixes are the same.
    """
    windows = WindowDigests()
    with soundfile.SoundFile(paths.backdrop) as backdrop:
        rate_hz, channels = backdrop.samplerate, backdrop.channels
        limiter = TruePeakLimiter(rate_hz, channels, 10 ** (ceiling_dbtp / 20))
        voices = front(channels)
        with (
            soundfile.SoundFile(paths.dub, "w", rate_hz, channels, "PCM_24", format="FLAC") as dub,
            soundfile.SoundFile(paths.speech, "w", rate_hz, 1, "PCM_24", format="FLAC") as alone,
        ):
            speech = _speech_blocks(lines, gains, backdrop.frames, BLOCK_S * rate_hz)
            for block, said in zip(_blocks(backdrop), speech, strict=True):
                block[:, voices] += said[:, None]
                alone.write(said)
                dub.write(windows.seen(limiter.feed(block)))
                tick(backdrop.tell() / max(1, backdrop.frames))
            dub.write(windows.seen(limiter.flush()))
    return windows.digests()


def _blocks(sound: soundfile.SoundFile) -> Iterator[Samples]:
    yield from sound.blocks(BLOCK_S * sound.samplerate, dtype="float32", always_2d=True)


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
