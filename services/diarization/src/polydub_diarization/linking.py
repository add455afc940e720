"""Who is who across pieces of a talk that were diarized one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from polydub_diarization.spans import Span
from polydub_diarization.turns import Turn

Vectors = npt.NDArray[np.float32]

_ONE_TURN_MS = 100
"""Turns of one speaker with less between them are one that was cut between pieces."""


def link(voices: Vectors, speakers: int, threshold: float) -> list[int]:
    """The speaker of each voice, by average linkage of cosine distances.

    Args:
        voices: embeddings, shape (n, d).
        speakers: how many people there are; 0: as many as stay further apart than ``threshold``.
        threshold: a cosine distance, 0 to 2.
    """
    if len(voices) <= max(1, speakers):
        # No more voices than people: each was told apart from the others already.
        return list(range(len(voices)))
    distances = np.clip(pdist(voices.astype(np.float64), "cosine"), 0, 2)
    tree = linkage(np.nan_to_num(distances, nan=1.0), "average")
    if speakers:
        labels = fcluster(tree, speakers, "maxclust")
    else:
        labels = fcluster(tree, threshold, "distance")
    return [int(label) for label in labels]


def joined(turns: Iterable[Turn]) -> list[Turn]:
    """The turns in order of start, those of one speaker that touch made one."""
    by_speaker = sorted(turns, key=lambda turn: (turn.speaker, turn.span))
    whole: list[Turn] = []
    for speaker, own in groupby(by_speaker, key=lambda turn: turn.speaker):
        spans = merged([turn.span for turn in own], _ONE_TURN_MS)
        whole += [Turn(speaker, span) for span in spans]
    return sorted(whole, key=lambda turn: (turn.span, turn.speaker))


def merged(spans: Sequence[Span], gap_ms: int = 0) -> list[Span]:
    """The spans in order; those that overlap, or lie no more than ``gap_ms`` apart, as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start_ms <= found[-1].end_ms + gap_ms:
            found[-1] = Span(found[-1].start_ms, max(found[-1].end_ms, span.end_ms))
        else:
            found.append(span)
    return found
