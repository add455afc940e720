"""Language tags: BCP-47 in one type."""

from __future__ import annotations

import langcodes
from langcodes.tag_parser import LanguageTagError

AUTO = "auto"
"""The source language is to be found out."""


def normalize(tag: str) -> str:
    """The canonical spelling of a BCP-47 tag: ``EN_us`` -> ``en-US``, ``spa`` -> ``es``.

    Raises:
        ValueError: when the text is no language tag, or names no known language.
    """
    try:
        language = langcodes.get(langcodes.standardize_tag(tag))
    except LanguageTagError as error:
        raise ValueError(f"{tag!r} is no language tag") from error
    if not language.is_valid():
        raise ValueError(f"{tag!r} names no known language")
    return language.to_tag()


def base(tag: str) -> str:
    """The language without region or script: ``pt-BR`` -> ``pt``."""
    return langcodes.get(tag).language or tag


def iso639_2(tag: str) -> str:
    """The three-letter code that containers such as MP4 carry: ``es`` -> ``spa``."""
    return langcodes.get(tag).to_alpha3(variant="T")


def name(tag: str, in_language: str = "en") -> str:
    """The language's name for people: ``es`` -> ``Spanish``."""
    return langcodes.get(tag).display_name(in_language)


def serves(offered: str, wanted: str) -> bool:
    """Whether something offered for one tag serves another: ``es`` serves ``es-MX`` and back."""
    return offered == wanted or base(offered) == base(wanted)
