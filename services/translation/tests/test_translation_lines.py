"""Lines that an engine does not say, or not as asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, LanguagePair, Quality
from polydub.errors import WARNINGS, EngineFailed, StageError
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine
from polydub_translation.glossary import Glossary, Term
from polydub_translation.hypotheses import garbled
from polydub_translation.lines import Rendering, render

pytestmark = pytest.mark.unit

Say = Callable[[str], tuple[str, ...]]


class Scripted(TranslationEngine):
    """Says what the test wants."""

    def __init__(self, name: str, say: Say, *, error: StageError | None = None) -> None:
        super().__init__(timeout_s=5)
        self.id = name  # type: ignore[misc]
        self.say = say
        self.error = error
        self.asked: list[Batch] = []

    def capabilities(self) -> Capabilities:
        return Capabilities(self.id, "1", Quality.DRAFT, "MIT", True)

    def available(self) -> Availability:
        return Availability.yes()

    def route(self, source: str, target: str) -> LanguagePair | None:
        return LanguagePair(source, target)

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        self.asked.append(batch)
        if self.error:
            raise self.error
        return tuple(
            Translated(tuple(Candidate(said, 1.0) for said in self.say(line)))
            for line in batch.texts
        )


def table(said: Mapping[str, str | tuple[str, ...]]) -> Say:
    def say(line: str) -> tuple[str, ...]:
        found = said.get(line, ())
        return (found,) if isinstance(found, str) else found

    return say


CAT = Glossary.of([Term("cat", "gato")])


def script(*texts: str, glossary: Glossary = CAT) -> Batch:
    slots = tuple(range(len(texts)))
    return Batch(texts, "en", "es", candidates=3, slots_ms=slots, glossary=glossary)


def said(rendering: Rendering) -> list[list[str]]:
    return [[each.text for each in line.candidates] for line in rendering.lines]


def codes(rendering: Rendering) -> list[tuple[int, str]]:
    return [(note.at, note.code) for note in rendering.notes]


async def test_only_lines_that_are_lost_go_to_the_next_engine() -> None:
    first = Scripted("first", table({"One.": "Uno."}))
    second = Scripted("second", table({"Two.": "Dos.", "One.": "no"}))
    third = Scripted("third", table({"Three.": "Tres."}))
    done = await render(first, [second, third], script("One.", "...", "Two.", "Three.", "Four."))
    assert said(done) == [["Uno."], ["..."], ["Dos."], ["Tres."], []]
    assert [batch.texts for batch in second.asked] == [("Two.", "Three.", "Four.")]
    assert second.asked[0].slots_ms == (2, 3, 4)
    assert [batch.texts for batch in third.asked] == [("Three.", "Four.")]
    assert codes(done) == [(2, "engine_fallback"), (3, "engine_fallback"), (4, "line_untranslated")]
    assert [each.id for each in done.engines] == ["first", "second", "third"]
    assert not WARNINGS["engine_fallback"].grave
    assert WARNINGS["line_untranslated"].grave


async def test_garbage_counts_as_nothing() -> None:
    first = Scripted("first", table({"The cat.": ("la " * 9, "el el el el el el el gato")}))
    second = Scripted("second", table({"The cat.": "El gato."}))
    done = await render(first, [second], script("The cat."))
    assert said(done) == [["El gato."]]


@pytest.mark.parametrize(
    ("text", "source", "garbage"),
    [
        ("no no no no no no", "I said no.", True),
        ("no no no no no no", "no no no no no no", False),
        ("a la casa a la casa a la casa a la casa a la casa", "home", True),
        ("no, no, no, no", "not at all", False),
        ("La casaestestestestestestestest", "home", True),
        ("好好好好好好好好", "good", True),
        ("Hmmmmmmmmm.", "Hmmmmmmmmmm.", False),
        ("No........", "No.", False),
        ("Es una prueba.", "This is a test.", False),
        ("", "", False),
    ],
)
def test_garbage(text: str, source: str, garbage: bool) -> None:
    assert garbled(text, source) is garbage


async def test_a_helper_that_breaks_off_is_passed_over() -> None:
    first = Scripted("first", table({}))
    broken = Scripted("broken", table({}), error=EngineFailed("no"))
    last = Scripted("last", table({"One.": "Uno."}))
    done = await render(first, [broken, last], script("One."))
    assert said(done) == [["Uno."]]
    assert [each.id for each in done.engines] == ["first", "last"]


async def test_the_first_engine_s_error_is_told() -> None:
    broken = Scripted("broken", table({}), error=EngineFailed("no"))
    with pytest.raises(EngineFailed):
        await render(broken, [Scripted("last", table({}))], script("One."))


async def test_candidates_with_the_term_come_before_better_ones() -> None:
    engine = Scripted("one", table({"My cat.": ("Mi felino.", "Mi gato.", "Mi gato, sí.")}))
    done = await render(engine, [], script("My cat."))
    assert said(done) == [["Mi gato.", "Mi gato, sí."]]
    assert len(engine.asked) == 1
    assert done.notes == []


async def test_a_term_that_is_missed_is_asked_for_by_a_token() -> None:
    engine = Scripted(
        "one",
        table({
            "My cat.": "Mi felino.", "Hi.": "Hola.",
            "My X1X.": ("Mi X2X.", "Mi x1x.", "Sí, mi X1X."),
        }),
    )  # fmt: skip
    done = await render(engine, [], script("Hi.", "My cat."))
    assert said(done) == [["Hola."], ["Mi gato.", "Sí, mi gato."]]
    assert [batch.texts for batch in engine.asked] == [("Hi.", "My cat."), ("My X1X.",)]
    assert engine.asked[0].glossary == CAT
    assert not engine.asked[1].glossary
    assert done.notes == []


@pytest.mark.parametrize("error", [None, EngineFailed("no")])
async def test_a_term_that_stays_missed_is_a_warning(error: StageError | None) -> None:
    engine = Scripted("one", table({"My cat.": "Mi felino.", "My X1X.": "Mi XX."}))
    plain = engine._translate

    async def breaks_off_again(batch: Batch, on_progress: OnProgress | None) -> object:
        engine.error = error if engine.asked else None
        return await plain(batch, on_progress)

    engine._translate = breaks_off_again  # type: ignore[method-assign, assignment]
    done = await render(engine, [], script("My cat."))
    assert said(done) == [["Mi felino."]]
    assert codes(done) == [(0, "glossary_missed")]
    assert "gato" in done.notes[0].message
    assert not WARNINGS["glossary_missed"].grave


async def test_without_terms_nothing_is_asked_twice() -> None:
    engine = Scripted("one", table({"My cat.": ("Mi felino.", "Mi gato.")}))
    done = await render(engine, [], script("My cat.", glossary=Glossary()))
    assert said(done) == [["Mi felino.", "Mi gato."]]
    assert len(engine.asked) == 1
