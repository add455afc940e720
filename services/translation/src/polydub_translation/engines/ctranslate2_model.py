"""One CTranslate2 model with its tokenizers, in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polydub.accelerator import OutOfMemory, is_out_of_memory
from polydub.blocking import Tick
from polydub.errors import EngineFailed, EngineUnavailable
from polydub_translation.engines.models import ModelFolder
from polydub_translation.hypotheses import Hypothesis

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

BEAM = 4
"""NLLB's and OPUS-MT's own evaluations search with 4 to 6."""
_WATCH_EVERY_S = 0.02
_SPECIAL = frozenset({"<unk>", "<s>", "</s>", "<pad>"})


@dataclass(frozen=True)
class Device:
    """Where models run and with which numbers.

    Args:
        name: ``cpu``, ``cuda`` or ``auto``.
        compute_type: one of CTranslate2's, or ``auto`` for the quickest that the device has.
        threads: for one translation; 0 leaves it to CTranslate2.
    """

    name: str = "auto"
    compute_type: str = "auto"
    threads: int = 0

    def place(self) -> str:
        """``cpu`` or ``cuda``: what ``auto`` is here."""
        import ctranslate2  # type: ignore[import-untyped,unused-ignore]

        if self.name != "auto":
            return self.name
        return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"

    def options(self) -> dict[str, Any]:
        """The arguments of ``ctranslate2.Translator`` for this device here."""
        import ctranslate2

        name = self.place()
        compute_type = self.compute_type
        if compute_type == "auto":
            offered = ctranslate2.get_supported_compute_types(name)
            wanted = ("int8_float16", "float16", "int8") if name == "cuda" else ("int8",)
            compute_type = next((each for each in wanted if each in offered), "float32")
        return {"device": name, "compute_type": compute_type, "intra_threads": self.threads}


class CTranslate2Model:
    """Translates pieces of text; several threads may at the same time."""

    def __init__(self, folder: ModelFolder, translator: Any, tokenizers: Sequence[Any]) -> None:
        self._name = folder.name
        self._translator = translator
        self._source: SentencePieceProcessor = tokenizers[0]
        self._target: SentencePieceProcessor = tokenizers[-1]

    @classmethod
    def load(cls, folder: ModelFolder, device: Device) -> CTranslate2Model:
        """The model of a folder.

        Raises:
            EngineUnavailable: when its files can't be read.
            OutOfMemory: when the device has no room for it.
        """
        import ctranslate2
        from sentencepiece import SentencePieceProcessor

        try:
            tokenizers = [SentencePieceProcessor(model_file=str(p)) for p in folder.tokenizers]
            translator = ctranslate2.Translator(str(folder.path), **device.options())
        except (RuntimeError, ValueError, OSError) as error:
            if is_out_of_memory(error):
                raise OutOfMemory(folder.name) from error
            raise EngineUnavailable(
                f"The translation model {folder.name} can't be loaded: its files are damaged, or "
                "this device can't run it.",
                hint=f"Put the model {folder.name} into its folder again (POLYDUB_MODEL_DIR).",
            ) from error
        return cls(folder, translator, tokenizers)

    def unload(self) -> None:
        self._translator.unload_model()

    def pieces(self, text: str) -> list[str]:
        """The text in the source tokenizer's pieces."""
        return list(self._source.encode(text, out_type=str))

    def translate(
        self,
        sources: Sequence[list[str]],
        *,
        prefix: Sequence[str],
        hypotheses: int,
        longest: int,
        tick: Tick,
    ) -> list[tuple[Hypothesis, ...]]:
        """What the beam search offers for each source, best first.

        Args:
            sources: tokens as the model wants them, with its marks. All are worked on at once, and
                work that is stopped ends after them.
            prefix: tokens that each translation starts with; they are taken off again.
            hypotheses: how many for each.
            longest: tokens of a translation at most.

        Raises:
            OutOfMemory: when the device has no room for as many.
            EngineFailed: when it breaks off for another reason.
        """
        found: list[tuple[Hypothesis, ...]] = []
        try:
            for each in self._translator.translate_batch(
                list(sources),
                target_prefix=[list(prefix)] * len(sources) if prefix else None,
                beam_size=max(BEAM, hypotheses),
                num_hypotheses=hypotheses,
                max_decoding_length=longest,
                return_scores=True,
                disable_unk=True,
                max_input_length=0,
                asynchronous=True,
            ):
                while not each.done():
                    tick(len(found) / len(sources))
                    time.sleep(_WATCH_EVERY_S)
                found.append(self._hypotheses(each.result(), len(prefix)))
        except (RuntimeError, ValueError) as error:
            if is_out_of_memory(error):
                raise OutOfMemory(self._name) from error
            raise EngineFailed(f"The translation model {self._name} broke off.") from error
        return found

    def _hypotheses(self, result: Any, prefixed: int) -> tuple[Hypothesis, ...]:
        return tuple(
            Hypothesis(self._text(tokens[prefixed:]), round(score, 4))
            for tokens, score in zip(result.hypotheses, result.scores, strict=True)
        )

    def _text(self, tokens: Sequence[str]) -> str:
        return str(self._target.decode([each for each in tokens if each not in _SPECIAL])).strip()
