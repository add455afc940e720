"""MarianMT, NLLB-200 and MADLAD-400 on CTranslate2: neural translation from local folders."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from polydub.accelerator import Batcher, OutOfMemory
from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, LanguagePair, Quality, forbidden
from polydub.errors import EngineFailed, EngineUnavailable
from polydub.model_cache import ModelCache
from polydub_translation import hypotheses, sentences, text
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine
from polydub_translation.engines.ctranslate2_model import CTranslate2Model, Device
from polydub_translation.engines.models import Kind, Leg, ModelFolder, Ways, find
from polydub_translation.hypotheses import Hypothesis
from polydub_translation.portions import portions

_PACKAGES = ("ctranslate2", "sentencepiece")
_MAX_HYPOTHESES = 8
_LEAST_ROOM = 32

Models = ModelCache[ModelFolder, CTranslate2Model]
Choice = tuple[Hypothesis, ...]
"""The ways to say a sentence or a line, best first."""


@dataclass(frozen=True)
class Manner:
    """What sentences must have in common to be translated in one go."""

    model: ModelFolder
    prefix: tuple[str, ...]
    hypotheses: int
    room: int
    """Tokens that the longest may have. It stands here so that what is said of a sentence does not
    depend on those that happen to be beside it."""


class CTranslate2Engine(TranslationEngine):
    """The models of one kind that are in a folder.

    Each sentence is translated for itself. More ways to say it come from the beam search, chosen
    so that they differ in length.

    Args:
        folder: holds one folder for each model, with its ``polydub.json``.
        models: the models in memory, shared between the kinds.
        device: where they run. When its memory is full, the CPU goes on.
        batch_tokens: how many tokens are worked on at once, of all calls together.
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
        device: Device,
        batch_tokens: int,
        allow_noncommercial: bool,
        timeout_s: float,
    ) -> None:
        super().__init__(timeout_s=timeout_s)
        self._folder = folder
        self._models = models
        self._device = device
        self._batch_tokens = batch_tokens
        self._allow_noncommercial = allow_noncommercial
        self._batcher = Batcher[Manner, list[str], Choice](
            self._run,
            stage=self.stage,
            engine=self.id,
            limit=batch_tokens,
            weight=len,
            device=lambda: self._device.place(),
            to_cpu=self._move_to_cpu,
        )

    @abstractmethod
    def _tokens(self, pieces: list[str], leg: Leg) -> list[str]:
        """A sentence as the model wants it."""

    def _prefix(self, leg: Leg) -> tuple[str, ...]:
        """What each translation starts with."""
        return ()

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
            device=self._device.place() if models and find_spec("ctranslate2") else "cpu",
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
            return forbidden(models[0].manifest.licence)
        return Availability.no(
            "; ".join((f"no {self.kind} model was found", *problems)),
            "Run `polydub models pull`, or put "
            "the model into translation/ctranslate2/<name> below POLYDUB_MODEL_DIR, with its "
            "polydub.json.",
        )

    def route(self, source: str, target: str) -> LanguagePair | None:
        way = _ways(self._usable()).find(source, target)
        return way.pair if way else None

    def close(self) -> None:
        self._batcher.close()
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

        prepared = [text.prepare(line, batch.source) for line in batch.texts]
        last = len(way.legs) - 1
        found: list[Choice] = []
        for done, leg in enumerate(way.legs):
            # Only the last leg offers a choice.
            count = batch.candidates if done == last else 1
            found = await self._leg(leg, prepared, count, _share(on_progress, done, last + 1))
            prepared = [each[0].text if each else "" for each in found]
        return tuple(
            _translated(*pair, way.pair.via) for pair in zip(batch.texts, found, strict=True)
        )

    async def _leg(
        self, leg: Leg, lines: Sequence[str], count: int, on_progress: OnProgress
    ) -> list[Choice]:
        """At most ``count`` ways to say each line, best first; none where a sentence of it is
        lost."""
        # More are asked for than wanted: most differ from each other in nothing that is heard.
        beam = 1 if count == 1 else min(_MAX_HYPOTHESES, count + 4)
        cut = [sentences.split(line) for line in lines]
        flat = [sentence for line in cut for sentence in line]
        tokens = await run_blocking(lambda _: self._tokenized(leg, flat))
        offered = iter(await self._search(leg, tokens, beam, on_progress))
        joiner = sentences.joiner(leg.target)
        found: list[Choice] = []
        for line in cut:
            said = [(each, hypotheses.plausible(next(offered), each)) for each in line]
            whole = all(ways or not any(map(str.isalpha, each)) for each, ways in said)
            joined = hypotheses.join([ways for _, ways in said], joiner, beam) if whole else ()
            found.append(hypotheses.varied(joined, count))
        return found

    def _tokenized(self, leg: Leg, lines: Sequence[str]) -> list[list[str]]:
        with self._models.lease(leg.model, leg.model.size_bytes, self._loader(leg.model)) as model:
            return [self._tokens(model.pieces(line), leg) for line in lines]

    async def _search(
        self, leg: Leg, sources: Sequence[list[str]], beam: int, on_progress: OnProgress
    ) -> list[Choice]:
        """What the beam search offers for each source, together with what other calls ask."""
        found: dict[int, Choice] = {}
        by_room = sorted(range(len(sources)), key=lambda at: _room(sources[at]))
        for room, places in groupby(by_room, key=lambda at: _room(sources[at])):
            manner = Manner(leg.model, self._prefix(leg), beam, room)
            # One portion at a time: the next one queues behind those of other calls.
            for portion in portions(
                places, weight=lambda at: len(sources[at]), limit=self._batch_tokens
            ):
                await on_progress(len(found) / len(sources))
                results = await self._batched(manner, [sources[at] for at in portion])
                found.update(zip(portion, results, strict=True))
        return [found[at] for at in range(len(sources))]

    async def _batched(self, manner: Manner, sources: Sequence[list[str]]) -> list[Choice]:
        try:
            return await self._batcher.do(manner, sources)
        except OutOfMemory as error:
            raise EngineFailed(f"{self.name} has not enough memory for a sentence.") from error

    def _run(self, manner: Manner, sources: Sequence[list[str]], tick: Tick) -> list[Choice]:
        model = manner.model
        with self._models.lease(model, model.size_bytes, self._loader(model)) as loaded:
            return loaded.translate(
                sources,
                prefix=manner.prefix,
                hypotheses=manner.hypotheses,
                # A sentence hardly grows to twice its pieces; endless repetition stops here.
                longest=2 * manner.room + 32,
                tick=tick,
            )

    def _loader(self, folder: ModelFolder) -> Callable[[], CTranslate2Model]:
        def load() -> CTranslate2Model:
            try:
                return CTranslate2Model.load(folder, self._device)
            except OutOfMemory:
                # Smaller batches would not help.
                self._move_to_cpu()
                return CTranslate2Model.load(folder, self._device)

        return load

    def _move_to_cpu(self) -> None:
        """Has the models of this kind loaded anew, on the CPU, when they are next needed."""
        self._device = replace(self._device, name="cpu")
        for folder in self._models.loaded():
            if folder.manifest.kind == self.kind:
                with self._models.lease(folder, 0, self._loader(folder)) as model:
                    model.unload()
                self._models.forget(folder)


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

    def _prefix(self, leg: Leg) -> tuple[str, ...]:
        return (leg.target_code,)


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


def _room(source: Sequence[str]) -> int:
    """The power of two that is not less than a source's tokens."""
    return max(_LEAST_ROOM, 1 << (len(source) - 1).bit_length())


def _share(on_progress: OnProgress | None, done: int, legs: int) -> OnProgress:
    """The progress of one leg of several."""

    async def progress(fraction: float) -> None:
        if on_progress is not None:
            await on_progress((done + fraction) / legs)

    return progress


def _translated(line: str, said: Sequence[Hypothesis], via: tuple[str, ...]) -> Translated:
    """The ways to say a line, without a final stop where the line has none."""
    candidates = (
        Candidate(text.without_added_stop(each.text, line), each.score, via) for each in said
    )
    return Translated(tuple({each.text: each for each in candidates}.values()))
