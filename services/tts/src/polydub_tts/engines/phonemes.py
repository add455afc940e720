"""Text as phonemes: eSpeak NG (GPL, as a child process) for voices that were trained on its IPA."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from polydub.engines import Availability
from polydub_tts.text import plain_quotes

PROGRAM = "espeak-ng"
_BREAK = re.compile(r"(?<=[.!?;:,])\s+")
_END = re.compile(r"([.!?;:,])\W*$")
_LANGUAGE_SWITCH = re.compile(r"\([a-z][a-z0-9-]*\)")
"""eSpeak marks words that it takes for another language: ``(en)ˈoʊkeɪ(es)``."""
_SENTENCE_ENDS = frozenset(".!?")


@dataclass(frozen=True)
class Clause:
    """A stretch of speech in IPA, and the punctuation mark at its end, if any."""

    ipa: str
    mark: str

    @property
    def text(self) -> str:
        return self.ipa + self.mark


class Run(Protocol):
    """Runs a child and gives what it prints, as :class:`TtsEngine` does."""

    def __call__(self, argv: Sequence[str], *, stdin: bytes | None = None) -> Awaitable[bytes]: ...


def available() -> Availability:
    """Whether texts can be turned into phonemes here."""
    if shutil.which(PROGRAM):
        return Availability.yes()
    return Availability.no("espeak-ng is not installed", "apt install espeak-ng")


async def clauses(text: str, voice: str, run: Run, *, tie: str = "") -> list[Clause]:
    """The clauses of a text as eSpeak's voice would say them.

    eSpeak prints no punctuation, but voices take their melody from it; so each clause is a call of
    its own.

    Args:
        voice: eSpeak's name for the language.
        tie: a mark to join the signs of one phoneme (``t^ʃ``).
    """
    argv = [PROGRAM, "-q", "--stdin", "-b", "1", "--ipa", *([f"--tie={tie}"] if tie else [])]
    found = []
    for part in _BREAK.split(plain_quotes(text)):
        printed = (await run([*argv, "-v", voice], stdin=_without_phonemes(part).encode())).decode()
        ipa = " ".join(_LANGUAGE_SWITCH.sub("", printed).split())
        if ipa:
            mark = _END.search(part)
            found.append(Clause(ipa, mark.group(1) if mark else ""))
    return found


def sentences(parts: Sequence[Clause], at_most: int) -> list[str]:
    """The clauses joined to sentences of at most ``at_most`` signs; longer clauses are cut."""
    joined: list[str] = []
    ended = True
    for clause in parts:
        if not ended and len(joined[-1]) + 1 + len(clause.text) <= at_most:
            joined[-1] += f" {clause.text}"
        else:
            joined += textwrap.wrap(clause.text, at_most)
        ended = clause.mark in _SENTENCE_ENDS
    return joined


def _without_phonemes(text: str) -> str:
    """eSpeak reads what stands in double square brackets as phonemes, not as text."""
    return text.replace("[[", "[ ").replace("]]", " ]")
