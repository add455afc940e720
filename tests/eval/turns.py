"""Who speaks when: RTTM, and the diarization error rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

COLLAR_MS = 250.0
"""Not scored on either side of a reference boundary, as in NIST's Rich Transcription tests."""


@dataclass(frozen=True)
class Turn:
    """One person speaks from ``start_ms`` to ``end_ms``."""

    speaker: str
    start_ms: float
    end_ms: float


def read_rttm(text: str, recording: str = "") -> tuple[Turn, ...]:
    """The turns of an RTTM file; of one recording where it is named.

    Source: NIST, The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan, app. A.
    """
    fields = [line.split() for line in text.splitlines() if line.startswith("SPEAKER")]
    return tuple(
        Turn(field[7], float(field[3]) * 1000, (float(field[3]) + float(field[4])) * 1000)
        for field in fields
        if recording in ("", field[1])
    )


def write_rttm(turns: Iterable[Turn], recording: str) -> str:
    return "".join(
        f"SPEAKER {recording} 1 {turn.start_ms / 1000:.3f}"
        f" {(turn.end_ms - turn.start_ms) / 1000:.3f} <NA> <NA> {turn.speaker} <NA> <NA>\n"
        for turn in turns
    )


def diarization_error_rate(
    reference: Sequence[Turn], hypothesis: Sequence[Turn], collar_ms: float = COLLAR_MS
) -> float:
    """Missed, false and confused speaker time over the reference's speaker time.

    Time in which several people speak is scored for each of them. Speakers are mapped one to one
    so that the most time agrees. Source: Fiscus, Ajot, Michel, Garofolo, The Rich Transcription
    2006 Spring Meeting Recognition Evaluation, section 4.1 (md-eval).

    Raises:
        ValueError: where the reference holds no speech outside the collars.
    """
    pieces = _scored(reference, hypothesis, collar_ms)
    spoken = sum(length * len(said) for length, said, _ in pieces)
    if not spoken:
        raise ValueError("the reference holds no speech")
    agreed = _agreed(pieces)
    wrong = sum(length * max(len(said), len(heard)) for length, said, heard in pieces) - agreed
    return wrong / spoken


Piece = tuple[float, frozenset[str], frozenset[str]]


def _scored(reference: Sequence[Turn], hypothesis: Sequence[Turn], collar_ms: float) -> list[Piece]:
    """Stretches outside the collars in which nothing changes: length, who speaks, who is heard."""
    edges = [edge for turn in reference for edge in (turn.start_ms, turn.end_ms)]
    cuts = {edge + side for edge in edges for side in (-collar_ms, 0.0, collar_ms)}
    cuts |= {edge for turn in hypothesis for edge in (turn.start_ms, turn.end_ms)}
    found = []
    for start, end in pairwise(sorted(cuts)):
        middle = (start + end) / 2
        if all(abs(middle - edge) >= collar_ms for edge in edges):
            found.append((end - start, _speaking(reference, middle), _speaking(hypothesis, middle)))
    return found


def _speaking(turns: Iterable[Turn], at_ms: float) -> frozenset[str]:
    return frozenset(turn.speaker for turn in turns if turn.start_ms <= at_ms < turn.end_ms)


def _agreed(pieces: Sequence[Piece]) -> float:
    """Speaker time on which both agree under the best mapping of their names."""
    says = sorted({name for _, said, _ in pieces for name in said})
    hears = sorted({name for _, _, heard in pieces for name in heard})
    together = np.zeros((len(says), len(hears)))
    for length, said, heard in pieces:
        for one in said:
            for other in heard:
                together[says.index(one), hears.index(other)] += length
    return float(together[linear_sum_assignment(-together)].sum())
