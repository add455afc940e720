"""What may be done to a script, and what the stages are given of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from polydub.errors import StageError
from polydub.v1 import asr_pb2, common_pb2, translation_pb2
from polydub_gateway.edits.documents import (
    brought_up,
    segments_of,
    transcript_of,
    translation_of,
)
from polydub_gateway.edits.script import (
    Change,
    Origin,
    Segment,
    Wording,
    changed,
    merged,
    split,
)

pytestmark = pytest.mark.unit

TALK_MS = 60_000
LINE = Segment(
    id="u0001",
    part=0,
    start_ms=1000,
    end_ms=4000,
    speaker_id="S1",
    text="Where is the station?",
    confidence=0.4,
    translations={
        "es": Wording("¿Dónde está?", candidates=("¿Dónde está?", "¿Y la estación?")),
        "ca": Wording("On és?", origin=Origin.PERSON, changed_at=2),
    },
    revision=3,
)


def change(segment: Segment = LINE, at: int = 9, **wanted: Any) -> Segment:
    return changed(segment, Change(**wanted), at, end_ms=TALK_MS)


def test_other_words_make_the_machines_translations_stale_and_leave_a_persons() -> None:
    after = change(text="  Where's the\nstation now? ")
    assert after.text == "Where's the station now?"
    assert (after.changed_at, after.revision, after.confidence) == (9, 4, 1.0)
    assert after.translations["es"].stale
    assert after.translations["es"].changed_at == 9
    assert after.translations["ca"] == LINE.translations["ca"]


def test_a_persons_translation_changes_nothing_else() -> None:
    after = change(translations={"es": "¿Dónde queda?"})
    assert after.translations["es"] == Wording(
        "¿Dónde queda?", Origin.PERSON, candidates=("¿Dónde está?", "¿Y la estación?"), changed_at=9
    )
    assert (after.changed_at, after.revision) == (0, 4)
    assert after.changed_since(8, "es")
    assert not after.changed_since(8, "ca")
    again = change(after, at=10, translations={"es": None})
    assert (again.translations["es"].stale, again.translations["es"].origin) == (
        True,
        Origin.MACHINE,
    )


def test_other_words_and_their_translation_come_together() -> None:
    after = change(text="Where now?", translations={"es": "¿Dónde ahora?"})
    assert (after.translations["es"].text, after.translations["es"].stale) == (
        "¿Dónde ahora?",
        False,
    )


@pytest.mark.parametrize(
    "wanted",
    [{}, {"text": "Where is the station? "}, {"translations": {"es": "¿Dónde está?"}},
     {"start_ms": 1000, "speaker_id": "S1"}],
)  # fmt: skip
def test_what_says_the_same_is_no_change(wanted: dict[str, Any]) -> None:
    assert change(**wanted) == LINE


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"text": "  "}, "needs words"),
        ({"text": "x" * 2001}, "at most 2000 characters"),
        ({"end_ms": 1050}, "lasts 100 ms"),
        ({"end_ms": 60_001}, "ends by 60000"),
        ({"translations": {"fr": "Où ?"}}, "not made in fr"),
    ],
)
def test_what_no_line_can_be_is_refused(wanted: dict[str, Any], told: str) -> None:
    with pytest.raises(StageError, match=told) as refused:
        change(**wanted)
    assert refused.value.code == "invalid_request"


def test_a_line_is_split_between_its_words() -> None:
    first, second = split(LINE, "n1", 2500, 9, 9)
    assert (first.id, first.text, first.start_ms, first.end_ms) == (
        "u0001", "Where is", 1000, 2500,
    )  # fmt: skip
    assert (second.id, second.text, second.start_ms, second.end_ms) == (
        "n1", "the station?", 2500, 4000,
    )  # fmt: skip
    assert all(half.translations["es"] == Wording("", stale=True, changed_at=9)
               for half in (first, second))  # fmt: skip
    assert (first.revision, second.revision) == (4, 1)
    for at_ms, at_character in ((1050, 9), (2500, 0), (2500, 21)):
        with pytest.raises(StageError, match="must leave both lines"):
            split(LINE, "n1", at_ms, at_character, 9)


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        ("On és ara l'estació nova?", ("On és", "ara l'estació nova?")),
        ("Ho saps? On és ara l'estació nova?", ("Ho saps?", "On és ara l'estació nova?")),
        ("駅はどこですか", ("駅はど", "こですか")),
        ("Estació?", ("Estació?", "")),
        ("", ("", "")),
    ],
)
def test_a_persons_words_are_shared_out_where_a_line_is_split(
    text: str, halves: tuple[str, str]
) -> None:
    line = replace(LINE, translations={"ca": replace(LINE.translations["ca"], text=text)})
    found = tuple(half.translations["ca"] for half in split(line, "n1", 2500, 9, 9))
    assert found == tuple(Wording(each, Origin.PERSON, changed_at=9) for each in halves)


def test_two_lines_become_one() -> None:
    behind = replace(
        LINE, id="u0002", start_ms=4100, end_ms=5000, text="There?", speaker_id="S2",
        translations={"es": Wording("¿Ahí?"), "ca": Wording("", stale=True)},
    )  # fmt: skip
    one = merged(LINE, behind, 9)
    assert (one.id, one.speaker_id, one.start_ms, one.end_ms) == ("u0001", "S1", 1000, 5000)
    assert one.text == "Where is the station? There?"
    assert (one.translations["es"].text, one.translations["es"].stale) == (
        "¿Dónde está? ¿Ahí?",
        False,
    )
    assert one.translations["ca"].stale
    assert one.translations["ca"].origin is Origin.PERSON
    with pytest.raises(StageError, match="different parts"):
        merged(LINE, replace(behind, part=1), 9)


# --- documents -------------------------------------------------------------------------------


def transcript() -> asr_pb2.TranscriptDocument:
    words = [
        asr_pb2.Word(text=word, start_ms=1000 + 500 * at, end_ms=1400 + 500 * at, confidence=0.4)
        for at, word in enumerate(("where", "is", "the", "station"))
    ]
    return asr_pb2.TranscriptDocument(
        schema_version=1,
        engine=common_pb2.EngineUse(id="pocketsphinx"),
        language="en",
        lines=[
            asr_pb2.TranscriptLine(
                id="u0001", speaker_id="S1", start_ms=1000, end_ms=4000, confidence=0.4,
                text="Where is the station?", words=words, low_confidence=True,
                prosody=common_pb2.Prosody(f0_median_hz=120),
            ),
            asr_pb2.TranscriptLine(
                id="u0002", speaker_id="S2", start_ms=5000, end_ms=6000, text="There.",
                confidence=0.9,
            ),
        ],
        warnings=[
            common_pb2.Warning(code="low_confidence", line_id="u0001"),
            common_pb2.Warning(code="nothing_recognized"),
        ],
    )  # fmt: skip


def translation() -> translation_pb2.TranslationDocument:
    return translation_pb2.TranslationDocument(
        schema_version=1,
        source_language="en",
        target_language="es",
        lines=[
            translation_pb2.TranslatedLine(
                id="u0001", speaker_id="S1", start_ms=1000, end_ms=4000,
                source_text="Where is the station?", text="¿Dónde está?",
                candidates=[translation_pb2.TranslationCandidate(text="¿Dónde está?")],
            ),
            translation_pb2.TranslatedLine(
                id="u0002", speaker_id="S2", start_ms=5000, end_ms=6000, source_text="There.",
                text="Ahí.", candidates=[translation_pb2.TranslationCandidate(text="Ahí.")],
            ),
        ],
    )  # fmt: skip


def test_an_untouched_script_gives_the_stages_their_own_documents_back() -> None:
    segments = segments_of([transcript()], [translation()])
    assert [each.id for each in segments] == ["u0001", "u0002"]
    heard = transcript()
    assert transcript_of(heard, segments).lines == heard.lines
    given = translation_of(translation(), segments)
    assert [line.text for line in given.lines] == ["¿Dónde está?", "Ahí."]
    assert [list(line.candidates) for line in given.lines] == [
        list(line.candidates) for line in translation().lines
    ]
    assert not any(line.stale or line.corrected for line in given.lines)


def test_a_corrected_line_is_a_readers_word() -> None:
    first, second = segments_of([transcript()], [translation()])
    after = change(first, text="Where was the station?", end_ms=3000, speaker_id="S2")
    document = transcript_of(transcript(), [second, after])
    line, untouched = document.lines
    assert (line.text, line.end_ms, line.speaker_id) == ("Where was the station?", 3000, "S2")
    assert [word.text for word in line.words] == ["Where", "was", "the", "station?"]
    assert (line.words[0].start_ms, line.words[-1].end_ms) == (1000, 3000)
    assert (line.confidence, line.low_confidence) == (1.0, False)
    assert line.prosody.f0_median_hz == 120
    assert untouched == transcript().lines[1]
    assert [each.code for each in document.warnings] == ["nothing_recognized"]


def test_stale_lines_are_marked_and_a_persons_are_theirs() -> None:
    first, second = segments_of([transcript()], [translation()])
    stale, mine = change(first, text="Where was it?"), change(second, translations={"es": "Allí."})
    document = translation_of(translation(), [stale, mine])
    marked, own = document.lines
    assert (marked.stale, marked.text, marked.source_text) == (True, "", "Where was it?")
    assert not marked.candidates
    assert (own.text, own.corrected, own.stale) == ("Allí.", True, False)


def test_a_new_line_has_a_place_in_both() -> None:
    segments = segments_of([transcript()], [translation()])
    new = Segment("n1", 0, 4200, 4800, "S1", "Well.", changed_at=5)
    heard = transcript_of(transcript(), [*segments, new])
    assert [line.id for line in heard.lines] == ["u0001", "n1", "u0002"]
    assert [word.text for word in heard.lines[1].words] == ["Well."]
    said = translation_of(translation(), [*segments, new])
    assert [(line.id, line.stale) for line in said.lines] == [
        ("u0001", False), ("n1", True), ("u0002", False),
    ]  # fmt: skip


def test_what_was_translated_anew_comes_back_where_the_words_are_still_the_same() -> None:
    first, second = segments_of([transcript()], [translation()])
    stale = change(first, text="Where was it?")
    made = translation_of(translation(), [stale, second])
    made.lines[0].stale, made.lines[0].text = False, "¿Dónde estaba?"
    made.lines[0].candidates.add(text="¿Dónde estaba?")
    (up,) = brought_up([stale, second], {0: made})
    assert up.translations["es"] == Wording("¿Dónde estaba?", candidates=("¿Dónde estaba?",))
    meanwhile = change(stale, text="Where is it?")
    assert brought_up([meanwhile], {0: made}) == []
