"""What is measured of a finished file: where its packets are the earlier revision's, it stays.

AAC is decoded frame by frame, so what was measured of a stretch still holds where the frames that
it is decoded from are the same ones; digests tell. Everything else is decoded anew, with enough
before it for filters and networks to have forgotten what they did not hear.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polydub_muxing.hls.grid import FRAME
from polydub_muxing.kept import Arrays, Kept
from polydub_muxing.report.frames import Frames
from polydub_muxing.report.listening import Sounding, Track, sounding
from polydub_muxing.report.loudness_curve import STEP_S, Metered, MeterLog, Values, meter
from polydub_muxing.report.measure import Loudness
from polydub_muxing.report.vad import FRAME_MS
from polydub_muxing.sound.loudness import SLOTS_PER_BLOCK, energy_of, gated_energy, lufs

LEAD_S = 8
"""Decoded before a changed stretch; a whole number of the meter's steps and of 32 ms frames."""
_GRID_S = 4
_BEHIND_S = 4
"""How far behind a change measures may differ: the meter's window has three seconds."""
_LARGEST_SHARE = 0.5
_METER, _VOICES = "meter.npz", "voices"


@dataclass(frozen=True)
class Again:
    """A stretch of the file, in seconds: measures from ``first`` to ``last`` are made anew."""

    first: int
    last: int

    @property
    def begin(self) -> int:
        return max(0, self.first - LEAD_S)

    @property
    def arguments(self) -> list[str]:
        return ["-ss", str(self.begin), "-t", str(self.last - self.begin)]


@dataclass(frozen=True)
class OfDub:
    """The measures of one finished file."""

    kept: Kept
    path: Path
    frames: Frames
    scratch: Path
    timeout_s: float

    async def loudness(self, duration_s: float) -> Metered:
        """How loud it is.

        Raises:
            StageError: ``engine_failed`` or ``engine_timeout``.
        """
        before = await self.kept.find(_METER)
        log = await self._metered_again(before) if before else None
        if log is None:
            log = await meter(self.path, self.scratch, timeout_s=self.timeout_s)
        await self._keep(
            _METER,
            {
                "at_s": log.at_s, "momentary": log.momentary, "short": log.short,
                "peak": log.peak, "peak_dbtp": np.array(log.whole.true_peak_dbtp),
            },
        )  # fmt: skip
        return log.metered(duration_s)

    async def track(self, model: Path) -> Track:
        """Where someone speaks in it, and how loud its middle and sides are.

        Raises:
            StageError: ``engine_failed`` or ``engine_timeout``.
        """
        name = f"{_VOICES}-{model.stat().st_size}.npz"
        before = await self.kept.find(name)
        stretches = self._changed(before)
        if before is None or stretches is None:
            found = await self._heard(model)
        else:
            found = Sounding(before["voice"], before["mid"], before["side"])
            for stretch in stretches:
                new = await self._heard(model, stretch)
                at = stretch.begin * 1000 // FRAME_MS
                begin, end = (stretch.first * 1000 // FRAME_MS, stretch.last * 1000 // FRAME_MS)
                for old, made in (
                    (found.voice, new.voice), (found.mid, new.mid), (found.side, new.side),
                ):  # fmt: skip
                    fresh = made[begin - at : end - at]
                    old[begin : begin + len(fresh)] = fresh[: len(old) - begin]
        await self._keep(name, {"voice": found.voice, "mid": found.mid, "side": found.side})
        return found.track

    async def _heard(self, model: Path, stretch: Again | None = None) -> Sounding:
        return await sounding(
            self.path, self.scratch / "heard.flac", model, timeout_s=self.timeout_s,
            stretch=stretch.arguments if stretch else (),
        )  # fmt: skip

    async def _metered_again(self, before: Arrays) -> MeterLog | None:
        stretches = self._changed(before)
        if stretches is None or self.frames.rate_hz % 10:
            return None
        at_s, momentary, short, peak = (
            before[name] for name in ("at_s", "momentary", "short", "peak")
        )
        loudest = int(np.argmax(peak >= peak[-1])) if len(peak) else 0
        peak_dbtp = float(before["peak_dbtp"])
        for stretch in stretches:
            begin, end = round(stretch.first / STEP_S), round(stretch.last / STEP_S)
            if begin <= loudest < end:
                return None  # nobody knows what the second loudest moment is
            new = await meter(
                self.path, self.scratch, timeout_s=self.timeout_s, stretch=stretch.arguments
            )
            at = round(stretch.begin / STEP_S)
            for old, made in ((momentary, new.momentary), (short, new.short)):
                fresh = made[begin - at : end - at]
                old[begin : begin + len(fresh)] = fresh[: len(old) - begin]
            if new.whole.true_peak_dbtp > peak_dbtp:
                peak_dbtp, loudest = new.whole.true_peak_dbtp, begin
                peak = np.where(np.arange(len(peak)) < begin, peak, 10 ** (peak_dbtp / 20))
        whole = Loudness(integrated_lufs(momentary), peak_dbtp)
        return MeterLog(at_s, momentary, short, peak, whole)

    def _changed(self, before: Arrays | None) -> list[Again] | None:
        """What is to be measured again; None: all of it."""
        if before is None or int(before["rate_hz"]) != self.frames.rate_hz:
            return None
        return stretches_of(before["digests"], self.frames)

    async def _keep(self, name: str, arrays: Arrays) -> None:
        about = {"digests": self.frames.digests, "rate_hz": np.array(self.frames.rate_hz)}
        await self.kept.put(name, {**arrays, **about})


def stretches_of(before: Values, now: Frames) -> list[Again] | None:
    """Where two files of one length differ; None where they are not, or differ too much."""
    if len(before) != len(now.digests):
        return None
    found: list[Again] = []
    for frame in np.flatnonzero(before != now.digests).tolist():
        # A frame sounds in its own time and in the one after it, less the one before the sound.
        first = max(0, (frame - 1) * FRAME // now.rate_hz) // _GRID_S * _GRID_S
        last = -(-((frame + 1) * FRAME // now.rate_hz + 1 + _BEHIND_S) // _GRID_S) * _GRID_S
        if found and first <= found[-1].last + LEAD_S:
            found[-1] = Again(found[-1].first, max(found[-1].last, last))
        else:
            found.append(Again(first, last))
    decoded_s = sum(stretch.last - stretch.begin for stretch in found)
    if decoded_s > _LARGEST_SHARE * len(before) * FRAME / now.rate_hz:
        return None
    return found


def integrated_lufs(momentary: Values) -> float:
    """The loudness of the whole from that of its gating blocks, as exact as ffmpeg tells it."""
    blocks = momentary[SLOTS_PER_BLOCK - 1 :]
    energies = np.array([energy_of(value) for value in blocks.tolist()])
    return round(lufs(gated_energy(energies)), 1)
