"""What a line needs before a rule-based engine reads it, and before people read the result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from polydub import languages
from polydub_translation.glossary import NO_TERMS, TOKEN, Glossary

_SENTENCE_END = re.compile(r"[.?!…]+[\"'”’»)\]]*$")
_LONE_I = re.compile(r"\bi(?=['’]|\b)(?!\.)")
_CURLY_APOSTROPHE = re.compile(r"(?<=\w)’(?=\w)")

_OPAQUE = re.compile(
    r"""
      https?://\S*[\w/]                             # addresses
    | www\.\S*[\w/]
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                  # e-mail
    | X\d+X                                         # what looks like one of our own tokens
    | \d[\d.,]*\s?(?:km/h|m/s|kWh|k[gmWB]|[cm]m|[MGTk]?Hz|[MGT]i?B|[mc]?l|mg|°[CF])(?!\w)
    | (?=\w*\d)(?=\w*[^\W\d])(?!\d+(?:st|nd|rd|th)\b)\w+   # 4K, B2B, mp3, but not 3rd
    | \b[A-Z]{2,6}s?\b                              # acronyms: RAM would be a male sheep
    | \S*[*#~]\S*                                  # the engine's marks, and ~, which it drops
    | @\w+                                         # handles
    """,
    re.VERBOSE,
)
_TRANSLATABLE_CAPITALS = frozenset({"OK", "TV"})

_QUESTION_WORDS = (
    r"por qué|para qué|qué|quién|quiénes|cómo|cuándo|dónde|adónde|cuál|cuáles|cuánto|cuánta|"
    r"cuántos|cuántas"
)
_QUESTION_CLAUSE = re.compile(rf"(?:^|, )(?={_QUESTION_WORDS})", re.IGNORECASE)
_INVERTING = frozenset({"es", "ast"})
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True)
class Protected:
    """A line in which opaque pieces stand as ``X1X``, ``X2X``, ..."""

    text: str
    pieces: tuple[str, ...]
    wanted: Mapping[int, str] = field(default_factory=dict)
    """The tokens that stand for the glossary's terms; their pieces are the tokens themselves, so
    that what mends the translation leaves the terms alone (see ``glossary.reveal``)."""


def prepare(text: str, source: str) -> str:
    """The line as a sentence: capital, "I", final stop, straight apostrophes.

    Rule-based analysers read a lower-case "i" as a letter and guess the end of a sentence from
    its stop; recognition gives neither.
    """
    text = _CURLY_APOSTROPHE.sub("'", text.strip())
    if text.isupper() and " " in text:
        text = text.lower()
    if languages.base(source) == "en":
        text = _LONE_I.sub("I", text)
    text = capitalize(text)
    return text if _SENTENCE_END.search(text) else text + "."


def without_added_stop(translated: str, source_text: str) -> str:
    """The translation without the final stop that only :func:`prepare` gave to its source."""
    if _SENTENCE_END.search(source_text.strip()):
        return translated
    return re.sub(r"(?<![.。])[.。]$", "", translated)


def protect(text: str, glossary: Glossary = NO_TERMS) -> Protected:
    """Replaces what must come out as it went in: numbers with units, addresses, acronyms; and the
    glossary's terms."""
    pieces: list[str] = []
    wanted: dict[int, str] = {}

    def hide(found: re.Match[str]) -> str:
        piece = found[0]
        if found.lastindex:
            pieces.append(f"X{len(pieces) + 1}X")
            wanted[len(pieces)] = glossary.terms[found.lastindex - 1].wanted
            return pieces[-1]
        if piece in _TRANSLATABLE_CAPITALS:
            return piece
        kept = piece.rstrip(".,;:?!") or piece
        pieces.append(kept)
        return f"X{len(pieces)}X{piece[len(kept) :]}"

    return Protected(_opaque(glossary).sub(hide, text), tuple(pieces), wanted)


@lru_cache(maxsize=64)
def _opaque(glossary: Glossary) -> re.Pattern[str]:
    """What is hidden; where a term begins, all of it, and an address before the terms in it."""
    if not glossary:
        return _OPAQUE
    return re.compile(f"{glossary.alternatives}|{_OPAQUE.pattern}", re.VERBOSE)


def restore(text: str, pieces: tuple[str, ...]) -> str:
    """Puts the protected pieces back."""

    def reveal(found: re.Match[str]) -> str:
        number = int(found[1])
        return pieces[number - 1] if 0 < number <= len(pieces) else found[0]

    return TOKEN.sub(reveal, text)


def is_token(word: str) -> bool:
    """Whether a word is (or, in agglutinating targets, holds) a protected piece."""
    return bool(TOKEN.search(word))


def finish(translated: str, *, source_text: str, target: str) -> str:
    """The engine's answer as people write it.

    Single spaces, the source's final punctuation, no capitals that neither the source nor the
    start of a sentence calls for, Spanish opening marks, French spacing.
    """
    text = _close_up(translated)
    text = _like_source_end(text, source_text.strip())
    language = languages.base(target)
    if language != "en":
        text = _lower_stray_capitals(text, source_text)
    if language in _INVERTING:
        text = _open_marks(text)
    if language == "fr":
        text = _french_spaces(text)
    return capitalize_sentences(text)


def capitalize(text: str) -> str:
    """The text with its first letter in upper case, whatever quotation mark stands before it."""
    for position, letter in enumerate(text):
        if letter.isalnum():
            return text[:position] + letter.upper() + text[position + 1 :]
    return text


def capitalize_sentences(text: str) -> str:
    """Every sentence with a capital."""
    return "".join(capitalize(sentence) for sentence in _sentences(text))


def _sentences(text: str) -> list[str]:
    """The text cut behind its sentence ends; joined again it is the same."""
    return re.split(r"(?<=[.?!…])(?=\s+[^\W\d_¿¡])", text)


def _close_up(text: str) -> str:
    """Single spaces, and none before punctuation, which transfer rules leave behind."""
    return re.sub(r"\s+([.,;:?!…)\]])(?!\d)", r"\1", " ".join(text.split()))


def _like_source_end(text: str, source: str) -> str:
    """The line with exactly the final punctuation that the source has."""
    bare = text.rstrip(".?!… ")
    end = re.search(r"[.?!…]+$", source)
    if end is None:
        return bare if text.endswith(".") and not text.endswith("..") else text
    return text if text.endswith(end[0]) and bare else bare + end[0]


def _lower_stray_capitals(text: str, source: str) -> str:
    """Lower-cases words inside sentences where the source has no capital inside of one.

    Transfer rules that reorder words carry the capital of the first one along.
    """
    if not source.isupper() and any(_inner_capitals(part) for part in _sentences(source)):
        return text
    return "".join(_lower_inside(sentence) for sentence in _sentences(text))


def _inner_capitals(sentence: str) -> bool:
    words = _WORD.findall(sentence)[1:]
    return any(word[0].isupper() and not re.match(r"I(?:$|['’])", word) for word in words)


def _lower_inside(sentence: str) -> str:
    words = list(_WORD.finditer(sentence))[1:]
    for word in words:
        letters = word[0]
        if letters[1:] == letters[1:].lower():
            sentence = sentence[: word.start()] + letters.lower() + sentence[word.end() :]
    return sentence


def _open_marks(text: str) -> str:
    """``¿`` and ``¡`` where a sentence closes with ``?`` or ``!``.

    They stand before the clause that asks: "Hola, ¿cómo estás?" (Ortografía de la lengua
    española, RAE 2010, 3.4.9).
    """
    return "".join(_open_mark(sentence) for sentence in _sentences(text))


def _open_mark(sentence: str) -> str:
    closing = sentence.rstrip("\"'”») ")[-1:]
    opening = {"?": "¿", "!": "¡"}.get(closing)
    if opening is None or opening in sentence:
        return sentence
    body = sentence.lstrip()
    space = sentence[: len(sentence) - len(body)]
    clauses = [found.end() for found in _QUESTION_CLAUSE.finditer(body)]
    at = clauses[-1] if opening == "¿" and clauses else 0
    return space + body[:at] + opening + body[at:]


def _french_spaces(text: str) -> str:
    """Narrow no-break space before ``; ! ?``, no-break space before ``:`` and inside « ».

    Lexique des règles typographiques en usage à l'Imprimerie nationale.
    """
    text = re.sub(r"(?<=[^\s?!])\s*([;?!]+)(?=\s|$|[\"'”»)])", "\u202f\\1", text)
    text = re.sub(r"(?<=\w)\s*:(?=\s|$)", "\u00a0:", text)
    return re.sub(r"\s*»", "\u00a0»", re.sub(r"«\s*", "«\u00a0", text))
