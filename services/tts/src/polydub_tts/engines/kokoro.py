"""Kokoro-82M: one neural model with many voices, better than Piper's and some ten times slower."""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed, EngineUnavailable
from polydub.languages import serves
from polydub.pcm import Samples
from polydub_tts.engines import onnx_voices, phonemes
from polydub_tts.engines.base import (
    FEMALE,
    MALE,
    EngineVoice,
    RateRange,
    Raw,
    TtsEngine,
    natural_voice,
)
from polydub_tts.engines.onnx_voices import Shelf
from polydub_tts.style import RATE, Style

RATE_HZ = 24_000
RATES = RateRange(0.8, 1.35)
"""The model's ``speed``; a guess, not measured."""
MOST_SIGNS = 500
"""The model takes 510 at a time."""
STYLE_SIZE = 256
_VOICE_NAME = re.compile(r"([abefhip])([fm])_\w+")
_LANGUAGES = {
    "a": ("en-US", "en-us"),
    "b": ("en-GB", "en-gb"),
    "e": ("es", "es"),
    "f": ("fr-FR", "fr-fr"),
    "h": ("hi", "hi"),
    "i": ("it", "it"),
    "p": ("pt-BR", "pt-br"),
}
"""The first letter of a voice's name: its language, and eSpeak's name for that. Japanese and
Chinese (j, z) need phonemes that eSpeak doesn't give."""
_TIE = "^"
_SHORT = {
    "a^ɪ": "I", "a^ʊ": "W", "e^ɪ": "A", "o^ʊ": "O", "ɔ^ɪ": "Y", "ə^ʊ": "Q",
    "d^z": "ʣ", "d^ʒ": "ʤ", "t^s": "ʦ", "t^ʃ": "ʧ",
}  # fmt: skip
"""Kokoro's own letters for diphthongs and affricates (misaki's EN_PHONES.md)."""
_ENGLISH = {
    **_SHORT, "ə^l": "ᵊl", "e": "A", "r": "ɹ", "x": "k", "ç": "k", "ɐ": "ə", "ɚ": "əɹ", "ɬ": "l",
    "ʔ": "t", "ʲ": "", "o": "ɔ",
}  # fmt: skip
_AMERICAN = {**_ENGLISH, "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": ""}
_BRITISH = {**_ENGLISH, "e^ə": "ɛː", "iə": "ɪə"}
_TABLES = {"en-us": _AMERICAN, "en-gb": _BRITISH}


@dataclass(frozen=True)
class KokoroModel:
    """A folder with the model, its signs and its voices.

    Attributes:
        signs: the model's number for each sign.
        voices: names.
    """

    path: Path
    signs: Mapping[str, int]
    voices: tuple[str, ...]

    def encoded(self, sentence: str) -> list[int]:
        return [self.signs[sign] for sign in sentence if sign in self.signs]

    def styles(self, voice: str) -> Samples:
        """The voice's style for each number of signs, shape (about 510, 256).

        Raises:
            EngineUnavailable: its file is broken.
        """
        try:
            return _styles(self.path.parent, voice).reshape(-1, STYLE_SIZE)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise EngineUnavailable(f"The voice {voice} of kokoro can't be read.") from error


