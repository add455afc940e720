"""Coqui XTTS v2: seventeen languages, and any voice from a clip of some seconds.

Its weights are under the Coqui Public Model License, which forbids commercial use; so it only works
where the operator has said that the use is none.
"""

from __future__ import annotations

import io
import pickle
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from polydub.blocking import Tick
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineUnavailable
from polydub.languages import normalize, serves
from polydub.pcm import Samples
from polydub_tts.engines import coqui
from polydub_tts.engines.base import EngineVoice, RateRange, Raw, natural_voice
from polydub_tts.engines.card import Card, read_card
from polydub_tts.engines.coqui import CoquiEngine, Models
from polydub_tts.sound import Sound, in_one
from polydub_tts.style import RATE, STYLE, Reference, Style

LICENCE = "Coqui Public Model License 1.0 (not for commercial use)"
RATE_HZ = 24_000
RATES = RateRange(0.8, 1.35)
"""``speed`` stretches the model's own latents, so that lengths are linear in it. How far speech
stays natural is a guess, not measured."""
SPEAKERS = "speakers_xtts.pth"
LATENTS_KEPT = 64
LONGEST_CLIP_S = 30
_LATENTS = tuple[Any, Any]


class XttsEngine(CoquiEngine):
    """The first model folder: ``model.pth``, ``config.json``, ``vocab.json`` and, with the model's
    own voices, ``speakers_xtts.pth``.

    A clip becomes latents once; they are kept in memory by the clip's digest.

    Args:
        half: whether a GPU computes in half precision.
    """

    id: ClassVar[str] = "xtts"
    carries: frozenset[str] = frozenset({RATE, STYLE})
    multilingual: ClassVar[bool] = True

    def __init__(
        self,
        folder: Path,
        models: Models,
        device: str = "auto",
        timeout_s: float = 60.0,
        half: bool = False,
    ) -> None:
        super().__init__(folder, models, device, timeout_s)
        self._half = half
        self._latents: OrderedDict[str, _LATENTS] = OrderedDict()
        self._latents_lock = threading.Lock()

    def available(self) -> Availability:
        return self._available(self._model_folder is not None)

    def capabilities(self) -> Capabilities:
        found = self._model_folder
        return Capabilities(
            name="Coqui XTTS",
            version=coqui.engine_version([found] if found else []),
            quality=Quality.STUDIO,
            licence=LICENCE,
            commercial_use=False,
            languages=frozenset(self._codes),
            neural=True,
            cloning=True,
            device="cuda" if self._device == "cuda" else "cpu",
            limits=("Slow without a GPU.", "Voices' pitch is not known to it."),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        tag = self._tag_for(language)
        if tag is None:
            return ()
        return tuple(
            natural_voice(name, name, tag, gender=self._card.genders.get(name, ""))
            for name in self._speaker_names
        )

    def clones(self, language: str) -> bool:
        return self._tag_for(language) is not None

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES

    def _load(self) -> None:
        folder = self._model_folder
        if folder is not None:
            size_bytes = (folder / "model.pth").stat().st_size
            with self._models.lease(folder, size_bytes, lambda: self._loaded_from(folder)):
                pass

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        found, tag = self._model_folder, self._tag_for(voice.language)
        if found is None or tag is None:
            raise EngineUnavailable(f"{self.id} has no model for this.")
        manner = style.reference if voice.likeness else None
        latents_of = await self._latents_for(voice, manner)

        def work(model: Any, tick: Tick) -> Samples:
            latents = latents_of(model)
            said = []
            parts = _short_enough(model, coqui.pieces(text), self._codes[tag])
            for done, part in enumerate(parts):
                tick(done / len(parts))
                coqui.seed(part, f"{voice.id} {tag}")
                said.append(_spoken(model, part, self._codes[tag], latents, rate, tick, self._half))
            return in_one(said, RATE_HZ, rate)

        return Raw(Sound(await self._with_model(found, work), RATE_HZ), voice.f0_hz)

    async def _latents_for(
        self, voice: EngineVoice, manner: Reference | None
    ) -> Callable[[Any], _LATENTS]:
        """Gives a voice's latents once there is a model: the speaker's clip says in whose voice,
        the line's own sound how. Clips are read here and now, where they are not known."""
        wanted = [each for each in (voice.likeness, manner) if each]
        known = {each.digest: self._latents.get(each.digest) for each in wanted}
        clips = {each.digest: await each.read() for each in wanted if not known[each.digest]}

        def latents_of(model: Any, reference: Reference) -> _LATENTS:
            return known[reference.digest] or self._made(model, reference, clips)

        def of(model: Any) -> _LATENTS:
            if voice.likeness is None:
                own = model.speaker_manager.speakers[voice.id]
                return own["gpt_cond_latent"], own["speaker_embedding"]
            likeness = latents_of(model, voice.likeness)
            return likeness if manner is None else (latents_of(model, manner)[0], likeness[1])

        return of

    def _read(self, folder: Path) -> Any:
        from TTS.tts.configs.xtts_config import XttsConfig
        from TTS.tts.models.xtts import Xtts

        config = XttsConfig()
        config.load_json(str(folder / "config.json"))
        model = Xtts(config)
        model.load_checkpoint(config, checkpoint_dir=str(folder), eval=True)
        return model

    def _made(self, model: Any, reference: Reference, clips: Mapping[str, Sound]) -> _LATENTS:
        """The latents of a clip, made by whoever needs them first."""
        with self._latents_lock:
            found = self._latents.get(reference.digest)
            if found is None:
                found = _latents_of(model, clips[reference.digest])
                self._latents[reference.digest] = found
            self._latents.move_to_end(reference.digest)
            while len(self._latents) > LATENTS_KEPT:
                self._latents.popitem(last=False)
            return found

    def _tag_for(self, language: str) -> str | None:
        if language in self._codes:
            return language
        return next((tag for tag in self._codes if serves(tag, language)), None)

    @cached_property
    def _model_folder(self) -> Path | None:
        return next(iter(self._folders("vocab.json")), None)

    @cached_property
    def _card(self) -> Card:
        return read_card(self._model_folder) if self._model_folder else Card()

    @cached_property
    def _codes(self) -> dict[str, str]:
        """The language tags that the model speaks, with its own names for them."""
        if self._model_folder is None:
            return {}
        told = coqui.read_json(self._model_folder / "config.json")
        return {normalize(str(code)): str(code) for code in told.get("languages", ())}

    @cached_property
    def _speaker_names(self) -> tuple[str, ...]:
        if self._model_folder is None or not (self._model_folder / SPEAKERS).is_file():
            return ()
        return speaker_names(self._model_folder / SPEAKERS)


class _NamesOnly(pickle.Unpickler):
    """Reads the names in a file of tensors without torch, and runs nothing that is in it."""

    def find_class(self, module: str, name: str) -> Any:
        return OrderedDict if name == "OrderedDict" else lambda *_: None

    def persistent_load(self, pid: Any) -> None:
        return None


def speaker_names(path: Path) -> tuple[str, ...]:
    """The names in ``speakers_xtts.pth``, sorted; none where it can't be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next(each for each in archive.namelist() if each.endswith("data.pkl"))
            told = _NamesOnly(io.BytesIO(archive.read(inside))).load()
    except (OSError, zipfile.BadZipFile, StopIteration, pickle.UnpicklingError, EOFError):
        return ()
    return tuple(sorted(str(name) for name in told)) if isinstance(told, dict) else ()


def _latents_of(model: Any, clip: Sound) -> _LATENTS:
    """The conditioning of the language model and of the vocoder, as Coqui's own
    ``get_conditioning_latents`` makes them of a file."""
    import torch

    config = model.config
    kept = np.ascontiguousarray(clip.samples[: LONGEST_CLIP_S * clip.rate_hz])
    wave = torch.from_numpy(kept)[None].to(model.device)
    manner = model.get_gpt_cond_latents(
        wave, clip.rate_hz, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
    )
    return manner, model.get_speaker_embedding(wave, clip.rate_hz)


def _short_enough(model: Any, parts: list[str], code: str) -> list[str]:
    """Parts that the model takes at once; it counts in tokens of its own."""
    limit = model.args.gpt_max_text_tokens - 1
    short: list[str] = []
    for part in parts:
        tokens = len(model.tokenizer.encode(part.strip().lower(), lang=code.split("-")[0]))
        if tokens < limit or len(part) < 2:
            short.append(part)
        else:
            short += _short_enough(model, coqui.pieces(part, -(-len(part) // 2)), code)
    return short


def _spoken(
    model: Any, text: str, code: str, latents: _LATENTS, rate: float, tick: Tick, half: bool
) -> Samples:
    """One part; ``tick`` is called for each token, so that it can be stopped in the midst."""
    import torch

    def go_on(tokens: Any, *_: Any, **__: Any) -> Any:
        tick(0.0)
        return torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)

    config = model.config
    with torch.autocast("cuda", enabled=half and model.device.type == "cuda"):
        said = model.inference(
            text,
            code,
            *latents,
            temperature=config.temperature,
            length_penalty=config.length_penalty,
            repetition_penalty=config.repetition_penalty,
            top_k=config.top_k,
            top_p=config.top_p,
            speed=rate,
            stopping_criteria=[go_on],
        )
    return np.asarray(said["wav"], np.float32).reshape(-1)
