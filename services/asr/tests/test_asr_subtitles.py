"""A transcript that a person brought: each word once, in the voice that says it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.v1 import common_pb2, diarization_pb2, muxing_pb2
from polydub_asr.cues import CueLine, lines_of_talk
from polydub_asr.subtitled import transcript_of

pytestmark = pytest.mark.unit

OWN = muxing_pb2.OwnSubtitles(key="k", language="es", digest="d1")
UTTERANCES = (("S1", 1000, 3000), ("S2", 3200, 5000), ("S1", 8000, 12_000), ("S2", 20_000, 22_000))


def diarized(
    *spans: tuple[str, int, int], cuts: tuple[int, ...] = ()
) -> diarization_pb2.DiarizationDocument:
    edges = [0, *cuts, 60_000]
    parts = [
        diarization_pb2.Part(index=n, start_ms=start, end_ms=end)
        for n, (start, end) in enumerate(pairwise(edges))
    ]
    return diarization_pb2.DiarizationDocument(
        parts=parts,
        utterances=[
            diarization_pb2.Utterance(
                id=f"u{n:04}", speaker_id=speaker, start_ms=start, end_ms=end,
                part=next((p.index for p in parts if start < p.end_ms), 0),
                prosody=common_pb2.Prosody(f0_median_hz=100 + n),
            )
            for n, (speaker, start, end) in enumerate(spans, 1)
        ],
    )  # fmt: skip


def written(*cues: tuple[int, int, str] | tuple[int, int, str, str]) -> muxing_pb2.CueDocument:
    return muxing_pb2.CueDocument(
        language="es",
        cues=[
            muxing_pb2.Cue(start_ms=c[0], end_ms=c[1], text=c[2], speaker=(*c, "")[3]) for c in cues
        ],
    )


def told(lines: list[CueLine]) -> list[tuple[str, str, int, int, str]]:
    return [(each.id, each.speaker_id, each.start_ms, each.end_ms, each.text) for each in lines]


def test_a_cue_is_a_line_with_its_own_times() -> None:
    shown = written((900, 3100, "Hola a todos."), (8000, 9900, "Uno."), (10_000, 12_500, "Dos."))
    assert told(lines_of_talk(shown, diarized(*UTTERANCES))) == [
        ("u0001", "S1", 900, 3100, "Hola a todos."),
        ("u0003", "S1", 8000, 9900, "Uno."),
        ("u0003.2", "S1", 10_000, 12_500, "Dos."),
    ]


def test_a_cue_over_two_speakers_is_cut_at_the_border() -> None:
    shown = written((1000, 5000, "¿Vienes hoy con nosotros? No, no puedo, gracias."))
    assert told(lines_of_talk(shown, diarized(*UTTERANCES))) == [
        ("u0001", "S1", 1000, 3100, "¿Vienes hoy con nosotros?"),
        ("u0002", "S2", 3100, 5000, "No, no puedo, gracias."),
    ]


def test_a_cue_that_touches_a_neighbour_is_not_cut() -> None:
    shown = written((1000, 3600, "Hola a todos los que estáis aquí."))
    (line,) = lines_of_talk(shown, diarized(*UTTERANCES))
    assert (line.id, line.speaker_id, line.end_ms) == ("u0001", "S1", 3600)


def test_a_dialogue_takes_turns() -> None:
    shown = written((1000, 5000, "¿Y cuándo os parece que vendréis?"), (1000, 5000, "Hoy."))
    assert told(lines_of_talk(shown, diarized(*UTTERANCES))) == [
        ("u0001", "S1", 1000, 3100, "¿Y cuándo os parece que vendréis?"),
        ("u0002", "S2", 3100, 5000, "Hoy."),
    ]


def test_what_diarization_missed_is_said_by_who_is_next_to_it() -> None:
    shown = written((1000, 3000, "Hola."), (18_000, 19_500, "¿Nadie?"))
    _, missed = lines_of_talk(shown, diarized(*UTTERANCES))
    assert (missed.id, missed.speaker_id, missed.utterance) == ("c0002", "S2", None)


def test_labels_that_agree_with_diarization_name_the_speaker() -> None:
    shown = written(
        (1000, 3000, "Hola.", "ANA"), (3000, 5000, "Hola, Ana.", "LUIS"),
        (8000, 10_000, "Sí.", "ANA"), (10_000, 11_000, "No.", "LUIS"),
        (20_000, 22_000, "Bien.", "LUIS"),
    )  # fmt: skip
    speakers = [line.speaker_id for line in lines_of_talk(shown, diarized(*UTTERANCES))]
    assert speakers == ["S1", "S2", "S1", "S2", "S2"]


def test_labels_of_one_diarized_speaker_say_nothing() -> None:
    shown = written(
        (1000, 3000, "Hola.", "ANA"), (8000, 12_000, "Hola.", "EVA"), (3300, 4800, "Ya.", "EVA")
    )
    by_id = {line.text: line.speaker_id for line in lines_of_talk(shown, diarized(*UTTERANCES))}
    assert by_id["Ya."] == "S2"


def test_a_cue_belongs_to_the_part_of_its_middle() -> None:
    talk = diarized(*UTTERANCES, cuts=(6000, 15_000))
    shown = written((1000, 5000, "¿Vienes? No."), (5500, 6400, "Bah."), (12_500, 30_000, "Fin."))
    lines = lines_of_talk(shown, talk)
    assert [(line.text, line.part) for line in lines] == [
        ("¿Vienes?", 0), ("No.", 0), ("Bah.", 0), ("Fin.", 2),
    ]  # fmt: skip


def test_the_document_is_sure_of_itself() -> None:
    talk = diarized(*UTTERANCES, cuts=(6000,))
    shown = written((1000, 3000, "Hola a todos."), (20_000, 24_000, "Adiós, amigos."))
    lines = lines_of_talk(shown, talk)
    first, second = (transcript_of(OWN, part, lines, talk) for part in (0, 1))
    (line,) = first.lines
    assert (first.engine.id, first.engine.version) == ("subtitles", "d1")
    assert (first.language, first.language_decided_by) == ("es", "subtitles")
    assert (line.confidence, line.low_confidence) == (1.0, False)
    assert [word.text for word in line.words] == ["Hola", "a", "todos."]
    assert (line.words[0].start_ms, line.words[-1].end_ms) == (1000, 3000)
    assert line.prosody.f0_median_hz == 101
    assert line.prosody.characters_per_s == pytest.approx(10 / 2)
    assert [(w.code, w.line_id) for w in first.warnings] == [("nothing_recognized", "u0002")]
    assert [w.line_id for w in second.warnings] == ["u0003"]


SPANS = st.tuples(st.integers(0, 50_000), st.integers(1, 9_000)).map(
    lambda span: (span[0], span[0] + span[1])
)
TEXTS = st.lists(
    st.sampled_from(["uno", "dos.", "tres", "¿qué?", "漢字", "a"]), min_size=1, max_size=12
).map(" ".join)


def _letters(texts: Iterable[str]) -> str:
    """All words in order, without the spaces: a cut may stand between unspaced characters."""
    return "".join("".join(texts).split())


@given(
    st.lists(st.tuples(SPANS, TEXTS, st.sampled_from(["", "", "ANA", "LUIS"])), max_size=12),
    st.lists(st.tuples(st.sampled_from(["S1", "S2", "S3"]), SPANS), min_size=1, max_size=10),
    st.lists(st.integers(1, 59_999), max_size=3, unique=True).map(sorted),
)
def test_each_word_is_in_one_line_of_one_part(
    shown: list[tuple[tuple[int, int], str, str]],
    speech: list[tuple[str, tuple[int, int]]],
    cuts: list[int],
) -> None:
    cues = sorted((*span, text, label) for span, text, label in shown)
    talk = diarized(
        *sorted(((who, *span) for who, span in speech), key=lambda u: u[1]), cuts=tuple(cuts)
    )
    lines = lines_of_talk(written(*cues), talk)
    per_part = [transcript_of(OWN, part.index, lines, talk).lines for part in talk.parts]
    assert _letters(line.text for line in lines) == _letters(cue[2] for cue in cues)
    ids = [line.id for part in per_part for line in part]
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == sorted(line.id for line in lines)
    texts = {line.id: line.text for line in lines}
    assert all(line.text == texts[line.id] for part in per_part for line in part)
    for line in lines:
        assert line.start_ms <= line.end_ms
        assert line.speaker_id in {who for who, _ in speech}
