"""A translation that a person brought: each word once, on the lines it is meant for."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.v1 import asr_pb2, diarization_pb2, muxing_pb2
from polydub_translation.cues import cues_of_part, laid_on

pytestmark = pytest.mark.unit

Span = tuple[int, int]


def spoken(*spans: tuple[int, int, str]) -> list[asr_pb2.TranscriptLine]:
    return [
        asr_pb2.TranscriptLine(id=f"u{n:04}", start_ms=start, end_ms=end, speaker_id=who, text="x")
        for n, (start, end, who) in enumerate(spans, 1)
    ]


def shown(*cues: tuple[int, int, str]) -> list[tuple[int, muxing_pb2.Cue]]:
    return list(enumerate(muxing_pb2.Cue(start_ms=a, end_ms=b, text=t) for a, b, t in cues))


def told(
    lines: list[asr_pb2.TranscriptLine], cues: list[tuple[int, muxing_pb2.Cue]]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Ids and text of what is said, and the ids of the silent lines."""
    laid, silent = laid_on(lines, cues)
    return [(*(line.id for line in each.lines), each.text) for each in laid], [
        line.id for line in silent
    ]


def test_the_same_times_are_the_same_lines() -> None:
    lines = spoken((0, 1000, "S1"), (1000, 1400, "S1"), (1400, 3000, "S2"))
    cues = shown((0, 1000, "u"), (1000, 1400, "dos"), (1400, 3000, "tres"))
    assert told(lines, cues) == ([("u0001", "u"), ("u0002", "dos"), ("u0003", "tres")], [])


def test_people_who_speak_at_once_keep_a_cue_each() -> None:
    lines = spoken((0, 1000, "S1"), (0, 1000, "S2"))
    assert told(lines, shown((0, 1000, "u"), (0, 1000, "dos")))[1] == []


def test_a_dialogue_follows_the_transcript_s() -> None:
    lines = spoken((0, 3400, "S1"), (3400, 4000, "S1"))
    cues = shown((0, 4000, "Quan?"), (0, 4000, "Avui mateix, si us plau."))
    assert told(lines, cues)[0] == [("u0001", "Quan?"), ("u0002", "Avui mateix, si us plau.")]


def test_several_cues_of_a_line_are_joined() -> None:
    cues = shown((0, 900, "u"), (900, 2000, "dos"))
    assert told(spoken((0, 2000, "S1")), cues) == ([("u0001", "u dos")], [])


def test_a_cue_over_two_lines_of_a_speaker_makes_them_one() -> None:
    lines = spoken((0, 1000, "S1"), (1100, 2500, "S1"), (2600, 4000, "S1"))
    cues = shown((0, 2500, "u i dos"), (2600, 4000, "tres"))
    assert told(lines, cues) == ([("u0001", "u0002", "u i dos"), ("u0003", "tres")], [])


def test_a_cue_over_two_speakers_is_shared_out() -> None:
    lines = spoken((0, 2000, "S1"), (2000, 4000, "S2"))
    cues = shown((0, 4000, "Vens avui amb nosaltres? No, no puc."))
    assert told(lines, cues)[0] == [
        ("u0001", "Vens avui amb nosaltres?"), ("u0002", "No, no puc."),
    ]  # fmt: skip


def test_a_cue_where_nobody_is_heard_is_a_line() -> None:
    laid, silent = laid_on(
        spoken((0, 1000, "S1"), (9000, 9900, "S2")), shown((0, 1000, "u"), (4000, 5000, "dos"))
    )
    assert [each.text for each in laid] == ["u", "dos"]
    (new,) = laid[1].lines
    assert (new.id, new.start_ms, new.end_ms, new.text) == ("t0002", 4000, 5000, "")
    assert [line.id for line in silent] == ["u0002"]


SPANS = st.tuples(st.integers(0, 50_000), st.integers(1, 9_000)).map(
    lambda span: (span[0], span[0] + span[1])
)
TEXTS = st.lists(st.sampled_from(["u", "dos.", "tres", "què?"]), min_size=1, max_size=9)


@given(
    st.lists(st.tuples(SPANS, TEXTS), max_size=12),
    st.lists(st.tuples(SPANS, st.sampled_from(["S1", "S2"])), max_size=12),
    st.lists(st.integers(1, 59_999), max_size=3, unique=True).map(sorted),
)
def test_nothing_is_lost(
    texts: list[tuple[Span, list[str]]], speech: list[tuple[Span, str]], cuts: list[int]
) -> None:
    document = muxing_pb2.CueDocument(
        cues=[
            muxing_pb2.Cue(start_ms=start, end_ms=end, text=" ".join(words))
            for (start, end), words in sorted(texts)
        ]
    )
    edges = [0, *cuts, 60_000]
    parts = [
        diarization_pb2.Part(index=n, start_ms=edges[n], end_ms=edges[n + 1])
        for n in range(len(edges) - 1)
    ]
    said: Counter[str] = Counter()
    lines = spoken(*((*span, who) for span, who in sorted(speech)))
    for part in parts:
        own = [line for line in lines if part.start_ms <= line.start_ms < part.end_ms]
        laid, silent = laid_on(own, cues_of_part(document, parts, part.index))
        said.update(word for each in laid for word in each.text.split())
        kept = [line.id for each in laid for line in each.lines if not line.id.startswith("t")]
        assert sorted([*kept, *(line.id for line in silent)]) == [line.id for line in own]
    assert said == Counter(word for _, words in texts for word in words)


@given(st.lists(st.tuples(SPANS, TEXTS), max_size=12))
def test_lines_with_the_cues_own_times_get_their_cue(
    texts: list[tuple[Span, list[str]]],
) -> None:
    spans = sorted({span for span, _ in texts})
    lines = spoken(*((*span, "S1") for span in spans))
    cues = shown(*((*span, f"word {n}") for n, span in enumerate(spans)))
    assert told(lines, cues) == (
        [(line.id, f"word {n}") for n, line in enumerate(lines)], [],
    )  # fmt: skip
