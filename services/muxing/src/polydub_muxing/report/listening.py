"""What is heard in the finished file and in the source: decoded anew, measured the same way.

Nothing here knows how the dub was made. Lines' placements serve only to tell which of the
onsets that are heard belongs to which line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from polydub import media
from polydub.blocking import Tick, run_blocking
from polydub.errors import StageError
from polydub_muxing.report import stereo
from polydub_muxing.report.measure import Span
from polydub_muxing.report.stereo import Levels
from polydub_muxing.report.vad import (
    FRAME_SAMPLES,
    RATE_HZ,
    Speech,
    SpeechDetector,
    speech,
)
from polydub_muxing.sound.loudness import Samples

NOT_MEASURED = -1.0
PAUSE_MS = 300
"""An onset is heard as one only after a pause of this; lines without it are not counted."""
_BLOCK_FRAMES = 256
_TAIL_PARTS = 10
_FEWEST_OF_DRIFT = 7


@dataclass(frozen=True)
class Track:
    """One decoded sound: its speech, and the energy of its middle and sides per 32 ms frame."""

    speech: Sequence[Speech]
    mid: Levels
    side: Levels


@dataclass(frozen=True)
class Heard:
    """What was found; ``NOT_MEASURED`` where there is nothing to measure it on."""

    onset_offsets_ms: Sequence[float]
    """Signed, of the lines that begin after a pause, in the order of the source; positive: late."""
    speech_overlap: float
    bed_stereo_width: float
    sides_under_lines: float = NOT_MEASURED

    @property
    def drift_lines(self) -> int:
        """How many lines each of the drifts tells of; 0: there are too few to tell."""
        count = len(self.onset_offsets_ms)
        each = max(_FEWEST_OF_DRIFT, count // _TAIL_PARTS)
        return each if count >= 3 * each else 0

    @property
    def drift_ms(self) -> tuple[float, float, float]:
        """Median signed offset of the first, the middle and the last tenth of the lines.

        A single onset is heard some 30 ms off, by chance and by how a voice begins; a median of
        several is not. 0 where there are too few lines.
        """
        if not (each := self.drift_lines):
            return 0.0, 0.0, 0.0
        offsets = self.onset_offsets_ms
        middle = (len(offsets) - each) // 2
        parts = (offsets[:each], offsets[middle : middle + each], offsets[-each:])
        first, second, third = (float(np.median(part)) for part in parts)
        return first, second, third


NOTHING_HEARD = Heard((), NOT_MEASURED, NOT_MEASURED)


@dataclass(frozen=True)
class Sounding:
    """What is measured of each 32 ms frame of a decoded sound; all of shape (frames,)."""

    voice: Levels
    """How likely someone speaks."""
    mid: Levels
    side: Levels

    @property
    def track(self) -> Track:
        return Track(speech(self.voice), self.mid, self.side)


async def listen(path: Path, scratch: Path, model: Path, *, timeout_s: float) -> Track:
    """What is to be heard in a file's first audio track, timed from the file's start.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    return (await sounding(path, scratch, model, timeout_s=timeout_s)).track


