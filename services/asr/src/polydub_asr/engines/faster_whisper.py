"""Whisper by faster-whisper and CTranslate2: about a hundred languages, from a model on disk."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import structlog

from polydub import languages
from polydub.accelerator import Batcher, OutOfMemory, is_out_of_memory, turn
from polydub.blocking import OnProgress, Stopped, Tick, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.pcm import RATE_HZ, Samples
from polydub_asr.engines.base import AsrEngine, LanguageGuess, Recognition, Word
from polydub_asr.engines.together import Piece, together
from polydub_asr.engines.whisper_folder import UnusableFolder, WhisperFolder, find_model
from polydub_asr.engines.whisper_languages import MULTILINGUAL, codes_by_tag, script_prompt
from polydub_asr.engines.whisper_listening import WINDOW_S, Hints, listen_together
from polydub_asr.engines.whisper_model import (
    LoadedWhisper,
    cuda_devices,
    is_gpu_s_fault,
    open_model,
)
from polydub_asr.pieces import MIN_SAMPLES, cut_clips, rejoined
from polydub_asr.settings import AsrSettings

log = structlog.get_logger(__name__)
T = TypeVar("T")

_BATCH: Mapping[str, int] = {"cpu": 4, "cuda": 16}
"""Windows that are decoded together. On a CPU a batch lasts long, and only between two calls of
the model can it be stopped."""
_MIN_PIECE_S = 20
_DETECTION_WINDOWS = 4


class FasterWhisperEngine(AsrEngine):
    """One model for the process. The model found first stays until the process ends.

    Args:
        timeout_s: limit of one call.
        folder: holds a folder for each model.
        settings: which model, on which device.
    """

    id: ClassVar[str] = "faster-whisper"
    punctuates: ClassVar[bool] = True

    def __init__(self, *, timeout_s: float, folder: Path, settings: AsrSettings) -> None:
        super().__init__(timeout_s=timeout_s)
        self._root = folder
        self._settings = settings
        self._found: WhisperFolder | None = None
        self._broken = ""
        self._model: LoadedWhisper | None = None
        self._batcher: Batcher[Hints, Samples, list[Word]] | None = None
        self._moving = threading.Lock()

    def capabilities(self) -> Capabilities:
        installed = _installed_version() or "0"
        try:
            found = self._folder()
        except UnusableFolder:
            version, codes = installed, MULTILINGUAL
        else:
            version, codes = f"{installed}+{found.name}.{found.fingerprint}", found.codes
        return Capabilities(
            name="Whisper (faster-whisper)",
            version=version,
            quality=Quality.STANDARD,
            licence="MIT; OpenAI's weights MIT too",
            commercial_use=True,
            languages=frozenset(codes_by_tag(codes)),
            neural=True,
            device=self._device(),
            limits=(
                "Hears rare languages much worse than common ones.",
                "Word times are off by a tenth of a second or two.",
                "Leaves out hesitations and repeated words.",
            ),
        )

    def available(self) -> Availability:
        if _installed_version() is None:
            return Availability.no(
                "the package faster-whisper is not installed",
                "pip install 'polydub-asr[whisper]'",
            )
        if self._broken:
            return Availability.no(self._broken, "Put it there again and restart.")
        try:
            self._folder()
        except UnusableFolder as error:
            return Availability.no(
                str(error),
                "Run `polydub models pull`, or put "
                f"a Whisper model for CTranslate2 into {self._root}/<name> "
                "(POLYDUB_MODEL_DIR, POLYDUB_ASR_WHISPER_MODEL).",
            )
        if self._settings.device == "cuda" and not cuda_devices():
            return Availability.no("there is no CUDA device", "Set POLYDUB_ASR_DEVICE=auto.")
        return Availability.yes()

    def close(self) -> None:
        if self._batcher is not None:
            self._batcher.close()
        self._batcher = self._model = None

    def _folder(self) -> WhisperFolder:
        if self._found is None:
            self._found = find_model(self._root, self._settings.whisper_model)
        return self._found

    def _load(self) -> None:
        wanted = self._settings.device
        device = ("cuda" if cuda_devices() else "cpu") if wanted == "auto" else wanted
        try:
            self._model = self._open(device)
        except (RuntimeError, ValueError) as error:
            if device == "cpu" or not is_gpu_s_fault(error):
                name = self._folder().name
                # The next choice of an engine passes over this one.
                self._broken = f"the model {name} can't be loaded"
                raise EngineFailed(f"faster-whisper can't load its model {name}.") from error
            self._model = self._open_on_cpu(str(error))
        self._batcher = self._new_batcher(self._model.device)

    def _new_batcher(self, device: str) -> Batcher[Hints, Samples, list[Word]]:
        return Batcher(
            self._hear_together,
            stage=self.stage,
            engine=self.id,
            # Whisper fills each clip up to 30 s, so that all weigh the same.
            limit=self._settings.whisper_batch or _BATCH[device],
            device=self._device,
            to_cpu=self._to_cpu if device != "cpu" else None,
        )

    def _device(self) -> str:
        return self._model.device if self._model else self._settings.device

    def _open(self, device: str) -> LoadedWhisper:
        return open_model(
            self._folder().path,
            device,
            cpu_threads=self._settings.whisper_cpu_threads,
            workers=self._settings.concurrency,
        )

    def _open_on_cpu(self, reason: str) -> LoadedWhisper:
        log.warning("the GPU does not do, going on with the CPU", engine=self.id, reason=reason)
        return self._open("cpu")

    def _to_cpu(self) -> None:
        if self._model is not None:
            self._move_to_cpu(self._model, "out of memory")

    def _move_to_cpu(self, model: LoadedWhisper, reason: str) -> None:
        """Puts another model in this one's place, unless someone has done so."""
        with self._moving:
            if self._model is model and model.device != "cpu":
                self._model = self._open_on_cpu(reason)

    async def _transcribe_many(
        self,
        clips: Sequence[Samples],
        language: str,
        hotwords: Sequence[str],
        on_progress: OnProgress | None,
    ) -> list[Recognition]:
        hints = self._hints(language, hotwords)
        pieces = cut_clips(clips, max_s=WINDOW_S, min_s=_MIN_PIECE_S)
        if pieces:
            await run_blocking(lambda _: self.load())
        heard = await together(
            [Piece(each.samples.size, partial(self._hear, hints, each.samples)) for each in pieces],
            on_progress,
        )
        return rejoined(len(clips), pieces, heard)

    def _hints(self, language: str, hotwords: Sequence[str]) -> Hints:
        code = codes_by_tag(self._folder().codes)[languages.base(language)]
        return Hints(code, ", ".join(hotwords) or None, script_prompt(language, code))

    async def _hear(self, hints: Hints, samples: Samples) -> list[Word]:
        """The words of one window, in a batch with whatever else waits."""
        try:
            if self._batcher is None:
                raise Stopped
            (words,) = await self._batcher.do(hints, [samples])
        except (Stopped, RuntimeError) as error:
            raise EngineFailed("faster-whisper is closed.") from error
        except OutOfMemory as error:
            raise EngineFailed("There is not enough memory for faster-whisper.") from error
        return words

    def _hear_together(
        self, hints: Hints, windows: Sequence[Samples], tick: Tick
    ) -> list[list[Word]]:
        def use(whisper: Any) -> list[list[Word]]:
            try:
                return listen_together(whisper, windows, hints)
            except (RuntimeError, MemoryError) as error:
                if is_out_of_memory(error):
                    raise OutOfMemory from error
                raise

        return self._with_model(use, tick)

    async def _detect_language(self, samples: Samples) -> LanguageGuess | None:
        if samples.size < MIN_SAMPLES or len(self._folder().codes) == 1:
            return None

        def guess(tick: Tick) -> LanguageGuess:
            self.load()  # it decides the device
            with turn(self._device()):
                return self._with_model(lambda whisper: _guess(whisper, samples), tick)

        return await run_blocking(guess)

    def _with_model(self, use: Callable[[Any], T], tick: Tick) -> T:
        """Uses the model; on the CPU instead when the GPU's memory or libraries do not do."""
        self.load()
        model = self._model
        if model is None:
            raise EngineFailed("faster-whisper is closed.")
        try:
            return use(model.watched(tick))
        except RuntimeError as error:
            if model.device == "cpu" or not is_gpu_s_fault(error):
                raise EngineFailed("faster-whisper broke off.") from error
            self._move_to_cpu(model, str(error))
        return self._with_model(use, tick)


def _installed_version() -> str | None:
    try:
        return metadata.version("faster-whisper")
    except metadata.PackageNotFoundError:
        return None


def _guess(whisper: Any, samples: Samples) -> LanguageGuess:
    """The likeliest language on average over some windows."""
    windows = _windows(samples)
    total: Counter[str] = Counter()
    for number, window in enumerate(windows):
        whisper.model.done(number / len(windows))
        *_, probabilities = whisper.detect_language(window)
        total.update(dict(probabilities))
    code, likely = total.most_common(1)[0]
    return LanguageGuess(languages.normalize(code), min(1.0, likely / len(windows)))


def _windows(samples: Samples) -> list[Samples]:
    """Up to four stretches of at most 30 s, of equal length, spread over the whole."""
    wanted = -(-samples.size // (WINDOW_S * RATE_HZ))
    pieces = np.array_split(samples, wanted)
    middles = np.linspace(0, wanted - 1, min(wanted, _DETECTION_WINDOWS)).round()
    return [pieces[int(middle)] for middle in middles]
