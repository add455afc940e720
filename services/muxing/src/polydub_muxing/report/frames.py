"""What tells whether a stretch of a finished file is the very one that was heard before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polydub.blocking import Tick, run_blocking
from polydub_muxing.hls.grid import FRAME
from polydub_muxing.outputs.splicing import frames_of, read_frames
from polydub_muxing.sound.windows import Digests, digest_of


@dataclass(frozen=True)
class Frames:
    """Digests of a file's AAC frames, of which the first one comes before the sound."""

    digests: Digests
    rate_hz: int

    def stretch(self, start_ms: float, end_ms: float) -> bytes:
        """What a stretch of the file's time is decoded from, and where in it it begins."""
        first, last = (round(ms * self.rate_hz / 1000) for ms in (start_ms, end_ms))
        made_of = self.digests[max(0, first // FRAME) : last // FRAME + 2]
        return (first % FRAME).to_bytes(2) + (last - first).to_bytes(8) + made_of.tobytes()


async def frames_in(path: Path, scratch: Path, *, timeout_s: float) -> Frames:
    """The digests of a file's frames.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    written = scratch / "digested.aac"
    await frames_of(path, written, timeout_s=timeout_s)
    try:
        return await frames_of_adts(written)
    finally:
        written.unlink(missing_ok=True)


async def frames_of_adts(adts: Path) -> Frames:
    """The digests of the frames of an ADTS file."""
    return await run_blocking(lambda tick: _digested(adts, tick))


def _digested(adts: Path, tick: Tick) -> Frames:
    found, rate_hz = [], 1
    for frame, config in read_frames(adts):
        tick(0.0)
        found.append(digest_of(frame))
        rate_hz = config.rate_hz
    return Frames(np.array(found, np.uint64), rate_hz)
