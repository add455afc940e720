"""Piper: small neural voices for some thirty languages, each a model and a JSON file."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.languages import normalize, serves
from polydub.pcm import Samples
from polydub_tts.engines import onnx_voices, phonemes
from polydub_tts.engines.base import (
    EngineVoice,
    RateRange,
    Raw,
    TtsEngine,
    natural_voice,
)
from polydub_tts.engines.card import UNKNOWN_LICENCE, Card, not_declared, read_card
from polydub_tts.engines.onnx_voices import Shelf
from polydub_tts.style import RATE, Style

RATES = RateRange(0.8, 1.4)
"""The model sets its rate itself (``length_scale`` is 1 / rate); a guess, not measured."""
_SENTENCE_SIGNS = 400
_LICENCE = re.compile(r"^\W*licen[sc]e\W+(.+)$", re.IGNORECASE | re.MULTILINE)
_PAD, _START, _END = "_", "^", "$"


@dataclass(frozen=True)
class PiperModel:
    """One model with its JSON file.

    Attributes:
        scales: ``noise_scale``, ``length_scale`` and ``noise_w``.
        speakers: names by id; one without a name where the model knows no ids.
        genders: by the speaker's name, as far as the JSON file tells them.
        ids: what the model takes for each phoneme.
        spelled: it was trained on letters instead of phonemes.
    """

    path: Path
    language: str
    espeak_voice: str
    rate_hz: int
    scales: tuple[float, float, float]
    speakers: Mapping[int, str]
    genders: Mapping[str, str]
    ids: Mapping[str, Sequence[int]]
    spelled: bool
    licence: str
    commercial_use: bool

    @property
    def name(self) -> str:
        return self.path.parent.name

    def encoded(self, sentence: str) -> list[int]:
        """The sentence as the model takes it: a pad after each sign, signs unknown to it left out.

        As Piper itself does (piper-phonemize, ``phoneme_ids``).
        """
        signs = [sign for sign in unicodedata.normalize("NFD", sentence) if sign in self.ids]
        if not any(sign.isalpha() for sign in signs):
            return []
        middle = [each for sign in signs for each in (*self.ids[sign], *self.ids[_PAD])]
        return [*self.ids[_START], *self.ids[_PAD], *middle, *self.ids[_END]]


class PiperEngine(TtsEngine):
    """The voices in a folder: ``<voice>/<any>.onnx`` and ``<any>.onnx.json`` beside it.

    Voices are looked for once, when they are first asked for.

    Args:
        only_commercial: voices that are not known to be free for that are left out.
    """

    id: ClassVar[str] = "piper"
    carries: frozenset[str] = frozenset({RATE})

    def __init__(
        self,
        folder: Path,
        shelf: Shelf,
        timeout_s: float = 60.0,
        only_commercial: bool = False,
    ) -> None:
        super().__init__(timeout_s)
        self._folder, self._shelf = folder, shelf
        self._only_commercial = only_commercial

    def available(self) -> Availability:
        models, refusals = self._found
        return onnx_voices.available(self._folder, bool(models), " ".join(refusals))

    def capabilities(self) -> Capabilities:
        models, refusals = self._found
        licences = sorted({model.licence for model in models}) or [UNKNOWN_LICENCE]
        return Capabilities(
            name="Piper",
            version=onnx_voices.engine_version(model.path for model in models),
            quality=Quality.STANDARD,
            licence=f"voices: {'; '.join(licences)}; phonemes by eSpeak NG (GPL-3.0-or-later)",
            commercial_use=bool(models) and all(model.commercial_use for model in models),
            languages=frozenset(model.language for model in models),
            neural=True,
            limits=("Voices' pitch is not known to it, so it can't be matched.", *refusals),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        return tuple(
            natural_voice(
                f"{model.name}:{number}",
                f"{model.name} {speaker}".strip(),
                model.language,
                gender=model.genders.get(speaker, ""),
            )
            for model in self._found[0]
            if serves(model.language, language)
            for number, speaker in model.speakers.items()
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
        name, _, number = voice.id.rpartition(":")
        model = next(each for each in self._found[0] if each.name == name)
        encoded = [
            ids for each in await self._sentences(text, model) if (ids := model.encoded(each))
        ]
        sound = await onnx_voices.say(
            self._shelf,
            model.path,
            encoded,
            lambda session, ids, options: _run(session, model, ids, int(number), rate, options),
            rate_hz=model.rate_hz,
            rate=rate,
            engine_id=self.id,
        )
        return Raw(sound, voice.f0_hz)

    async def _sentences(self, text: str, model: PiperModel) -> list[str]:
        if model.spelled:
            return [text.casefold()]
        parts = await phonemes.clauses(text, model.espeak_voice, self._run)
        return phonemes.sentences(parts, _SENTENCE_SIGNS)

    @cached_property
    def _found(self) -> tuple[list[PiperModel], list[str]]:
        """The usable models by name, and what is wrong with the others."""
        models, refusals = [], []
        for path in sorted(self._folder.glob("*/*.onnx")):
            try:
                model = read_model(path)
                if self._only_commercial and not model.commercial_use:
                    refusals.append(not_declared(model.name, model.licence))
                else:
                    models.append(model)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                refusals.append(f"The voice {path.parent.name} has no readable {path.name}.json.")
        return models, refusals


def read_model(path: Path) -> PiperModel:
    """What the JSON file beside a model says.

    Raises:
        OSError, ValueError, KeyError, TypeError, AttributeError: it is missing or not Piper's.
    """
    told = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
    kind = told.get("phoneme_type", "espeak")
    if kind not in ("espeak", "text"):
        raise ValueError(f"phonemes of the kind {kind} are not supported")
    ids = {sign: tuple(numbers) for sign, numbers in told["phoneme_id_map"].items()}
    if not {_PAD, _START, _END} <= ids.keys():
        raise ValueError("signs are missing")
    wished = told.get("inference", {})
    card = read_card(path.parent)
    espeak_voice = told["espeak"]["voice"]
    return PiperModel(
        path=path,
        language=normalize(told.get("language", {}).get("code") or espeak_voice),
        espeak_voice=espeak_voice,
        rate_hz=int(told["audio"]["sample_rate"]),
        scales=(
            float(wished.get("noise_scale", 0.667)),
            float(wished.get("length_scale", 1.0)),
            float(wished.get("noise_w", 0.8)),
        ),
        speakers=_speakers(told),
        genders=card.genders,
        ids=ids,
        spelled=kind == "text",
        licence=_licence(path.parent, card),
        commercial_use=card.commercial_use,
    )


def _speakers(told: Mapping[str, Any]) -> dict[int, str]:
    count = int(told.get("num_speakers", 1))
    names = {int(number): name for name, number in told.get("speaker_id_map", {}).items()}
    return {number: names.get(number, str(number) if count > 1 else "") for number in range(count)}


def _licence(folder: Path, card: Card) -> str:
    """What our card says, else the one that Piper's voices come with."""
    theirs = folder / "MODEL_CARD"
    if card.licence != UNKNOWN_LICENCE or not theirs.is_file():
        return card.licence
    found = _LICENCE.search(theirs.read_text(encoding="utf-8", errors="replace"))
    return found.group(1).strip() if found else UNKNOWN_LICENCE


def _run(
    session: Any, model: PiperModel, ids: Sequence[int], speaker: int, rate: float, options: Any
) -> Samples:
    noise, length, noise_width = model.scales
    given = {
        "input": np.array([ids], np.int64),
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": np.array([noise, length / rate, noise_width], np.float32),
    }
    if "sid" in {each.name for each in session.get_inputs()}:
        given["sid"] = np.array([speaker], np.int64)
    samples = np.asarray(session.run(None, given, options)[0], np.float32).reshape(-1)
    if not np.isfinite(samples).all():
        raise EngineFailed(f"The voice {model.name} gave no sound.", retryable=False)
    return samples
