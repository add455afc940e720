"""Words: recognition against what was said, translation against a reference, leakage."""

from __future__ import annotations

import re

import jiwer
from sacrebleu import CHRF

LEAKING_LETTERS = 4
"""Words shorter than this are heard in any language."""
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my"})
"""Languages written without spaces between words: their error is counted in characters."""


def plain(text: str) -> str:
    """Lower case, letters, digits and apostrophes only."""
    return " ".join(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower().replace("’", "'")))


def word_error_rate(said: str, heard: str) -> float:
    """Substitutions, deletions and insertions over the words said."""
    return float(jiwer.wer(plain(said), plain(heard)))


def character_error_rate(said: str, heard: str) -> float:
    return float(jiwer.cer(plain(said), plain(heard)))


def counts_characters(language: str) -> bool:
    return language.split("-")[0] in _UNSPACED


def chrf(translation: str, reference: str) -> float:
    """chrF2, 0 to 100, of a whole text. Source: Popović, chrF, WMT 2015; sacrebleu's defaults."""
    return float(CHRF().corpus_score([translation], [[reference]]).score)


def leakage(said: str, heard: str) -> float | None:
    """The share of the longer words said that are among the words heard; None without any."""
    words = {word for word in plain(said).split() if len(word) >= LEAKING_LETTERS}
    return len(words & set(plain(heard).split())) / len(words) if words else None
