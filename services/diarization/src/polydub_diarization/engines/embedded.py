"""The engine without torch: Silero VAD, GE2E embeddings, spectral clustering, Viterbi."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import ClassVar

import numpy as np

from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.pcm import Samples
from polydub_diarization import ge2e, vad
from polydub_diarization.clustering import cluster
from polydub_diarization.embedding import Embeddings, SpeakerEncoder, mel_windows, windows
from polydub_diarization.engines.base import DiarizationEngine, Diarized
from polydub_diarization.resegmentation import turns_of
from polydub_diarization.sound import BLOCK_SAMPLES, Sound, Talk
from polydub_diarization.spans import Span, split_evenly
from polydub_diarization.turns import Turn

_RECIPE = 1
"""Raised whenever this engine's results change."""
_LONGEST_REGION_MS = 30_000
"""Speech without a pause is worked on in pieces, so that memory does not depend on its length."""
_TELLING_MS = 1_200
"""Shorter windows say too little about a voice to found a cluster on."""
_LEVEL = np.float32(10 ** (-27 / 20))
"""RMS to which each region is brought: the encoder reads mel power as it is, so level matters."""


@dataclass(frozen=True)
class _Region:
    """A stretch of speech, its windows and their embeddings, shape (windows, 256), float16."""

    span: Span
    windows: list[Span]
    embeddings: Embeddings


class EmbeddedDiarization(DiarizationEngine):
    """Works anywhere: a small CPU, no key, no model hub. It does not hear overlaps."""

    id: ClassVar[str] = "embedded"

    def __init__(self, *, cache_dir: Path, threads: int, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._cache_dir = cache_dir
        self._threads = threads

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Silero VAD + GE2E embeddings",
            version=f"{_RECIPE}+silero{_version('silero-vad')}+ge2e{_version('Resemblyzer')}",
            quality=Quality.STANDARD,
            licence="MIT (Silero VAD), Apache-2.0 (GE2E weights)",
            commercial_use=True,
            neural=True,
            limits=(
                "People who speak at the same time are not told apart.",
                "Someone who speaks for only a few seconds may be taken for someone else.",
                "Voices that are much alike may become one: give the number of speakers.",
            ),
        )

    def available(self) -> Availability:
        for package, path in (
            ("silero-vad", vad.model_path()),
            ("resemblyzer", ge2e.weights_path()),
        ):
            if path is None:
                return Availability.no(
                    f"the package {package} is not installed",
                    f"Run `pip install --no-deps {package}`.",
                )
        return Availability.yes()

    def _load(self) -> None:
        model = vad.model_path()
        if model is None:
            raise EngineFailed("The Silero VAD network is not installed.", retryable=False)
        try:
            network = ge2e.network(self._cache_dir)
        except (FileNotFoundError, ValueError, pickle.UnpicklingError) as error:
            raise EngineFailed(
                "The weights of the speaker encoder are missing or damaged.", retryable=False
            ) from error
        self._vad = vad.SileroVad(model)
        self._encoder = SpeakerEncoder(network, self._threads)

    async def _diarize(self, talk: Talk, speakers: int, on_progress: OnProgress | None) -> Diarized:
        return await run_blocking(
            lambda tick: self._work(talk, speakers, tick), on_progress=on_progress
        )

    def _work(self, talk: Talk, speakers: int, tick: Tick) -> Diarized:
        speech = self._speech(talk, lambda fraction: tick(0.4 * fraction))
        spans = [piece for span in speech for piece in split_evenly(span, _LONGEST_REGION_MS)]
        regions = list(self._regions(talk.sound, spans, lambda part: tick(0.4 + 0.5 * part)))
        if not regions:
            return Diarized((), ())
        voices = _voices(regions, speakers)
        turns = list(_turns(regions, voices, lambda part: tick(0.9 + 0.1 * part)))
        return Diarized(tuple(turns), tuple(speech))

    def _speech(self, talk: Talk, tick: Tick) -> list[Span]:
        """Speech where the network hears it in the talk or in the voice alone."""
        heard = self._probabilities(talk.sound, lambda part: tick(part / 2))
        if talk.voice:
            alone = self._probabilities(talk.voice, lambda part: tick((1 + part) / 2))
            heard = vad.with_voice(heard, alone)
        return vad.speech_spans(heard, talk.sound.duration_ms)

    def _probabilities(self, sound: Sound, tick: Tick) -> vad.Probabilities:
        found = [np.zeros(0, np.float32)]
        for index, probabilities in enumerate(self._vad.stream(sound.blocks())):
            tick(min(1.0, index * BLOCK_SAMPLES / sound.samples))
            found.append(probabilities)
        return np.concatenate(found)

    def _regions(self, sound: Sound, spans: Sequence[Span], tick: Tick) -> Iterator[_Region]:
        for index, span in enumerate(spans):
            tick(index / len(spans))
            cuts = windows(span)
            samples = _levelled(sound.read(span.start_ms, span.end_ms))
            embeddings = self._encoder.embed(mel_windows(samples, span, cuts))
            yield _Region(span, cuts, embeddings.astype(np.float16))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"


def _levelled(samples: Samples) -> Samples:
    rms = np.sqrt(np.square(samples).mean()) + np.float32(1e-6)
    levelled: Samples = samples * (_LEVEL / rms)
    return levelled


def _voices(regions: Sequence[_Region], speakers: int) -> Embeddings:
    """The mean direction of each voice, from the windows that are long enough to tell."""
    embeddings = np.concatenate([region.embeddings for region in regions])
    lengths = np.array([cut.length_ms for region in regions for cut in region.windows])
    telling = embeddings[lengths >= _TELLING_MS]
    if len(telling) >= max(1, speakers):
        return cluster(telling, speakers)
    return cluster(embeddings, max(1, speakers))


def _turns(regions: Sequence[_Region], voices: Embeddings, tick: Tick) -> Iterator[Turn]:
    names = [str(index) for index in range(len(voices))]
    for index, region in enumerate(regions):
        tick(index / len(regions))
        scores = region.embeddings.astype(np.float32) @ voices.T
        yield from turns_of(region.span, region.windows, scores, names)
