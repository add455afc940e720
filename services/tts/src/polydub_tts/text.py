"""Making a line's text fit for a speech engine."""

from __future__ import annotations

import unicodedata

_FIRST_PICTOGRAPH = 0x2190
"""Symbols from the arrows on are drawn, not read; below stand the degree sign and its like."""
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": ", ", "—": ", ", "…": "..."}
)


def speakable(text: str) -> bool:
    """Whether there is a letter or a digit to say."""
    return any(char.isalnum() for char in text)


def clean(text: str) -> str:
    """The text on one line, without control characters, emoji and invisible marks."""
    kept = (_kept(char) for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


def plain_quotes(text: str) -> str:
    """Typographic quotes, dashes and dots as their ASCII forms."""
    return text.translate(_PLAIN)


def to_ascii(text: str) -> str:
    """The text for engines that know ASCII only: accents are dropped, the rest left out."""
    flat = unicodedata.normalize("NFKD", plain_quotes(text))
    return flat.encode("ascii", "ignore").decode()


def _kept(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category in ("Cf", "Co", "Cs", "Cn", "Sk") or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category == "So" and ord(char) >= _FIRST_PICTOGRAPH:
        return " "
    return char
