"""Festival (BSD-like, as a child process): voices of human origin for Catalan and Italian."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from polydub.engines import Availability, Capabilities, Quality
from polydub.languages import serves
from polydub_tts import pitch
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, RateRange, Raw, TtsEngine, ask
from polydub_tts.style import Style
from polydub_tts.text import plain_quotes

PROGRAM = "text2wave"
VOICES_FOLDER = Path("/usr/share/festival/voices")
"""Where Debian's voice packages put themselves, and where its Festival looks for them."""
RATES = RateRange(0.85, 1.35)
_STRETCH = "(Parameter.set 'Duration_Stretch {stretch:.4f})"
_HTS_RATE = '(set! hts_engine_params (cons \'("-r" {rate:.4f}) hts_engine_params))'


@dataclass(frozen=True)
class _Installable:
    """A voice that may be installed: its folder, its package, and how its rate is set in Scheme."""

    voice: EngineVoice
    folder: str
    package: str
    pace: str


_KNOWN = (
    _Installable(
        EngineVoice("upc_ca_ona_hts", "Ona", "ca", FEMALE, 175.8, 120.0, 250.0),
        "catalan/upc_ca_ona_hts",
        "festvox-ca-ona-hts",
        _HTS_RATE,
    ),
    _Installable(
        EngineVoice("lp_diphone", "Lp", "it", FEMALE, 205.1, 140.0, 270.0),
        "italian/lp_diphone",
        "festvox-italp16k",
        _STRETCH,
    ),
    _Installable(
        EngineVoice("pc_diphone", "Pc", "it", MALE, 112.7, 75.0, 170.0),
        "italian/pc_diphone",
        "festvox-itapc16k",
        _STRETCH,
    ),
)


class FestivalEngine(TtsEngine):
    """The Catalan and Italian voices whose packages are installed.

    A line's text only ever reaches Festival as the content of a file to be read aloud, so no text
    is taken for Scheme.
    """

    id: ClassVar[str] = "festival"

    def __init__(self, timeout_s: float = 60.0, voices_folder: Path = VOICES_FOLDER) -> None:
        super().__init__(timeout_s)
        self._voices_folder = voices_folder

    def available(self) -> Availability:
        if not shutil.which(PROGRAM):
            return Availability.no("festival is not installed", "apt install festival")
        if not self._installed:
            packages = " ".join(each.package for each in _KNOWN)
            return Availability.no("no Festival voice is installed", f"apt install {packages}")
        return pitch.available()

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Festival",
            version=self._version,
            quality=Quality.STANDARD,
            licence="BSD-like (CSTR); voices LGPL (Catalan), GPL (Italian)",
            commercial_use=True,
            languages=frozenset(each.voice.language for each in self._installed or _KNOWN),
            limits=("Takes about half a second for a line.", "Reads Latin letters only."),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        return tuple(
            each.voice for each in self._installed if serves(each.voice.language, language)
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
        source, path = folder / "line.txt", folder / "spoken.wav"
        source.write_bytes(plain_quotes(text).encode("latin-1", "ignore"))
        pace = next(each.pace for each in _KNOWN if each.voice.id == voice.id)
        argv = [
            PROGRAM, "-eval", f"(voice_{voice.id})",
            "-eval", pace.format(rate=rate, stretch=1 / rate), "-o", str(path), str(source),
        ]  # fmt: skip
        await self._run(argv)
        return Raw(self._read(path), voice.f0_hz)

    @cached_property
    def _installed(self) -> tuple[_Installable, ...]:
        return tuple(each for each in _KNOWN if (self._voices_folder / each.folder).is_dir())

    @cached_property
    def _version(self) -> str:
        found = re.search(r"\d+(\.\d+)+", ask(["festival", "--version"]))
        return found.group() if found else "unknown"
