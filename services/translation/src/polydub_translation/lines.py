"""The lines of a talk through engines: each one said, with its terms, and by another if need be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from polydub import telemetry
from polydub.blocking import OnProgress
from polydub.errors import StageError
from polydub.fallback import passes_on
from polydub_translation import glossary
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine
from polydub_translation.glossary import NO_TERMS, Term
from polydub_translation.hypotheses import garbled

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Note:
    """What a person should know about a line."""

    at: int
    code: str
    """Of ``polydub.errors.WARNINGS``."""
    message: str


@dataclass
class Rendering:
    """Lines in their other language."""

    lines: list[Translated]
    engines: list[TranslationEngine]
    """Who took part, the one asked first in front."""
    notes: list[Note] = field(default_factory=list)


async def render(
    engine: TranslationEngine,
    others: Sequence[TranslationEngine],
    batch: Batch,
    *,
    on_progress: OnProgress | None = None,
) -> Rendering:
    """The translations of all lines by one engine; where it says nothing to a line, by the others.

    Raises:
        StageError: what the first engine raises; see :meth:`TranslationEngine.translate`.
    """
    done = Rendering(await _by(engine, batch, on_progress), [engine])
    for other in others:
        if lost := _lost(batch, done.lines):
            await _help_out(other, batch, lost, done)
    done.notes += [
        Note(at, "line_untranslated", "No engine could translate this line.")
        for at in _lost(batch, done.lines)
    ]
    done.notes += _missed_terms(batch, done.lines)
    return done


async def _help_out(
    other: TranslationEngine, batch: Batch, lost: Sequence[int], done: Rendering
) -> None:
    """Has another engine say the lines that are lost."""
    try:
        found = await _by(other, batch.only(lost), None)
    except StageError as error:
        if not passes_on(error):
            raise
        log.warning("engine broke off", engine=other.id, code=error.code, why=error.message)
        return
    for at, translated in zip(lost, found, strict=True):
        if translated.candidates:
            done.lines[at] = translated
            message = f"{other.id} translated this line, as {done.engines[0].id} could not."
            done.notes.append(Note(at, "engine_fallback", message))
            if other not in done.engines:
                done.engines.append(other)


def _lost(batch: Batch, lines: Sequence[Translated]) -> list[int]:
    """The lines with words that have no translation."""
    return [
        at
        for at, (text, line) in enumerate(zip(batch.texts, lines, strict=True))
        if not line.candidates and any(map(str.isalpha, text))
    ]


def _missed_terms(batch: Batch, lines: Sequence[Translated]) -> list[Note]:
    notes = []
    for at, (text, line) in enumerate(zip(batch.texts, lines, strict=True)):
        terms = batch.glossary.occurring(text)
        if line.candidates and (left := glossary.missing(terms, line.candidates[0].text)):
            words = ", ".join(f"{term.source} ({term.wanted})" for term in left)
            notes.append(Note(at, "glossary_missed", f"The translation lacks {words}."))
    return notes


async def _by(
    engine: TranslationEngine, batch: Batch, on_progress: OnProgress | None
) -> list[Translated]:
    """What one engine makes of the lines, without garbage, with the terms where it can."""
    found = await engine.translate(
        batch.texts,
        source=batch.source,
        target=batch.target,
        candidates=batch.candidates,
        slots_ms=batch.slots_ms,
        glossary=batch.glossary,
        on_progress=on_progress,
    )
    lines = [_sound(*pair) for pair in zip(batch.texts, found, strict=True)]
    if batch.glossary:
        terms = [batch.glossary.occurring(text) for text in batch.texts]
        lines = [_preferring(*pair) for pair in zip(lines, terms, strict=True)]
        if not engine.keeps_terms:
            await _insist(engine, batch, terms, lines)
    return lines


def _sound(text: str, line: Translated) -> Translated:
    kept = tuple(each for each in line.candidates if not garbled(each.text, text))
    return replace(line, candidates=kept)


def _preferring(line: Translated, terms: Sequence[Term]) -> Translated:
    """Only those candidates that lack the fewest terms."""
    if not terms:
        return line
    spelled = [replace(each, text=glossary.respelled(each.text, terms)) for each in line.candidates]
    lacks = [len(glossary.missing(terms, each.text)) for each in spelled]
    best = (each for each, lack in zip(spelled, lacks, strict=True) if lack == min(lacks))
    return replace(line, candidates=_distinct(best))


async def _insist(
    engine: TranslationEngine,
    batch: Batch,
    terms: Sequence[Sequence[Term]],
    lines: list[Translated],
) -> None:
    """Has lines that lack terms translated again, with tokens in the place of the terms.

    Models mostly copy such tokens; where one is lost, the first translation stays.
    """
    lacking = [
        at
        for at, line in enumerate(lines)
        if line.candidates and glossary.missing(terms[at], line.candidates[0].text)
    ]
    if not lacking:
        return
    hidden = [batch.glossary.hide(batch.texts[at]) for at in lacking]
    again = replace(
        batch.only(lacking), texts=tuple(each.text for each in hidden), glossary=NO_TERMS
    )
    try:
        found = await _by(engine, again, None)
    except StageError as error:
        if not passes_on(error):
            raise
        log.warning("terms not insisted on", engine=engine.id, code=error.code, why=error.message)
        return
    for at, each, line in zip(lacking, hidden, found, strict=True):
        said = (
            replace(candidate, text=text)
            for candidate in line.candidates
            if (text := glossary.restored(candidate.text, each.wanted)) is not None
        )
        if candidates := _distinct(said):
            lines[at] = replace(line, candidates=candidates)


def _distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple({each.text: each for each in candidates}.values())
