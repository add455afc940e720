"""Loudness after ITU-R BS.1770-4, measured block by block in slots of 100 ms.

Energies here are K-weighted mean squares summed over channels with the standard's weights; they
add up where sounds are mixed that have nothing to do with each other, which is what the levels
of a dub are computed from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.signal import sosfilt

Samples = npt.NDArray[np.float32]
Energies = npt.NDArray[np.float64]
Gate = npt.NDArray[np.bool_]

SLOTS_PER_S = 10
SLOTS_PER_BLOCK = 4
"""A gating block is 400 ms long and starts every 100 ms (BS.1770-4, annex 1)."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
SILENCE_LUFS = -120.0

_OFFSET_LU = -0.691
_SURROUND = 1.41

# The analogue prototypes of the two K filters: De Man, "Evaluation of implementations of the
# EBU R128 loudness measurement", AES 145 (2018). They give the standard's table at 48 kHz.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def k_filter(rate_hz: int) -> npt.NDArray[np.float64]:
    """The K weighting as second-order sections, shape (2, 6)."""
    k = math.tan(math.pi * _SHELF_HZ / rate_hz)
    high = 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    norm = 1 + k / _SHELF_Q + k * k
    shelf = [
        (high + band * k / _SHELF_Q + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - band * k / _SHELF_Q + k * k) / norm,
        1.0,
        2 * (k * k - 1) / norm,
        (1 - k / _SHELF_Q + k * k) / norm,
    ]
    k = math.tan(math.pi * _HIGH_PASS_HZ / rate_hz)
    norm = 1 + k / _HIGH_PASS_Q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / _HIGH_PASS_Q + k * k) / norm]
    return np.array([shelf, high_pass])


def channel_weights(channels: int) -> Energies:
    """The standard's weight of each channel, in the order of FLAC and WAV; shape (channels,)."""
    layouts = {
        4: [1, 1, _SURROUND, _SURROUND],
        5: [1, 1, 1, _SURROUND, _SURROUND],
        6: [1, 1, 1, 0, _SURROUND, _SURROUND],
        7: [1, 1, 1, 0, _SURROUND, _SURROUND, _SURROUND],
        8: [1, 1, 1, 0, _SURROUND, _SURROUND, _SURROUND, _SURROUND],
    }
    return np.array(layouts.get(channels, [1] * channels), np.float64)


class SlotMeter:
    """Takes sound in blocks of any length and keeps one energy for each 100 ms of it."""

    def __init__(self, rate_hz: int, weights: Energies) -> None:
        self._rate_hz = rate_hz
        self._weights = weights
        self._sections = k_filter(rate_hz)
        self._state = np.zeros((2, 2, len(weights)))
        self._pending = np.zeros(0)
        self._slots: list[Energies] = []
        self._done = 0

    def add(self, block: Samples) -> None:
        """Measures the next samples, shape (n, channels)."""
        if not len(block):
            return
        weighted, self._state = sosfilt(self._sections, block, axis=0, zi=self._state)
        self._pending = np.concatenate((self._pending, np.square(weighted) @ self._weights))
        origin = self._edge(self._done)
        full = (origin + len(self._pending)) * SLOTS_PER_S // self._rate_hz - self._done
        if full > 0:
            edges = np.array([self._edge(self._done + i) - origin for i in range(full + 1)])
            self._keep(edges)
            self._done += full
            self._pending = self._pending[edges[-1] :]

    def slots(self) -> Energies:
        """The energies so far; a last slot that is not full stands as long as it is."""
        rest = [np.array([self._pending.mean()])] if len(self._pending) else []
        return np.concatenate([*self._slots, *rest]) if self._slots or rest else np.zeros(0)

    def _edge(self, slot: int) -> int:
        return -(-slot * self._rate_hz // SLOTS_PER_S)

    def _keep(self, edges: npt.NDArray[np.int_]) -> None:
        sums = np.add.reduceat(self._pending[: edges[-1]], edges[:-1])
        self._slots.append(sums / np.diff(edges))


def block_energies(slots: Energies) -> Energies:
    """The energies of the gating blocks over adjoining slots; one, where it is shorter than one."""
    width = min(SLOTS_PER_BLOCK, len(slots))
    if width == 0:
        return slots
    sums = np.cumsum(np.concatenate(([0.0], slots)))
    blocks: Energies = np.maximum((sums[width:] - sums[:-width]) / width, 0.0)
    return blocks


def gate(blocks: Energies) -> Gate:
    """Which blocks count: above -70 LUFS, and then above the mean of those less 10 LU."""
    loud: Gate = blocks > energy_of(ABSOLUTE_GATE_LUFS)
    if not loud.any():
        return loud
    relative = blocks[loud].mean() * 10 ** (RELATIVE_GATE_LU / 10)
    counted: Gate = loud & (blocks > relative)
    return counted


def gated_energy(blocks: Energies) -> float:
    """The mean of the blocks that count; 0 where none does."""
    counted = gate(blocks)
    return float(blocks[counted].mean()) if counted.any() else 0.0


def run_blocks(slots: Energies, runs: Iterable[tuple[int, int]]) -> Energies:
    """The gating blocks that lie inside runs of slots ``[first, last)``, one after another."""
    found: Sequence[Energies] = [block_energies(slots[first:last]) for first, last in runs]
    return np.concatenate(found) if found else np.zeros(0)


def slot_run(start_ms: int, end_ms: int) -> tuple[int, int]:
    """The slots nearest to a stretch of time; at least one."""
    first = round(start_ms * SLOTS_PER_S / 1000)
    return first, max(first + 1, round(end_ms * SLOTS_PER_S / 1000))


def lufs(energy: float) -> float:
    """An energy as loudness units relative to full scale; -120 for silence."""
    return max(SILENCE_LUFS, _OFFSET_LU + 10 * math.log10(energy)) if energy > 0 else SILENCE_LUFS


def energy_of(loudness_lufs: float) -> float:
    """The energy of a loudness: the inverse of :func:`lufs`."""
    return float(10 ** ((loudness_lufs - _OFFSET_LU) / 10))
