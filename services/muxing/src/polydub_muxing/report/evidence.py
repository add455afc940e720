"""What the report of one language rests on: source and finished file, heard side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from polydub_muxing.report import listening, vad
from polydub_muxing.report.listening import NOTHING_HEARD, Heard
from polydub_muxing.report.loudness_curve import Metered, Point, metered
from polydub_muxing.report.measure import Lengths, Span

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Evidence:
    """Found by decoding both sounds anew."""

    heard: Heard
    source: Metered
    dub: Metered


async def gather(
    original: Path,
    dub: Path,
    spoken: Sequence[Span],
    *,
    lengths: Lengths,
    offset_s: float,
    scratch: Path,
    timeout_s: float,
) -> Evidence:
    """Listens to the source and to the finished file.

    Args:
        original: the source's audio track, from its first sample.
        spoken: the lines that are spoken anew.
        lengths: the finished file's.
        offset_s: how much later than the file the timeline begins.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    model = vad.find_model()
    heard = NOTHING_HEARD
    if model is None:
        log.warning("no voice detector: install the wheel silero-vad; onsets are not heard")
    else:
        heard = await listening.hear(
            original, dub, spoken, model=model, offset_ms=offset_s * 1000, scratch=scratch,
            timeout_s=timeout_s,
        )  # fmt: skip
    of_source, of_dub = [
        await metered(path, scratch, duration_s=lengths.file_s, timeout_s=timeout_s)
        for path in (original, dub)
    ]
    # Lines stand in the track's time; the finished file may begin earlier.
    curve = [Point(point.at_s - offset_s, point.lufs) for point in of_dub.curve]
    return Evidence(heard, of_source, replace(of_dub, curve=curve))
