"""Who speaks when, where nobody is heard but a person's subtitles say that someone does. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.v1 import muxing_pb2
from polydub_diarization.spans import Span
from polydub_diarization.turns import Utterance

ONLY_SPEAKER = "S1"
"""Of a talk in which no voice is heard, and so none is told from another."""


def lines_of_cues(cues: Sequence[muxing_pb2.Cue], duration_ms: int) -> list[Utterance]:
    """The times of cues as the utterances of one speaker, as far as the sound goes.

    Cues that share some time become one utterance: one speaker says one thing at a time.
    """
    shown = sorted(Span(cue.start_ms, min(cue.end_ms, duration_ms)) for cue in cues)
    spans: list[Span] = []
    for span in shown:
        if span.length_ms <= 0:
            continue
        if spans and span.start_ms < spans[-1].end_ms:
            spans[-1] = Span(spans[-1].start_ms, max(spans[-1].end_ms, span.end_ms))
        else:
            spans.append(span)
    return [Utterance(ONLY_SPEAKER, span) for span in spans]
