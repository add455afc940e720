"""The bed: how close to the known one, and how wide."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from eval.timing import Span

Samples = npt.NDArray[np.float32]

_INAUDIBLE = 1e-12


def si_sdr_db(estimate: Samples, reference: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio of arrays of the same shape.

    All channels are scaled as one. Source: Le Roux, Wisdom, Erdogan, Hershey, SDR - half-baked or
    well done?, ICASSP 2019, eq. 3 to 5.
    """
    said, true = estimate.astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    target = true * (_energy(said, true) / _energy(true, true))
    noise = said - target
    return float(10 * np.log10(_energy(target, target) / _energy(noise, noise)))


def _energy(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    product = float(one @ other)
    return product if abs(product) > _INAUDIBLE else _INAUDIBLE


def stereo_width(samples: Samples) -> float | None:
    """Side over mid energy of stereo sound, shape (n, 2); None where it is silent or not stereo."""
    if samples.ndim != 2 or samples.shape[1] != 2:
        return None
    mid, side = samples.sum(axis=1), samples[:, 0] - samples[:, 1]
    energy = float(np.square(mid, dtype=np.float64).sum())
    return float(np.square(side, dtype=np.float64).sum()) / energy if energy > _INAUDIBLE else None


def sides_percent(dub: Samples, bed: Samples) -> float | None:
    """The sides' energy against that of a bed, both of shape (n, 2); None where it has none.

    A voice in the centre is in no sides.
    """
    ours, theirs = (
        float(np.square(some[:, 0] - some[:, 1], dtype=np.float64).sum()) for some in (dub, bed)
    )
    return 100 * ours / theirs if theirs > _INAUDIBLE else None


def within(samples: Samples, spans: Iterable[Span], rate_hz: int) -> Samples:
    """The samples inside the spans, one after the other."""
    return samples[inside(len(samples), spans, rate_hz)]


def without(samples: Samples, spans: Iterable[Span], rate_hz: int, guard_ms: float) -> Samples:
    """The samples farther than ``guard_ms`` from every span."""
    wider = [(start - guard_ms, end + guard_ms) for start, end in spans]
    return samples[~inside(len(samples), wider, rate_hz)]


def inside(samples: int, spans: Iterable[Span], rate_hz: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros(samples, np.bool_)
    for start, end in spans:
        mask[max(0, round(start * rate_hz / 1000)) : max(0, round(end * rate_hz / 1000))] = True
    return mask
