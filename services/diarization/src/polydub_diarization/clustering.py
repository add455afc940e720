"""How many voices there are, and which window is whose: NME spectral clustering.

NME: Park et al. 2020, "Auto-Tuning Spectral Clustering for Speaker Diarization Using Normalized
Maximum Eigengap". Pure functions, without chance: the same embeddings always give the same labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

MOST_SPEAKERS = 8
"""How many are looked for where the number is not given."""
MOST_CLUSTERED = 800
"""The eigenvalues of more windows than that take too long, and add nothing."""

SINGLE_SPEAKER = 0.635
"""Where even the 5th percentile of the cosines is above this, all is one voice.

Set between 13 real recordings of one or two people: with two at most .613, with one at least .652.
The margin is thin, so that users may say how many people speak.
"""
SAME_SPEAKER = 0.89
"""Clusters whose mean directions are nearer than this are one voice."""

_NEIGHBOURS = (0.05, 0.08, 0.12, 0.17, 0.23, 0.3)
_FEWEST_WINDOWS = 3
_KMEANS_STARTS = 8

Vectors = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Eigengap:
    """The widest gap among a graph's smallest eigenvalues: its place tells the voices."""

    voices: int
    width: float
    """As a share of the largest eigenvalue."""


def cluster(embeddings: Vectors, speakers: int = 0) -> Vectors:
    """The mean direction of each voice, shape (voices, d), unit length.

    Args:
        embeddings: unit vectors, shape (n, d), n at least 1.
        speakers: how many voices there are, where that is known; 0: find out.
    """
    drawn = evenly_drawn(embeddings, MOST_CLUSTERED).astype(np.float32)
    return centroids(drawn, _labels(drawn, speakers))


def nearest(embeddings: Vectors, voices: Vectors) -> Labels:
    """The index of the most similar voice for each embedding, shape (n,)."""
    found: Labels = (embeddings @ voices.T).argmax(axis=1)
    return found


def evenly_drawn(rows: Vectors, most: int) -> Vectors:
    """All rows, or ``most`` of them spread evenly over the talk."""
    if len(rows) <= most:
        return rows
    return rows[np.arange(most) * len(rows) // most]


def centroids(embeddings: Vectors, labels: Labels) -> Vectors:
    """The mean directions of the labelled groups, in label order, unit length."""
    means = np.stack([embeddings[labels == label].mean(axis=0) for label in np.unique(labels)])
    unit: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
    return unit


def _labels(embeddings: Vectors, speakers: int) -> Labels:
    wanted = min(speakers, len(embeddings))
    cosines = embeddings @ embeddings.T
    if wanted == 1 or (not wanted and is_single_speaker(cosines)):
        return np.zeros(len(embeddings), np.int64)
    labels = _spectral(cosines, wanted)
    return labels if wanted else _merge_similar(embeddings, _without_tiny(embeddings, labels))


def is_single_speaker(cosines: Vectors) -> bool:
    """Whether the windows are so alike that it must be one voice; so with hardly any windows."""
    pairs = cosines[np.triu_indices(len(cosines), 1)]
    return len(cosines) < _FEWEST_WINDOWS or bool(np.percentile(pairs, 5) > SINGLE_SPEAKER)


def _spectral(cosines: Vectors, wanted: int) -> Labels:
    """Labels from the spectrum of the neighbour graph; as many as ``wanted``, or by the gap."""
    count = len(cosines)
    sizes = sorted({max(2, int(count * share)) for share in _NEIGHBOURS})
    gaps = [_eigengap(_laplacian(cosines, size)) for size in sizes]
    # NME: of the graphs with few neighbours, the one whose gap is widest for their number.
    best = int(np.argmin([size / gap.width for size, gap in zip(sizes, gaps, strict=True)]))
    voices = wanted or gaps[best].voices
    if voices == 1:
        return np.zeros(count, np.int64)
    _, vectors = np.linalg.eigh(_laplacian(cosines, sizes[best]))
    return _kmeans(vectors[:, :voices], voices)


def _laplacian(cosines: Vectors, neighbours: int) -> npt.NDArray[np.float64]:
    """Of the graph that joins each window with its most similar ones, itself among them."""
    near = np.argsort(-cosines, axis=1, kind="stable")[:, :neighbours]
    graph = np.zeros(cosines.shape)
    np.put_along_axis(graph, near, 1.0, axis=1)
    graph = (graph + graph.T) / 2
    return np.diag(graph.sum(axis=1)) - graph


def _eigengap(laplacian: npt.NDArray[np.float64]) -> _Eigengap:
    values = np.linalg.eigvalsh(laplacian)
    gaps = np.diff(values[: MOST_SPEAKERS + 1])
    width = float(gaps.max()) / (float(values[-1]) + 1e-9) + 1e-9
    return _Eigengap(int(gaps.argmax()) + 1, width)


def _kmeans(points: npt.NDArray[np.float64], count: int) -> Labels:
    """The tightest of several k-means runs, each from its own fixed seed."""
    runs = [
        kmeans2(points, count, minit="++", seed=seed, iter=30) for seed in range(_KMEANS_STARTS)
    ]
    spreads = [np.square(points - means[labels]).sum() for means, labels in runs]
    return _renumbered(runs[int(np.argmin(spreads))][1])


def _without_tiny(embeddings: Vectors, labels: Labels) -> Labels:
    """Groups of fewer than three windows are given to the nearest other voice."""
    while True:
        names, sizes = np.unique(labels, return_counts=True)
        smallest = int(sizes.argmin())
        if len(names) == 1 or sizes[smallest] >= _FEWEST_WINDOWS:
            return _renumbered(labels)
        tiny = labels == names[smallest]
        others = centroids(embeddings[~tiny], labels[~tiny])
        remaining = np.delete(names, smallest)
        labels = labels.copy()
        labels[tiny] = remaining[nearest(embeddings[tiny], others)]


def _merge_similar(embeddings: Vectors, labels: Labels) -> Labels:
    """The most similar two groups become one until no two are the same voice."""
    while True:
        means = centroids(embeddings, labels)
        alike = means @ means.T - 2 * np.eye(len(means), dtype=np.float32)
        first, second = np.unravel_index(int(alike.argmax()), alike.shape)
        if alike[first, second] <= SAME_SPEAKER:
            return labels
        labels = _renumbered(np.where(labels == second, first, labels))


def _renumbered(labels: npt.NDArray[np.signedinteger]) -> Labels:
    numbers: Labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return numbers
