"""What the report of one language rests on: source and finished file, heard side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from polydub_muxing.kept import NOTHING_KEPT, Kept
from polydub_muxing.report import listening, vad
from polydub_muxing.report.frames import Frames, frames_in
from polydub_muxing.report.listening import NOTHING_HEARD, Heard
from polydub_muxing.report.loudness_curve import Metered, Point
from polydub_muxing.report.measure import Lengths, Span
from polydub_muxing.report.of_dub import OfDub
from polydub_muxing.report.of_source import source_loudness, source_track

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Evidence:
    """Found by decoding both sounds anew."""

    heard: Heard
    source: Metered
    dub: Metered
    frames: Frames
    """Of the finished file."""


async def gather(
    original: Path,
    dub: Path,
    spoken: Sequence[Span],
    *,
    lengths: Lengths,
    offset_s: float,
    leaves_background: bool = True,
    scratch: Path,
    timeout_s: float,
    of_source: Kept = NOTHING_KEPT,
    of_language: Kept = NOTHING_KEPT,
) -> Evidence:
    """Listens to the source and to the finished file.

    Args:
        original: the source's audio track, from its first sample.
        spoken: the lines that are spoken anew.
        lengths: the finished file's.
        offset_s: how much later than the file the timeline begins.
        leaves_background: whether what lies under the lines is meant to be the source's.
        of_source: what is known of the original from earlier.
        of_language: what is known of the revision before.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    frames = await frames_in(dub, scratch, timeout_s=timeout_s)
    finished = OfDub(of_language, dub, frames, scratch, timeout_s)
    model = vad.find_model()
    heard = NOTHING_HEARD
    if model is None:
        log.warning("no voice detector: install the wheel silero-vad; onsets are not heard")
    else:
        source = await source_track(
            of_source, original, scratch / "heard.flac", model, timeout_s=timeout_s
        )
        heard = listening.compare(
            source,
            await finished.track(model),
            spoken,
            offset_ms=offset_s * 1000,
            leaves_background=leaves_background,
        )
    loudness = await source_loudness(
        of_source, original, scratch, duration_s=lengths.file_s, timeout_s=timeout_s
    )
    of_dub = await finished.loudness(lengths.file_s)
    # Lines stand in the track's time; the finished file may begin earlier.
    curve = [Point(point.at_s - offset_s, point.lufs) for point in of_dub.curve]
    return Evidence(heard, loudness, replace(of_dub, curve=curve), frames)
