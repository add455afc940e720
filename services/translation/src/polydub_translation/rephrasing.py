"""Other ways to say one line, nearer to a wanted length."""

from __future__ import annotations

import math
from collections.abc import Iterable

from polydub_translation import glossary
from polydub_translation.engines.base import Candidate, TranslationEngine, Wording
from polydub_translation.hypotheses import garbled

RATIOS = (0.2, 5.0)
"""What may be asked for: beyond it nothing of the line is left, or it is another text."""


async def rephrase(engine: TranslationEngine, wording: Wording) -> tuple[Candidate, ...]:
    """What one engine offers that may be said instead, nearest to the wanted length first.

    Raises:
        StageError: see :meth:`TranslationEngine.rephrase`.
    """
    return nearer(await engine.rephrase(wording), wording)


def nearer(offered: Iterable[Candidate], wording: Wording) -> tuple[Candidate, ...]:
    """Those nearer to the wanted length than the line as it is, the nearest first: pure.

    Garbage is left out, and what lacks terms that the line as it is has.
    """
    terms = wording.glossary.occurring(wording.source_text)
    lacking = set(glossary.missing(terms, wording.text))
    sound = (
        each
        for each in offered
        if any(map(str.isalpha, each.text))
        and not garbled(each.text, wording.source_text)
        and set(glossary.missing(terms, each.text)) <= lacking
        and _off(each.text, wording) < _off(wording.text, wording)
    )
    distinct = {each.text.casefold(): each for each in sound}
    return tuple(sorted(distinct.values(), key=lambda each: _off(each.text, wording)))


def _off(text: str, wording: Wording) -> float:
    """How far a text is from the wanted length, the same for half and for twice of it."""
    return abs(math.log(max(1, len(text)) / (wording.ratio * max(1, len(wording.text)))))
