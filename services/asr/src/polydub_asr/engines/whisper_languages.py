"""Whisper's language codes and the BCP-47 tags they stand for."""

from __future__ import annotations

from collections.abc import Iterable

import langcodes

from polydub import languages

_OPENAI = """
af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr
ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc
pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh
"""
MULTILINGUAL = frozenset(_OPENAI.split())
"""The 99 languages of OpenAI's multilingual models; the newer large ones add ``yue``."""

_ALSO = {"nb": "no", "cmn": "zh"}
"""Tags for the same speech that canonical spelling does not bring together."""
_MANDARIN = "zh"
_SIMPLIFIED = "以下是普通话的句子。"
_TRADITIONAL = "以下是普通話的句子。"


def codes_by_tag(codes: Iterable[str]) -> dict[str, str]:
    """Whisper's code for each base tag that it stands for: ``jv`` -> ``jw``, ``nb`` -> ``no``."""
    known = {languages.normalize(code): code for code in codes}
    return known | {tag: known[same] for tag, same in _ALSO.items() if same in known}


def script_prompt(tag: str, code: str) -> str | None:
    """A sentence before the first, in the script to write; None where there is only one.

    Whisper has one code for Mandarin and goes on in the script that it sees.
    """
    if code != _MANDARIN:
        return None
    return _TRADITIONAL if langcodes.get(tag).maximize().script == "Hant" else _SIMPLIFIED
