"""What the report says of the source: measured once for all languages and revisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from polydub_muxing.kept import Arrays, Kept
from polydub_muxing.report.listening import Track, listen
from polydub_muxing.report.loudness_curve import Metered, Point, metered
from polydub_muxing.report.measure import Loudness
from polydub_muxing.report.vad import Speech


async def source_track(
    kept: Kept, original: Path, scratch: Path, model: Path, *, timeout_s: float
) -> Track:
    """What is to be heard in the source's sound.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """

    async def make() -> Arrays:
        track = await listen(original, scratch, model, timeout_s=timeout_s)
        spoken = [(stretch.start_ms, stretch.end_ms) for stretch in track.speech]
        return {
            "speech_ms": np.array(spoken, np.float64).reshape(-1, 2),
            "mid": track.mid,
            "side": track.side,
        }

    # Another network hears something else; its file's size tells one from another.
    found = await kept.found_or_made(f"track-{model.stat().st_size}.npz", make)
    return Track(
        speech=[Speech(start_ms, end_ms) for start_ms, end_ms in found["speech_ms"].tolist()],
        mid=found["mid"],
        side=found["side"],
    )


async def source_loudness(
    kept: Kept, original: Path, scratch: Path, *, duration_s: float, timeout_s: float
) -> Metered:
    """The source's loudness, of the whole and over time.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """

    async def make() -> Arrays:
        found = await metered(original, scratch, duration_s=duration_s, timeout_s=timeout_s)
        curve = [(point.at_s, point.lufs) for point in found.curve]
        return {
            "whole": np.array([found.whole.integrated_lufs, found.whole.true_peak_dbtp]),
            "curve": np.array(curve, np.float64).reshape(-1, 2),
        }

    found = await kept.found_or_made(f"loudness-{round(duration_s)}.npz", make)
    integrated_lufs, true_peak_dbtp = found["whole"].tolist()
    curve = [Point(at_s, lufs) for at_s, lufs in found["curve"].tolist()]
    return Metered(Loudness(integrated_lufs, true_peak_dbtp), curve)
