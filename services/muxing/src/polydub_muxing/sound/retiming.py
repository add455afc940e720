"""Sound and picture in a slowed time: the sound's pitch is kept, each frame gets its new moment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import soundfile

from polydub.blocking import Tick, run_blocking
from polydub_muxing.fit.slowing import Stretch, TimeMap
from polydub_muxing.outputs.files import CLOCK_HZ, EVEN
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.stretch import stretch

LEAD_MS = 200
"""How much sound the stretcher gets on either side of a stretch, so that it runs evenly in it."""
CROSSFADE_MS = 20
"""How long it takes from the sound as it is to the slowed one, and back, inside a stretch."""


async def slow_sound(
    sound: Path, slowed: Path, time_map: TimeMap, scratch: Path, *, fine: bool = True
) -> None:
    """Writes a sound file in the slowed time as FLAC, to the sample.

    Only what is slowed goes through the stretcher; the rest is copied.

    Args:
        fine: see :func:`stretch`.

    Raises:
        StageError: ``engine_timeout`` or ``engine_failed``.
    """
    stretches = time_map.slowed()
    pieces = [scratch / f"{slowed.stem}-{number}.wav" for number in range(len(stretches))]
    try:
        for piece, each in zip(pieces, stretches, strict=True):
            cut = piece.with_suffix(".cut.wav")
            await run_blocking(lambda _, cut=cut, each=each: _cut(sound, cut, each))  # type: ignore[misc]
            await stretch(cut, piece, tempo=1 / each.factor, fine=fine)
            cut.unlink()
        await run_blocking(lambda tick: _join(sound, slowed, stretches, pieces, tick))
    finally:
        for piece in pieces:
            with suppress(FileNotFoundError):
                piece.unlink()


def picture_filter(time_map: TimeMap, offset_s: float) -> str:
    """The ffmpeg filters that give each frame its moment in the slowed time, for libx264.

    Args:
        offset_s: where the map's zero lies after the container's start.
    """
    offset_ms = f"{offset_s * 1000:.6f}"
    moment = _expression(_slopes(time_map))
    return (
        f"settb=1/{CLOCK_HZ},"
        f"setpts='st(0,T*1000-{offset_ms});round(({offset_ms}+{moment})/1000/TB)',"
        f"{EVEN}"
    )


def _slopes(time_map: TimeMap) -> list[tuple[int, int, float]]:
    """Where a slope begins, in both times, and the slope."""
    slopes = [(0, 0, 1.0)]
    for each in time_map.slowed():
        slopes.append((each.start_ms, each.slowed_start_ms, each.factor))
        slopes.append((each.end_ms, each.slowed_end_ms, 1.0))
    return slopes


def _expression(slopes: Sequence[tuple[int, int, float]]) -> str:
    """A decision tree, which ffmpeg walks in a few steps however many stretches there are."""
    if len(slopes) == 1:
        start_ms, slowed_ms, slope = slopes[0]
        return f"({slowed_ms}+(ld(0)-{start_ms})*{slope:.9f})"
    middle = len(slopes) // 2
    before, behind = _expression(slopes[:middle]), _expression(slopes[middle:])
    return f"if(lt(ld(0),{slopes[middle][0]}),{before},{behind})"


def _cut(sound: Path, cut: Path, each: Stretch) -> None:
    """Writes a stretch with some sound on either side."""
    with soundfile.SoundFile(sound) as source:
        first, last = _with_lead(each, source.samplerate, source.frames)
        source.seek(first)
        heard = source.read(last - first, "float32", always_2d=True)
        soundfile.write(cut, heard, source.samplerate, subtype="FLOAT")


def _join(
    sound: Path, slowed: Path, stretches: Sequence[Stretch], pieces: Sequence[Path], tick: Tick
) -> None:
    with soundfile.SoundFile(sound) as source:
        rate_hz, channels = source.samplerate, source.channels
        with soundfile.SoundFile(slowed, "w", rate_hz, channels, "PCM_24", format="FLAC") as out:
            for each, piece in zip(stretches, pieces, strict=True):
                _copy(source, out, _samples(each.start_ms, rate_hz), tick)
                out.write(_slowed(source, each, piece))
                tick(source.tell() / max(1, source.frames))
            _copy(source, out, source.frames, tick)


def _copy(source: soundfile.SoundFile, out: soundfile.SoundFile, until: int, tick: Tick) -> None:
    while (left := min(until, source.frames) - source.tell()) > 0:
        out.write(source.read(min(left, source.samplerate), "float32", always_2d=True))
        tick(source.tell() / max(1, source.frames))


def _slowed(source: soundfile.SoundFile, each: Stretch, piece: Path) -> Samples:
    """The stretch in its new length; leaves ``source`` at the stretch's end."""
    rate_hz = source.samplerate
    first, last = _samples(each.start_ms, rate_hz), _samples(each.end_ms, rate_hz)
    length = _samples(each.slowed_end_ms, rate_hz) - _samples(each.slowed_start_ms, rate_hz)
    lead = first - _with_lead(each, rate_hz, source.frames)[0]
    plain = source.read(last - first, "float32", always_2d=True, fill_value=0.0)
    slow, _ = soundfile.read(piece, dtype="float32", always_2d=True)
    slow = slow[round(lead * each.factor) :][:length]
    slow = np.pad(slow, ((0, length - len(slow)), (0, 0)))
    fade = min(CROSSFADE_MS * rate_hz // 1000, len(plain) // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)[:, None]
    slow[:fade] += (1 - ramp) * (plain[:fade] - slow[:fade])
    slow[length - fade :] += ramp * (plain[len(plain) - fade :] - slow[length - fade :])
    joined: Samples = slow
    return joined


def _with_lead(each: Stretch, rate_hz: int, frames: int) -> tuple[int, int]:
    first = _samples(each.start_ms - LEAD_MS, rate_hz)
    last = _samples(each.end_ms + LEAD_MS, rate_hz)
    return max(0, first), min(last, frames)


def _samples(moment_ms: int, rate_hz: int) -> int:
    return moment_ms * rate_hz // 1000