class KokoroEngine(TtsEngine):
    """The voices of the first usable model folder.

    The folder holds one ``.onnx``, its signs (``config.json`` or ``tokenizer.json``) and its voices
    (``voices*.bin``, or one file for each in ``voices/``).
    """

    id: ClassVar[str] = "kokoro"
    carries: frozenset[str] = frozenset({RATE})

    def __init__(self, folder: Path, shelf: Shelf, timeout_s: float = 60.0) -> None:
        super().__init__(timeout_s)
        self._folder, self._shelf = folder, shelf

    def available(self) -> Availability:
        model, refusal = self._found
        return onnx_voices.available(self._folder, model is not None, refusal)

    def capabilities(self) -> Capabilities:
        model = self._found[0]
        return Capabilities(
            name="Kokoro",
            version=onnx_voices.engine_version([model.path] if model else []),
            quality=Quality.STUDIO,
            licence="Apache-2.0; phonemes by eSpeak NG (GPL-3.0-or-later)",
            commercial_use=True,
            languages=frozenset(_LANGUAGES[name[0]][0] for name in model.voices)
            if model
            else frozenset(),
            neural=True,
            limits=(
                "Voices' pitch is not known to it, so it can't be matched.",
                "Does not speak Japanese and Chinese here.",
            ),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        model = self._found[0]
        return tuple(
            natural_voice(
                name,
                name[3:].capitalize(),
                _LANGUAGES[name[0]][0],
                gender=FEMALE if name[1] == "f" else MALE,
            )
            for name in (model.voices if model else ())
            if serves(_LANGUAGES[name[0]][0], language)
        )

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES

    def close(self) -> None:
        self._shelf.clear()

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        model = self._found[0]
        if model is None:
            raise EngineUnavailable("kokoro has no model.")
        encoded = [
            ids for each in await self._sentences(text, voice) if (ids := model.encoded(each))
        ]
        styles = await asyncio.to_thread(model.styles, voice.id)
        sound = await onnx_voices.say(
            self._shelf,
            model.path,
            encoded,
            lambda session, ids, options: _run(session, ids, styles, rate, options),
            rate_hz=RATE_HZ,
            rate=rate,
            engine_id=self.id,
        )
        return Raw(sound, voice.f0_hz)

    async def _sentences(self, text: str, voice: EngineVoice) -> list[str]:
        espeak_voice = _LANGUAGES[voice.id[0]][1]
        parts = await phonemes.clauses(text, espeak_voice, self._run, tie=_TIE)
        return [as_kokoro(each, espeak_voice) for each in phonemes.sentences(parts, MOST_SIGNS)]

    @cached_property
    def _found(self) -> tuple[KokoroModel | None, str]:
        """The first usable model, or what is wrong with the last one."""
        refusal = ""
        for path in sorted(self._folder.glob("*/*.onnx")):
            try:
                return read_model(path), ""
            except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
                refusal = f"the folder {path.parent.name} is not whole: {type(error).__name__}"
        return None, refusal


def read_model(path: Path) -> KokoroModel:
    """The model's signs and the names of its voices.

    Raises:
        OSError, ValueError, KeyError, TypeError, BadZipFile: the folder is not whole.
    """
    folder = path.parent
    voices = tuple(name for name in _voice_names(folder) if _VOICE_NAME.fullmatch(name))
    if not voices:
        raise ValueError("no voices")
    return KokoroModel(path, _signs(folder), voices)


def as_kokoro(ipa: str, espeak_voice: str) -> str:
    """eSpeak's tied IPA in the signs that Kokoro was trained on."""
    table = _TABLES.get(espeak_voice, _SHORT)
    longest_first = sorted(table, key=len, reverse=True)
    found = re.compile("|".join(map(re.escape, longest_first)))
    return found.sub(lambda match: table[match.group()], ipa).replace(_TIE, "")


def _signs(folder: Path) -> dict[str, int]:
    config = folder / "config.json"
    if config.is_file():
        told = json.loads(config.read_text(encoding="utf-8"))
        if "vocab" in told:
            return {str(sign): int(number) for sign, number in told["vocab"].items()}
    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return {str(sign): int(number) for sign, number in told["model"]["vocab"].items()}


def _archive(folder: Path) -> Path | None:
    return next(iter(sorted([*folder.glob("voices*.bin"), *folder.glob("voices*.npz")])), None)


def _voice_names(folder: Path) -> list[str]:
    if (archive := _archive(folder)) is not None:
        with zipfile.ZipFile(archive) as entries:
            return sorted(name.removesuffix(".npy") for name in entries.namelist())
    return sorted(path.stem for path in (folder / "voices").glob("*.bin"))


def _styles(folder: Path, voice: str) -> Samples:
    if (archive := _archive(folder)) is not None:
        with np.load(archive, allow_pickle=False) as arrays:
            return np.asarray(arrays[voice], np.float32)
    return np.fromfile(folder / "voices" / f"{voice}.bin", "<f4").astype(np.float32)


def _run(session: Any, ids: Sequence[int], styles: Samples, rate: float, options: Any) -> Samples:
    names = {each.name for each in session.get_inputs()}
    given = {
        "input_ids" if "input_ids" in names else "tokens": np.array([[0, *ids, 0]], np.int64),
        "style": styles[min(len(ids), len(styles) - 1)][None],
        "speed": np.array([rate], np.float32),
    }
    samples = np.asarray(session.run(None, given, options)[0], np.float32).reshape(-1)
    if not np.isfinite(samples).all():
        raise EngineFailed("kokoro gave no sound for a sentence.", retryable=False)
    return samples
