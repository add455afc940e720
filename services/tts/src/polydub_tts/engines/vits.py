"""VITS models of Coqui TTS: one language each, several speakers, lengths as asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from polydub.blocking import Tick
from polydub.engines import Availability, Capabilities, Quality
from polydub.languages import normalize, serves
from polydub.pcm import Samples
from polydub_tts.engines import coqui
from polydub_tts.engines.base import EngineVoice, RateRange, Raw, natural_voice
from polydub_tts.engines.card import CARD, UNKNOWN_LICENCE, Card, not_declared, read_card
from polydub_tts.engines.coqui import CoquiEngine, Models
from polydub_tts.sound import Sound, in_one
from polydub_tts.style import RATE, Style

RATES = RateRange(0.8, 1.4)
"""``length_scale`` is 1 / rate; how far speech stays natural is a guess, not measured."""
_SPEAKER_FILES = ("speakers.json", "speaker_ids.json", "speakers.pth")


@dataclass(frozen=True)
class VitsModel:
    """A folder with a model.

    Attributes:
        speakers: names; one empty name where it knows no speakers.
    """

    folder: Path
    language: str
    rate_hz: int
    speakers: tuple[str, ...]
    card: Card

    @property
    def name(self) -> str:
        return self.folder.name


class VitsEngine(CoquiEngine):
    """The models in a folder: ``<name>/model.pth``, ``config.json``, and ``polydub.json`` with what
    those don't tell: licence, commercial use, language, genders.

    Args:
        only_commercial: models that are not known to be free for commercial use are left out.
    """

    id: ClassVar[str] = "vits"
    carries: frozenset[str] = frozenset({RATE})

    def __init__(
        self,
        folder: Path,
        models: Models,
        device: str = "auto",
        timeout_s: float = 60.0,
        only_commercial: bool = False,
    ) -> None:
        super().__init__(folder, models, device, timeout_s)
        self._only_commercial = only_commercial

    def available(self) -> Availability:
        models, refusals = self._found
        return self._available(bool(models), " ".join(refusals))

    def capabilities(self) -> Capabilities:
        models, refusals = self._found
        licences = sorted({model.card.licence for model in models}) or [UNKNOWN_LICENCE]
        return Capabilities(
            name="Coqui VITS",
            version=coqui.engine_version([model.folder for model in models]),
            quality=Quality.STANDARD,
            licence=f"models: {'; '.join(licences)}",
            commercial_use=bool(models) and all(model.card.commercial_use for model in models),
            languages=frozenset(model.language for model in models),
            neural=True,
            device="cuda" if self._device == "cuda" else "cpu",
            limits=("Voices' pitch is not known to it, so it can't be matched.", *refusals),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        return tuple(
            natural_voice(
                f"{model.name}:{speaker}",
                f"{model.name} {speaker}".strip(),
                model.language,
                gender=model.card.genders.get(speaker, ""),
            )
            for model in self._found[0]
            if serves(model.language, language)
            for speaker in model.speakers
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
        name, _, speaker = voice.id.partition(":")
        model = next(each for each in self._found[0] if each.name == name)
        parts = coqui.pieces(text)

        def work(network: Any, tick: Tick) -> Samples:
            own = float(network.config.model_args.length_scale)
            said = []
            for done, part in enumerate(parts):
                tick(done / len(parts))
                coqui.seed(part, voice.id)
                network.length_scale = own / rate
                spoken = network.synthesize(part, speaker=speaker or None)["wav"]
                said.append(np.asarray(spoken, np.float32).reshape(-1))
            return in_one(said, model.rate_hz, rate)

        return Raw(Sound(await self._with_model(model.folder, work), model.rate_hz), voice.f0_hz)

    def _read(self, folder: Path) -> Any:
        from TTS.config import load_config
        from TTS.tts.models import setup_model

        config = load_config(str(folder / "config.json"))
        # Configurations name the file by its place on the machine that trained the model.
        for name in _SPEAKER_FILES:
            if (folder / name).is_file() and config.model_args.use_speaker_embedding:
                config.speakers_file = config.model_args.speakers_file = str(folder / name)
        model = setup_model(config)
        model.load_checkpoint(config, str(folder / "model.pth"), eval=True)
        return model

    @cached_property
    def _found(self) -> tuple[list[VitsModel], list[str]]:
        """The usable models by name, and what is wrong with the others."""
        models, refusals = [], []
        for folder in self._folders():
            try:
                model = read_model(folder)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                refusals.append(f"The model {folder.name} can't be used: {error}.")
                continue
            if self._only_commercial and not model.card.commercial_use:
                refusals.append(not_declared(model.name, model.card.licence))
            else:
                models.append(model)
        return models, refusals


def read_model(folder: Path) -> VitsModel:
    """What the files beside a model's weights say.

    Raises:
        OSError, ValueError, KeyError, TypeError, AttributeError: they are missing or not VITS'.
    """
    told = coqui.read_json(folder / "config.json")
    if told.get("model") != "vits":
        raise ValueError("it is no VITS model")
    card = read_card(folder)
    language = card.language or told.get("phoneme_language") or _trained_on(told)
    if not language:
        raise ValueError(f"its language is not told: put it into {CARD}")
    return VitsModel(
        folder=folder,
        language=normalize(language),
        rate_hz=int(told["audio"]["sample_rate"]),
        speakers=_speakers(folder) if told["model_args"].get("use_speaker_embedding") else ("",),
        card=card,
    )


def _trained_on(told: Mapping[str, Any]) -> str:
    return next((str(each.get("language") or "") for each in told.get("datasets") or ()), "")


def _speakers(folder: Path) -> tuple[str, ...]:
    for name in _SPEAKER_FILES[:2]:
        if (folder / name).is_file():
            return tuple(coqui.read_json(folder / name))
    raise ValueError(f"it has speakers and no {_SPEAKER_FILES[0]}")
