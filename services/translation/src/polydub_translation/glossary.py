"""Terms, and how they are to be said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from polydub import languages

TOKEN = re.compile(r"X(\d+)X", re.IGNORECASE)
"""What stands for a piece that an engine must not touch. Some put it in lower case."""

_UNSPACED = r"\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts that put no spaces between words: Thai to Burmese, Khmer, Japanese, Chinese."""
_SIGNS = r"\u0300-\u036f\u0900-\u0dff"
"""Signs that belong to the letter before them and are no ``\\w``: accents, Indic vowels."""
_NOT_BEHIND_LETTER = rf"(?<![^\W{_UNSPACED}])(?<![{_SIGNS}])"
_NOT_BEFORE_LETTER = rf"(?![^\W{_UNSPACED}])(?![{_SIGNS}])"
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")
_SENTENCE_START = re.compile(r"(?:^|[.?!…]\s+)[\"'“‘«¿¡(\[]*$")


@dataclass(frozen=True)
class Entry:
    """A term as users give it."""

    source: str
    target_language: str = ""
    """Empty: every target language. A language counts for its regions too."""
    target: str = ""
    """Empty: the term stays as it is."""


@dataclass(frozen=True)
class Term:
    """A term of the source language and what it has to be in the translation."""

    source: str
    wanted: str

    @property
    def kept(self) -> bool:
        """Whether it stays as it is."""
        return self.source == self.wanted


@dataclass(frozen=True)
class Hidden:
    """A line in which tokens stand for terms."""

    text: str
    wanted: Mapping[int, str]
    """Number of a token -> the term that it stands for, as it is to be said."""


@dataclass(frozen=True)
class Glossary:
    """The terms that count for one target language, the longest first."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @classmethod
    def of(cls, terms: Iterable[Term]) -> Glossary:
        """Of several translations of one term, whatever its case, the last one counts."""
        distinct = {term.source.casefold(): term for term in terms}.values()
        return cls(tuple(sorted(distinct, key=lambda term: (-len(term.source), term.source))))

    def over(self, other: Glossary) -> Glossary:
        """Both glossaries; where they differ, this one counts."""
        return Glossary.of((*other.terms, *self.terms))

    @cached_property
    def alternatives(self) -> str:
        """A regular expression with one group for each term, in their order."""
        return "|".join(f"({whole(term.source)})" for term in self.terms)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.alternatives)

    def occurring(self, line: str) -> tuple[Term, ...]:
        """The terms in a line, in the order of the line; of those that overlap the first one, and
        of those that begin together the longest."""
        return tuple(dict.fromkeys(term for term, _ in self._found(line)))

    def hide(self, line: str) -> Hidden:
        """The line with a token for each term in it."""
        first = 1 + max((int(number) for number in TOKEN.findall(line)), default=0)
        wanted: dict[int, str] = {}
        text, end = "", 0
        for number, (term, found) in enumerate(self._found(line), first):
            text += f"{line[end : found.start()]}X{number}X"
            end = found.end()
            wanted[number] = term.wanted
        return Hidden(text + line[end:], wanted)

    def _found(self, line: str) -> Iterator[tuple[Term, re.Match[str]]]:
        if not self.terms:
            return
        for found in self._pattern.finditer(line):
            yield self.terms[(found.lastindex or 1) - 1], found


NO_TERMS = Glossary()


def glossary_for(entries: Iterable[Entry], target: str) -> Glossary:
    """The entries that concern a target language. Those for its region count before those for the
    language, and these before those for every language."""
    ranked = sorted(
        (entry for entry in entries if entry.source.strip() and _concerns(entry, target)),
        key=lambda entry: (entry.target_language == target, bool(entry.target_language)),
    )
    return Glossary.of(_term(entry) for entry in ranked)


def missing(terms: Iterable[Term], translation: str) -> tuple[Term, ...]:
    """The terms that a translation does not say as it should.

    Only the first letter's case is free, since it may start a sentence.
    """
    return tuple(term for term in terms if not _says(translation, term.wanted))


def respelled(translation: str, terms: Iterable[Term]) -> str:
    """The translation with those terms in their own letters that stay as they are."""
    for term in terms:
        if term.kept and not _says(translation, term.wanted):
            literal = term.wanted.replace("\\", r"\\")
            translation = _whole_pattern(term.wanted).sub(literal, translation)
    return translation


def restored(translation: str, wanted: Mapping[int, str]) -> str | None:
    """The translation with its terms in place of their tokens; None when one is lost or doubled."""
    found = sorted(number for number in map(int, TOKEN.findall(translation)) if number in wanted)
    return reveal(translation, wanted) if found == sorted(wanted) else None


def reveal(translation: str, wanted: Mapping[int, str]) -> str:
    """Puts terms in the place of their tokens, with a capital at the start of a sentence unless a
    term has capitals of its own."""

    def term(found: re.Match[str]) -> str:
        said = wanted.get(int(found[1]))
        if said is None:
            return found[0]
        if said.islower() and _SENTENCE_START.search(translation, 0, found.start()):
            return said[0].upper() + said[1:]
        return said

    return TOKEN.sub(term, translation)


def whole(words: str) -> str:
    """A regular expression for some words as whole words, in upper or lower case.

    Where a script puts no spaces between words, they may stand amid others.
    """
    body = r"\s+".join(map(re.escape, words.split()))
    before = "" if _UNSPACED_LETTER.match(words[0]) else _NOT_BEHIND_LETTER
    after = "" if _UNSPACED_LETTER.match(words[-1]) else _NOT_BEFORE_LETTER
    return f"(?i:{before}{body}{after})"


@lru_cache(maxsize=1024)
def _whole_pattern(words: str) -> re.Pattern[str]:
    return re.compile(whole(words))


def _says(translation: str, wanted: str) -> bool:
    for found in _whole_pattern(wanted).finditer(translation):
        if " ".join(found[0].split())[1:] == wanted[1:]:
            return True
    return False


def _concerns(entry: Entry, target: str) -> bool:
    return entry.target_language in ("", target, languages.base(target))


def _term(entry: Entry) -> Term:
    source = " ".join(entry.source.split())
    return Term(source, " ".join(entry.target.split()) or source)
