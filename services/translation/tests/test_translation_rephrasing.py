"""Other ways to say a line: by a language model, by an engine's other translations, or none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, EngineRegistry, LanguagePair, Quality
from polydub.errors import StageError
from polydub.v1 import translation_pb2
from polydub_translation.engines.base import (
    Batch,
    Candidate,
    Translated,
    TranslationEngine,
    Wording,
)
from polydub_translation.engines.llm_protocol import rephrasing
from polydub_translation.glossary import Glossary, Term
from polydub_translation.rephrasing import nearer
from polydub_translation.rpc import TranslationServicer

pytestmark = pytest.mark.unit

LINE = Wording("It rains a lot.", "Hoy llueve muchísimo por aquí.", "en", "es", 0.5)


class Offering(TranslationEngine):
    """An engine with several translations of everything."""

    id: ClassVar[str] = "offering"
    offers: ClassVar[tuple[str, ...]] = ("Llueve.", "Llueve mucho.", "Hoy llueve muchísimo aquí.")

    def available(self) -> Availability:
        return Availability.yes()

    def capabilities(self) -> Capabilities:
        pair = LanguagePair("en", "es")
        return Capabilities("Offering", "1", Quality.DRAFT, "MIT", True, pairs=(pair,))

    def route(self, source: str, target: str) -> LanguagePair | None:
        return LanguagePair(source, target) if target == "es" else None

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        said = tuple(Candidate(text, 1.0) for text in self.offers[: batch.candidates])
        return tuple(Translated(said) for _ in batch.texts)


class SureOfItself(Offering):
    """An engine with one translation of everything."""

    one_wording: ClassVar[bool] = True


def texts(*offered: str, line: Wording = LINE) -> list[str]:
    return [each.text for each in nearer((Candidate(text, 1.0) for text in offered), line)]


def test_only_what_is_nearer_to_the_wanted_length_and_the_nearest_first() -> None:
    found = texts("Sí.", "Llueve mucho hoy.", "Hoy llueve de verdad muchísimo por aquí.", LINE.text)
    assert found == ["Llueve mucho hoy."]
    assert texts("Llueve un montón hoy.", "Llueve mucho.") == [
        "Llueve mucho.",
        "Llueve un montón hoy.",
    ]


def test_longer_ones_where_more_is_wanted() -> None:
    longer = replace(LINE, ratio=1.3)
    assert texts("Llueve.", "Hoy llueve de verdad muchísimo por aquí.", line=longer) == [
        "Hoy llueve de verdad muchísimo por aquí."
    ]


def test_garbage_and_what_loses_a_term_is_left_out() -> None:
    terms = Glossary.of([Term("rains", "llueve")])
    line = replace(LINE, glossary=terms)
    assert texts("Hoy cae agua.", "llueve hoy mucho", line=line) == ["llueve hoy mucho"]
    assert texts("...", "no no no no no no no", line=line) == []


def test_a_language_model_is_told_the_length_and_the_terms() -> None:
    line = replace(LINE, glossary=Glossary.of([Term("rains", "llueve"), Term("snow", "nieve")]))
    task, given = rephrasing(line)
    assert "in about 15 letters" in task["content"] and "too long" in task["content"]
    assert json.loads(given["content"]) == {
        "glossary": {"rains": "llueve"},
        "source": LINE.source_text,
        "text": LINE.text,
    }


def request(**fields: Any) -> translation_pb2.RephraseRequest:
    asked = translation_pb2.RephraseRequest(
        source_text=LINE.source_text, text=LINE.text, source_language="en", target_language="es",
        ratio=0.5,
    )  # fmt: skip
    asked.MergeFrom(translation_pb2.RephraseRequest(**fields))
    return asked


async def ask(engine: TranslationEngine, **fields: Any) -> translation_pb2.RephraseResponse:
    servicer = TranslationServicer(EngineRegistry("translation", [lambda: engine]))
    return await servicer.Rephrase(request(**fields), None)  # type: ignore[arg-type]


async def test_other_translations_stand_in_for_other_words() -> None:
    answer = await ask(Offering(timeout_s=5))
    assert [each.text for each in answer.candidates] == [
        "Llueve mucho.",
        "Hoy llueve muchísimo aquí.",
    ]
    assert answer.engine.id == "offering"


async def test_who_knows_one_translation_has_no_other() -> None:
    answer = await ask(SureOfItself(timeout_s=5))
    assert (list(answer.candidates), answer.engine.id) == ([], "offering")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ratio": 9.0}, "invalid_request"),
        ({"target_language": "?"}, "invalid_request"),
        ({"target_language": "fr"}, "unsupported_language_pair"),
        ({"text": "x" * 6000}, "invalid_request"),
    ],
)
async def test_what_makes_no_sense_is_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(StageError) as caught:
        await ask(Offering(timeout_s=5), **fields)
    assert caught.value.code == code
