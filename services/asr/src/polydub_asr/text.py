"""Recognised English words as a sentence for people: capitals and the final stop are guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from polydub import languages

_CAPITALS = """
i monday tuesday wednesday thursday friday saturday sunday january february april june july august
september october november december christmas mr. mrs. ms. dr. english french spanish german
italian american british european
"""
_ALWAYS_CAPITAL = frozenset(_CAPITALS.split())
"""Words that are not also common words in lower case (as "may" and "march" are)."""

_AUXILIARIES = (
    r"am|is|are|was|were|do|does|did|have|has|had|can|could|will|would|shall|should|may|must"
)
_NEGATED = rf"(?:{_AUXILIARIES}|won|couldn|wouldn|shouldn|isn|aren|wasn|weren|don|doesn|didn)n?'t"
_SUBJECTS = (
    r"i|you|he|she|it|we|they|there|this|that|these|those|the|a|an|my|your|his|her|our|their|"
    r"anyone|anybody|someone|somebody|everyone|everybody|any|all|both"
)
_OPENERS = r"hello|hi|hey|well|so|and|but|or|okay|oh|yes|yeah|no|now|then|please|excuse me|sorry"
_QUESTION = re.compile(
    rf"""
    ^(?:(?:{_OPENERS})\s+)*
    (?:
      (?:{_AUXILIARIES}|{_NEGATED})\s+(?:{_SUBJECTS})\b
    | (?:what|who|whom|where|when|why|how|which)\s+(?:{_AUXILIARIES}|{_NEGATED})\b
    | (?:what|who|where|when|why|how)'(?:s|re|d|ll|ve)\b
    | how\s+(?:many|much|long|old|far|often|about|come)\b
    | (?:what|which)\s+\w+\s+(?:{_AUXILIARIES})\s+(?:{_SUBJECTS})\b
    | what\s+about\b
    | (?:who|what)\s+(?:wants|happened|happens|comes|knows|said)\b
    )
    """,
    re.VERBOSE,
)
_TAG = re.compile(rf"\b(?:{_NEGATED})\s+(?:i|you|he|she|it|we|they)$")
_IMPERATIVE = re.compile(r"^(?:have a|do (?:the|this|that|it|your|all|both|any))\b")
"""Begins like a question but orders or wishes."""


_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, kana and Chinese characters with their punctuation: written without spaces
between words."""

_END = re.compile(r"(?:[?!…。！？]|[^\W.]{4,}\.)[\"'”’»)」』]*$")
"""Behind a full stop only after four letters: shorter words may be abbreviations."""


def joined(words: Sequence[str]) -> str:
    """Words with their own punctuation as a text, with spaces where their script has them."""
    text = ""
    for word in words:
        close = not text or is_unspaced(text[-1]) or is_unspaced(word[0])
        text += word if close else f" {word}"
    return text


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that has no spaces between words."""
    return bool(_UNSPACED.match(character))


def ends_sentence(word: str) -> bool:
    """Whether a word with its punctuation closes a sentence; "Mrs." and "U.S." do not."""
    return bool(_END.search(word))


def sentence(words: Sequence[str], language: str) -> str:
    """The words as one sentence. Only English is touched; other languages stay as they came."""
    text = " ".join(words)
    if not text or languages.base(language) != "en":
        return text
    cased = " ".join(_cased(word) for word in words)
    cased = cased[0].upper() + cased[1:]
    if cased[-1] in "?!…" or (cased[-1] == "." and not is_question(text)):
        return cased
    return cased.removesuffix(".") + ("?" if is_question(text) else ".")


def is_question(text: str) -> bool:
    """Whether lower-case English words without punctuation ask something, by how they begin.

    An auxiliary before its subject, a question word before an auxiliary, or a tag at the end.
    "when the time comes I go" does not ask, nor does "do your best".
    """
    lower = text.lower().rstrip(".")
    if _IMPERATIVE.match(lower):
        return False
    return bool(_QUESTION.match(lower) or _TAG.search(lower))


def _cased(word: str) -> str:
    if word in _ALWAYS_CAPITAL or word.startswith("i'"):
        return word[0].upper() + word[1:]
    if re.fullmatch(r"(?:[a-z]\.)+(?:'?s)?", word):
        return word[:-1].upper() + word[-1] if word.endswith("s") else word.upper()
    return word
