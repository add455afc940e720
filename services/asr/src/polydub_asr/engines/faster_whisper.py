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
from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.pcm import RATE_HZ, Samples
from polydub_asr.engines.base import AsrEngine, LanguageGuess, Recognition, Word
from polydub_asr.engines.whisper_folder import UnusableFolder, WhisperFolder, find_model
from polydub_asr.engines.whisper_languages import MULTILINGUAL, codes_by_tag, script_prompt
from polydub_asr.engines.whisper_model import (
    LoadedWhisper,
    cuda_devices,
    is_gpu_s_fault,
    open_model,
)
from polydub_asr.engines.whisper_words import (
    MAX_COMPRESSION,
    MIN_LOG_PROBABILITY,
    believable,
    words_of,
)
from polydub_asr.settings import AsrSettings

log = structlog.get_logger(__name__)
T = TypeVar("T")

_MIN_SAMPLES = RATE_HZ // 10
"""No word is shorter than a tenth of a second."""
_WINDOW_SAMPLES = 30 * RATE_HZ
"""What Whisper hears at a time."""
_DETECTION_WINDOWS = 4
_DECODING: Mapping[str, Any] = {
    "beam_size": 5,
    "temperature": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
    "log_prob_threshold": MIN_LOG_PROBABILITY,
    "compression_ratio_threshold": MAX_COMPRESSION,
    "no_speech_threshold": 0.6,
    # What was misheard once would be heard on and on.
    "condition_on_previous_text": False,
    "word_timestamps": True,
    # The sound comes cut into utterances.
    "vad_filter": False,
}


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
            device=self._model.device if self._model else self._settings.whisper_device,
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
                f"Put a Whisper model for CTranslate2 into {self._root}/<name> "
                "(POLYDUB_MODEL_DIR, POLYDUB_ASR_WHISPER_MODEL).",
            )
        if self._settings.whisper_device == "cuda" and not cuda_devices():
            return Availability.no(
                "there is no CUDA device", "Set POLYDUB_ASR_WHISPER_DEVICE=auto."
            )
        return Availability.yes()

    def close(self) -> None:
        self._model = None

    def _folder(self) -> WhisperFolder:
        if self._found is None:
            self._found = find_model(self._root, self._settings.whisper_model)
        return self._found

    def _load(self) -> None:
        wanted = self._settings.whisper_device
        device = ("cuda" if cuda_devices() else "cpu") if wanted == "auto" else wanted
        try:
            self._model = self._open(device)
        except (RuntimeError, ValueError) as error:
            if device == "cpu" or not is_gpu_s_fault(error):
                name = self._folder().name
                # The next choice of an engine passes over this one.
                self._broken = f"the model {name} can't be loaded"
                raise EngineFailed(f"faster-whisper can't load its model {name}.") from error
            self._model = self._open_on_cpu(error)

    def _open(self, device: str) -> LoadedWhisper:
        return open_model(
            self._folder().path,
            device,
            cpu_threads=self._settings.whisper_cpu_threads,
            workers=self._settings.concurrency,
        )

    def _open_on_cpu(self, fault: Exception) -> LoadedWhisper:
        log.warning("the GPU does not do, going on with the CPU", engine=self.id, reason=str(fault))
        return self._open("cpu")

    async def _transcribe(
        self,
        samples: Samples,
        language: str,
        hotwords: Sequence[str],
        on_progress: OnProgress | None,
    ) -> Recognition:
        if samples.size < _MIN_SAMPLES:
            return Recognition(())
        code = codes_by_tag(self._folder().codes)[languages.base(language)]
        hints = {
            "language": code,
            "hotwords": ", ".join(hotwords) or None,
            "initial_prompt": script_prompt(language, code),
        }
        work = partial(self._with_model, lambda whisper: _listen(whisper, samples, hints))
        return await run_blocking(work, on_progress=on_progress)

    async def _detect_language(self, samples: Samples) -> LanguageGuess | None:
        if samples.size < _MIN_SAMPLES or len(self._folder().codes) == 1:
            return None
        return await run_blocking(
            partial(self._with_model, lambda whisper: _guess(whisper, samples))
        )

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
            with self._moving:
                if self._model is model:
                    self._model = self._open_on_cpu(error)
        return self._with_model(use, tick)


def _installed_version() -> str | None:
    try:
        return metadata.version("faster-whisper")
    except metadata.PackageNotFoundError:
        return None


def _listen(whisper: Any, samples: Samples, hints: Mapping[str, Any]) -> Recognition:
    length_ms = samples.size * 1000 // RATE_HZ
    segments, _ = whisper.transcribe(samples, **_DECODING, **hints)
    words: list[Word] = []
    for segment in segments:
        whisper.model.done(float(segment.end) * 1000 / length_ms)
        if believable(segment):
            words += words_of(segment.words, words[-1].end_ms if words else 0, length_ms)
    return Recognition(tuple(words))


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
    wanted = -(-samples.size // _WINDOW_SAMPLES)
    pieces = np.array_split(samples, wanted)
    middles = np.linspace(0, wanted - 1, min(wanted, _DETECTION_WINDOWS)).round()
    return [pieces[int(middle)] for middle in middles]
