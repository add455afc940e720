"""The languages that engines with a reach of hundreds offer."""

from __future__ import annotations

from functools import cache
from itertools import permutations

from polydub import languages
from polydub.engines import LanguagePair

_WHISPER = """
    af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he
    hi hr ht hu hy id is it ja jv ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl
    nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz
    vi yi yo yue zh
"""
TAGS = frozenset(map(languages.base, _WHISPER.split()))
"""What Whisper hears (its tokenizer's list): no other recogniser here knows more, so a pair beyond
these could not be dubbed."""


@cache
def all_pairs() -> tuple[LanguagePair, ...]:
    """Every direction between two of the languages."""
    return tuple(LanguagePair(*pair) for pair in permutations(sorted(TAGS), 2))
