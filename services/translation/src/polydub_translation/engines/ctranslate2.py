"""MarianMT, NLLB-200 and MADLAD-400 on CTranslate2: neural translation from local folders."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, LanguagePair, Quality
from polydub.errors import EngineUnavailable
from polydub_translation import hypotheses, sentences, text
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine
from polydub_translation.engines.ctranslate2_model import CTranslate2Model
from polydub_translation.engines.model_cache import ModelCache
from polydub_translation.engines.models import Kind, Leg, ModelFolder, Way, Ways, find
from polydub_translation.hypotheses import Hypothesis

_PACKAGES = ("ctranslate2", "sentencepiece")
_MAX_HYPOTHESES = 8

Models = ModelCache[CTranslate2Model]


class CTranslate2Engine(TranslationEngine):
    """The models of one kind that are in a folder.

    Each sentence is translated for itself. More ways to say it come from the beam search, chosen
    so that they differ in length.

    Args:
        folder: holds one folder for each model, with its ``polydub.json``.
        models: the models in memory, shared between the kinds.
        batch_tokens: how many tokens are worked on at once.
        allow_noncommercial: whether models may be used whose licence forbids commercial use.
        timeout_s: for one call.
    """

    kind: ClassVar[Kind]
    name: ClassVar[str]
    quality: ClassVar[Quality] = Quality.STANDARD
    licence: ClassVar[str]
    """What the published models of the kind have; a folder may say otherwise."""
    commercial_use: ClassVar[bool]

    def __init__(
        self,
        *,
        folder: Path,
        models: Models,
        batch_tokens: int,
        allow_noncommercial: bool,
        timeout_s: float,
    ) -> None:
        super().__init__(timeout_s=timeout_s)
        self._folder = folder
        self._models = models
        self._batch_tokens = batch_tokens
        self._allow_noncommercial = allow_noncommercial

    @abstractmethod
    def _tokens(self, pieces: list[str], leg: Leg) -> list[str]:
        """A sentence as the model wants it."""

    def _prefix(self, leg: Leg) -> list[str] | None:
        """What each translation starts with."""
        return None

    def capabilities(self) -> Capabilities:
        models = self._usable()
        licences = dict.fromkeys(model.manifest.licence for model in models)
        return Capabilities(
            name=self.name,
            version=_version(models),
            quality=self.quality,
            licence="; ".join(licences) or self.licence,
            commercial_use=(
                all(model.manifest.commercial_use for model in models)
                if models
                else self.commercial_use
            ),
            pairs=_ways(models).pairs(),
            neural=True,
            limits=("Each sentence is translated for itself, without what was said before.",),
        )

    def available(self) -> Availability:
        if missing := [package for package in _PACKAGES if find_spec(package) is None]:
            return Availability.no(
                f"not installed: {', '.join(missing)}",
                "Install the extra: pip install 'polydub-translation[neural]'.",
            )
        if self._usable():
            return Availability.yes()
        models, problems = find(self._folder, self.kind)
        if models:
            return Availability.no(
                f"its models must not be used commercially ({models[0].manifest.licence})",
                "Where your use is not commercial, set "
                "POLYDUB_TRANSLATION_ALLOW_NONCOMMERCIAL=true.",
            )
        return Availability.no(
            "; ".join((f"no {self.kind} model was found", *problems)),
            "Put the model into translation/ctranslate2/<name> below POLYDUB_MODEL_DIR, with its "
            "polydub.json.",
        )

    def route(self, source: str, target: str) -> LanguagePair | None:
        way = _ways(self._usable()).find(source, target)
        return way.pair if way else None

    def close(self) -> None:
        self._models.clear()

    def _usable(self) -> tuple[ModelFolder, ...]:
        models, _ = find(self._folder, self.kind)
        return tuple(
            model for model in models if model.manifest.commercial_use or self._allow_noncommercial
        )

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        way = _ways(self._usable()).find(batch.source, batch.target)
        if way is None:
            raise EngineUnavailable(f"The models from {batch.source} to {batch.target} are gone.")

        def work(tick: Tick) -> tuple[Translated, ...]:
            return self._along(way, batch, tick)

        return await run_blocking(work, on_progress=on_progress)

    def _along(self, way: Way, batch: Batch, tick: Tick) -> tuple[Translated, ...]:
        """The lines, taken along every leg; only the last one offers a choice."""
        prepared = [text.prepare(line, batch.source) for line in batch.texts]
        via = way.pair.via
        for done, leg in enumerate(way.legs[:-1]):
            found = self._leg(leg, prepared, 1, _share(tick, done, len(way.legs)))
            prepared = [each[0].text if each else "" for each in found]
        last = _share(tick, len(way.legs) - 1, len(way.legs))
        found = self._leg(way.legs[-1], prepared, batch.candidates, last)
        return tuple(
            _translated(line, said, via) for line, said in zip(batch.texts, found, strict=True)
        )

    def _leg(
        self, leg: Leg, lines: Sequence[str], count: int, tick: Tick
    ) -> list[tuple[Hypothesis, ...]]:
        """At most ``count`` ways to say each line, best first."""
        # More are asked for than wanted: most differ from each other in nothing that is heard.
        beam = 1 if count == 1 else min(_MAX_HYPOTHESES, count + 4)
        cut = [sentences.split(line) for line in lines]
        with self._models.lease(leg.model) as model:
            found = iter(
                model.translate(
                    [self._tokens(model.pieces(each), leg) for line in cut for each in line],
                    prefix=self._prefix(leg),
                    hypotheses=beam,
                    batch_tokens=self._batch_tokens,
                    tick=tick,
                )
            )
        joiner = sentences.joiner(leg.target)
        joined = (
            hypotheses.join([hypotheses.plausible(next(found)) for _ in line], joiner, beam)
            for line in cut
        )
        return [hypotheses.varied(each, count) for each in joined]


class MarianEngine(CTranslate2Engine):
    """MarianMT: a small model for each pair or family of languages.

    Models with several targets take the target as a token (``>>fra<<``).
    """

    id: ClassVar[str] = "marian"
    kind: ClassVar[Kind] = "marian"
    name: ClassVar[str] = "MarianMT (OPUS-MT)"
    licence: ClassVar[str] = "CC-BY-4.0"
    commercial_use: ClassVar[bool] = True

    def _tokens(self, pieces: list[str], leg: Leg) -> list[str]:
        asked = [f">>{leg.target_code}<<"] if leg.target_code else []
        return [*asked, *pieces, "</s>"]


class NllbEngine(CTranslate2Engine):
    """NLLB-200: one model for 200 languages; its published weights are not for commercial use.

    The source's code stands before the sentence, the target's code before the translation.
    """

    id: ClassVar[str] = "nllb"
    kind: ClassVar[Kind] = "nllb"
    name: ClassVar[str] = "NLLB-200"
    licence: ClassVar[str] = "CC-BY-NC-4.0"
    commercial_use: ClassVar[bool] = False

    def _tokens(self, pieces: list[str], leg: Leg) -> list[str]:
        return [leg.source_code, *pieces, "</s>"]

    def _prefix(self, leg: Leg) -> list[str] | None:
        return [leg.target_code]


class MadladEngine(CTranslate2Engine):
    """MADLAD-400: a T5 for 400 languages that is told the target by a token (``<2es>``)."""

    id: ClassVar[str] = "madlad"
    kind: ClassVar[Kind] = "madlad"
    name: ClassVar[str] = "MADLAD-400"
    licence: ClassVar[str] = "Apache-2.0"
    commercial_use: ClassVar[bool] = True

    def _tokens(self, pieces: list[str], leg: Leg) -> list[str]:
        return [f"<2{leg.target_code}>", *pieces, "</s>"]


@lru_cache(maxsize=16)
def _ways(models: tuple[ModelFolder, ...]) -> Ways:
    return Ways(models)


def _version(models: Sequence[ModelFolder]) -> str:
    """Changes with the models, as their translations do."""
    listing = "\n".join(f"{m.name} {m.manifest.revision} {m.size_bytes}" for m in models)
    try:
        runtime = version("ctranslate2")
    except PackageNotFoundError:
        runtime = "0"
    return f"{runtime}+{hashlib.sha256(listing.encode()).hexdigest()[:8]}"


def _share(tick: Tick, done: int, legs: int) -> Tick:
    """A tick for one leg of several."""
    return lambda fraction: tick((done + fraction) / legs)


def _translated(line: str, said: Sequence[Hypothesis], via: tuple[str, ...]) -> Translated:
    """The ways to say a line, without a final stop where the line has none."""
    candidates = (
        Candidate(text.without_added_stop(each.text, line), each.score, via) for each in said
    )
    return Translated(tuple({each.text: each for each in candidates}.values()))
