"""Flite (BSD-like licence, as a child process): small, clear voices for English."""

from __future__ import annotations

import re
import shutil
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from polydub.engines import Availability, Capabilities, Quality
from polydub.languages import serves
from polydub_tts import pitch
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, RateRange, Raw, TtsEngine, ask
from polydub_tts.style import Style
from polydub_tts.text import to_ascii

PROGRAM = "flite"
LANGUAGE = "en-US"
RATES = RateRange(0.85, 1.35)
VOICES = (
    EngineVoice("slt", "Slt", LANGUAGE, FEMALE, 170.2, 120.0, 260.0),
    EngineVoice("rms", "Rms", LANGUAGE, MALE, 100.0, 70.0, 160.0),
    EngineVoice("awb", "Awb", LANGUAGE, MALE, 126.0, 85.0, 200.0),
    EngineVoice("kal16", "Kal", LANGUAGE, MALE, 89.4, 68.0, 140.0),
)
"""Its clear voices, with their measured median pitch."""


class FliteEngine(TtsEngine):
    """One woman's and three men's voices, English only."""

    id: ClassVar[str] = "flite"

    def available(self) -> Availability:
        if not shutil.which(PROGRAM):
            return Availability.no("flite is not installed", "apt install flite")
        return pitch.available()

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Flite",
            version=self._version,
            quality=Quality.STANDARD,
            licence="BSD-like (CMU)",
            commercial_use=True,
            languages=frozenset({LANGUAGE}),
            limits=("Speaks English only.", "Letters outside ASCII lose their accents."),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        return VOICES if serves(LANGUAGE, language) else ()

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
        source, path = folder / "line.txt", folder / "spoken.wav"
        source.write_text(to_ascii(text))
        stretch = f"duration_stretch={1 / rate:.4f}"
        await self._run(
            [PROGRAM, "-voice", voice.id, "--setf", stretch, "-f", str(source), "-o", str(path)]
        )
        return Raw(self._read(path), voice.f0_hz)

    @cached_property
    def _version(self) -> str:
        found = re.search(r"flite-(\d+(\.\d+)*)", ask([PROGRAM, "--version"]))
        return found.group(1) if found else "unknown"