async def sounding(
    path: Path, scratch: Path, model: Path, *, timeout_s: float, stretch: Sequence[str] = ()
) -> Sounding:
    """What is measured of a file's first audio track, timed from the file's start.

    Args:
        stretch: arguments of ffmpeg that tell which part of it.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    await decode_as_played(path, scratch, channels=2, timeout_s=timeout_s, stretch=stretch)
    try:
        async with asyncio.timeout(timeout_s):
            return await run_blocking(lambda tick: _listen(scratch, SpeechDetector(model), tick))
    except TimeoutError as error:
        raise StageError("engine_timeout", "Listening to the dub took too long.") from error
    finally:
        scratch.unlink(missing_ok=True)


async def decode_as_played(
    path: Path, decoded: Path, *, channels: int, timeout_s: float, stretch: Sequence[str] = ()
) -> None:
    """Writes a file's first audio track at 16 kHz as a player would time it: from the file's start.

    Args:
        decoded: its ending says what is written, ``.flac`` or ``.wav``.
        stretch: arguments of ffmpeg that tell which part of it.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    await media.run_ffmpeg(
        [
            *stretch, *media.input_file(path), "-map", "0:a:0",
            "-af", "aresample=async=1:first_pts=0", "-ac", str(channels), "-ar", str(RATE_HZ),
            f"file:{decoded}",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip


def _listen(stereo: Path, detector: SpeechDetector, tick: Tick) -> Sounding:
    found: list[tuple[Levels, Levels, Levels]] = []
    with soundfile.SoundFile(stereo) as sound:
        for block in sound.blocks(_BLOCK_FRAMES * FRAME_SAMPLES, dtype="float32", always_2d=True):
            whole = np.pad(block, ((0, -len(block) % FRAME_SAMPLES), (0, 0)))
            left, right = whole[:, 0], whole[:, 1]
            mid, side = (left + right) / 2, (left - right) / 2
            found.append((detector.feed(mid), _energies(mid), _energies(side)))
            tick(sound.tell() / max(1, sound.frames))
    probabilities, mids, sides = (
        np.concatenate(parts) if parts else np.zeros(0, np.float32)
        for parts in (zip(*found, strict=True) if found else ((), (), ()))
    )
    return Sounding(probabilities, mids, sides)


def _energies(mono: Samples) -> Levels:
    energies: Levels = np.square(mono.reshape(-1, FRAME_SAMPLES)).mean(axis=1)
    return energies


def compare(
    source: Track,
    dub: Track,
    spans: Sequence[Span],
    *,
    offset_ms: float,
    leaves_background: bool = True,
) -> Heard:
    """Sets the dub against the source: pure.

    Args:
        spans: the lines that are spoken anew.
        offset_ms: how much later than the file the dub's timeline begins.
        leaves_background: whether what lies under the lines is meant to be the source's.
    """
    heard = [Speech(s.start_ms - offset_ms, s.end_ms - offset_ms) for s in dub.speech]
    return Heard(
        onset_offsets_ms=onset_offsets_ms(source.speech, heard, spans),
        speech_overlap=overlap(source.speech, heard),
        bed_stereo_width=_figure(stereo.width(source, dub, spans, offset_ms)),
        sides_under_lines=_figure(
            stereo.sides_under_lines(source, dub, spans, offset_ms) if leaves_background else None
        ),
    )


def _figure(found: float | None) -> float:
    return NOT_MEASURED if found is None else found


def onset_offsets_ms(
    source: Sequence[Speech], dub: Sequence[Speech], spans: Sequence[Span]
) -> list[float]:
    """How late each line's onset is heard, of the lines whose onset is heard in both."""
    in_source = _onsets_ms(source, [(s.source_start_ms, s.source_end_ms) for s in spans])
    in_dub = _onsets_ms(dub, [(s.start_ms, s.end_ms) for s in spans])
    by_source = sorted(range(len(spans)), key=lambda index: spans[index].source_start_ms)
    return [
        heard - said
        for said, heard in ((in_source[index], in_dub[index]) for index in by_source)
        if said is not None and heard is not None
    ]


def _onsets_ms(heard: Sequence[Speech], lines: Sequence[tuple[int, int]]) -> list[float | None]:
    """The onset nearest to each line's start, between the line before and its own end."""
    starts = np.array([speech.start_ms for speech in heard])
    found: list[float | None] = [None] * len(lines)
    silent_from_ms = -PAUSE_MS
    for index in sorted(range(len(lines)), key=lambda index: lines[index][0]):
        start_ms, end_ms = lines[index]
        if start_ms - silent_from_ms >= PAUSE_MS:
            near = starts[(starts > silent_from_ms) & (starts < end_ms)]
            if len(near):
                found[index] = float(near[np.argmin(np.abs(near - start_ms))])
        silent_from_ms = max(silent_from_ms, end_ms)
    return found


def overlap(source: Sequence[Speech], dub: Sequence[Speech]) -> float:
    """The share of the source's speech time in which the dub speaks, 0 to 1."""
    total_ms = sum(said.end_ms - said.start_ms for said in source)
    if total_ms <= 0:
        return NOT_MEASURED
    shared_ms, first = 0.0, 0
    for said in source:
        while first < len(dub) and dub[first].end_ms <= said.start_ms:
            first += 1
        for other in dub[first:]:
            if other.start_ms >= said.end_ms:
                break
            shared_ms += min(said.end_ms, other.end_ms) - max(said.start_ms, other.start_ms)
    return shared_ms / total_ms
