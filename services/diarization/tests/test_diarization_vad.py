"""Frames to spans."""

from itertools import pairwise

import numpy as np
import pytest

from polydub_diarization.spans import Span, split_evenly
from polydub_diarization.vad import FRAME_MS, Hysteresis, speech_spans, with_voice

pytestmark = pytest.mark.unit


def frames(*runs: tuple[float, int]) -> np.ndarray:
    return np.concatenate([np.full(count, value, np.float32) for value, count in runs])


def spans(probabilities: np.ndarray, rule: Hysteresis | None = None) -> list[Span]:
    return speech_spans(probabilities, len(probabilities) * FRAME_MS, rule)


def test_silence_has_no_spans() -> None:
    assert spans(frames((0.01, 100))) == []
    assert spans(frames((0.0, 0))) == []


def test_speech_between_silences() -> None:
    assert spans(frames((0.0, 10), (0.9, 20), (0.0, 10))) == [Span(320, 960)]


def test_speech_to_the_end() -> None:
    assert spans(frames((0.0, 10), (0.9, 20))) == [Span(320, 960)]
    assert spans(frames((0.0, 10), (0.9, 20), (0.0, 2))) == [Span(320, 960)]


def test_a_doubtful_stretch_holds_speech_but_does_not_begin_it() -> None:
    assert spans(frames((0.4, 30), (0.9, 10), (0.4, 30), (0.1, 10))) == [Span(960, 2240)]
    assert spans(frames((0.45, 100))) == []


def test_short_dips_are_bridged_and_long_ones_are_not() -> None:
    dip, pause = frames((0.0, 4)), frames((0.0, 5))
    speech = frames((0.9, 10))
    assert len(spans(np.concatenate((speech, dip, speech)))) == 1
    assert spans(np.concatenate((speech, pause, speech))) == [Span(0, 320), Span(480, 800)]


def test_clicks_are_dropped() -> None:
    assert spans(frames((0.0, 10), (0.99, 3), (0.0, 10))) == []
    assert spans(frames((0.0, 10), (0.99, 7), (0.0, 10))) == [Span(320, 544)]


def test_spans_end_within_the_talk() -> None:
    assert speech_spans(frames((0.9, 10)), 300) == [Span(0, 300)]


def test_even_pieces_cover_a_span() -> None:
    pieces = list(split_evenly(Span(100, 70_100), 30_000))
    assert len(pieces) == 3
    assert pieces[0].start_ms == 100 and pieces[-1].end_ms == 70_100
    assert all(a.end_ms == b.start_ms for a, b in pairwise(pieces))
    assert max(piece.length_ms for piece in pieces) <= 30_000


def test_a_sure_voice_is_believed_and_a_residue_is_not() -> None:
    heard = frames((0.05, 100))
    sure, residue = frames((0.0, 20), (0.98, 30), (0.0, 50)), frames((0.0, 20), (0.7, 30))
    assert spans(with_voice(heard, sure)) == [Span(640, 1600)]
    assert spans(with_voice(heard, residue)) == []


def test_the_voice_estimate_takes_nothing_away() -> None:
    heard = frames((0.0, 10), (0.9, 20), (0.0, 10))
    assert np.array_equal(with_voice(heard, frames((0.0, 40))), heard)
    assert spans(with_voice(heard, frames((0.0, 30), (0.99, 30)))) == [Span(320, 1280)]
