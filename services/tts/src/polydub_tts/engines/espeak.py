"""eSpeak NG (GPL, as a child process): robotic, quick, and at home in a hundred languages."""

from __future__ import annotations

import re
import shutil
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import langcodes
import numpy as np

from polydub.engines import Availability, Capabilities, Quality
from polydub.languages import normalize, serves
from polydub_tts import pitch
from polydub_tts.engines.base import MALE, EngineVoice, RateRange, Raw, TtsEngine, ask
from polydub_tts.style import Style

PROGRAM = "espeak-ng"
WORDS_PER_MINUTE = 160
"""Its pace at rate 1. Words stay clear from 140 to 240 (word error rates in the README)."""
RATES = RateRange(0.875, 1.5)
VARIANTS = {"edward": 260.0, "benjamin": 130.0}
"""Two clear voice variants, both men's, and the pitch up to which each is used (error rates in the
README)."""
F0_HZ = 101.5
"""The median pitch of both, the same within 4 % over ten languages measured."""
_PITCHES_HZ = (68.7, 77.4, 88.2, 101.5, 117.3)
_PITCH_OPTIONS = (0, 20, 35, 50, 65)
"""Measured medians for ``-p``. Above the last, rubberband keeps the words better than ``-p``."""


class EspeakEngine(TtsEngine):
    """Two male voices in every language that the installed eSpeak NG lists."""

    id: ClassVar[str] = "espeak"

    def available(self) -> Availability:
        if not shutil.which(PROGRAM):
            return Availability.no("espeak-ng is not installed", "apt install espeak-ng")
        return pitch.available()

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="eSpeak NG",
            version=self._version,
            quality=Quality.DRAFT,
            licence="GPL-3.0-or-later",
            commercial_use=True,
            languages=frozenset(self._tags),
            limits=(
                "Sounds robotic.",
                "Has men's voices only; higher speakers get one of them raised in pitch.",
            ),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        tag = self._tag_for(language)
        if tag is None:
            return ()
        return tuple(
            EngineVoice(
                id=f"{self._tags[tag]}+{variant}",
                name=f"{variant.capitalize()} ({tag})",
                language=tag,
                gender=MALE,
                f0_hz=F0_HZ,
                f0_low_hz=_PITCHES_HZ[0],
                f0_high_hz=highest_hz,
            )
            for variant, highest_hz in VARIANTS.items()
        )

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        own_hz, option = _own_pitch(f0_hz)
        path = folder / "spoken.wav"
        argv = [
            PROGRAM, "--stdin", "-b", "1", "-v", voice.id,
            "-s", str(round(WORDS_PER_MINUTE * rate)), "-p", str(option), "-w", str(path),
        ]  # fmt: skip
        await self._run(argv, stdin=_without_phonemes(text).encode())
        return Raw(self._read(path), own_hz)

    @cached_property
    def _version(self) -> str:
        found = re.search(r"\d+(\.\d+)+\S*", ask([PROGRAM, "--version"]))
        return found.group() if found else "unknown"

    @cached_property
    def _tags(self) -> dict[str, str]:
        """The language tags it speaks, with its own names for them."""
        tags: dict[str, str] = {}
        for line in ask([PROGRAM, "--voices"]).splitlines()[1:]:
            code = line.split()[1]
            if (tag := _tag(code)) is not None:
                tags.setdefault(tag, code)
        return tags

    def _tag_for(self, language: str) -> str | None:
        if language in self._tags:
            return language
        related = [tag for tag in self._tags if serves(tag, language)]
        found, _ = langcodes.closest_match(language, related)
        return found if found in related else None


def _tag(code: str) -> str | None:
    """Its name for a language as a BCP-47 tag; None for made-up dialects and romanised scripts."""
    if "-x-" in code or "latn" in code:
        return None
    try:
        return normalize(code)
    except ValueError:
        return None


def _own_pitch(f0_hz: float) -> tuple[float, int]:
    """The pitch that it does itself on the way to ``f0_hz``, and the option for it."""
    if f0_hz > _PITCHES_HZ[-1]:
        return F0_HZ, 50
    return f0_hz, round(float(np.interp(f0_hz, _PITCHES_HZ, _PITCH_OPTIONS)))


def _without_phonemes(text: str) -> str:
    """eSpeak reads what stands in double square brackets as phonemes, not as text."""
    return text.replace("[[", "[ ").replace("]]", " ]")
