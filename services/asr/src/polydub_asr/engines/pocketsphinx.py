"""PocketSphinx 5: English, in-process, with the acoustic and language model of its wheel."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import metadata
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import structlog

from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed, EngineUnavailable
from polydub.pcm import RATE_HZ, Samples, to_pcm
from polydub_asr.engines.base import AsrEngine, Recognition, Word
from polydub_asr.engines.pronunciation import pronounce, words_of
from polydub_asr.pieces import cut_when_quiet

log = structlog.get_logger(__name__)

_FRAME_MS = 10
_PAD_S = 0.1
_PAD_MS = 100
_DITHER = 3.0 / 32768.0
"""Standard deviation. Digital silence has no logarithm; the front end needs some noise."""
_BLOCK_BYTES = RATE_HZ // 4 * 2
"""A quarter of a second: the decoder holds the GIL while it works on a block."""
_LOCK_WAIT_S = 0.2
_SPEECH_SEARCH = "_default"
"""PocketSphinx's name for the search over its language model."""
_LEVEL_SEARCH = "level"
_LEVEL_GRAMMAR = "#JSGF V1.0; grammar level; public <level> = the;"
_ALTERNATIVE = re.compile(r"\(\d+\)$")
"""How the dictionary tells pronunciations of one word apart: ``the(2)``."""


class PocketSphinxEngine(AsrEngine):
    """One decoder for the process; calls take turns on it."""

    id: ClassVar[str] = "pocketsphinx"
    prefers_denoised_below_snr_db: ClassVar[float | None] = 20.0
    """Denoising mends words in noise (85 to 48 % word errors at 5 dB) and costs some in clean
    speech (24 to 31 %)."""

    def __init__(self, *, timeout_s: float) -> None:
        super().__init__(timeout_s=timeout_s)
        self._decoder: Any = None
        self._turn = threading.Lock()

    @cached_property
    def _capabilities(self) -> Capabilities:
        return Capabilities(
            name="PocketSphinx",
            version=_version() or "0",
            quality=Quality.DRAFT,
            licence="BSD-2-Clause",
            commercial_use=True,
            languages=frozenset({"en"}),
            limits=(
                "Hears English only.",
                "Gets about every fourth word of clear read speech wrong, and most of telephone "
                "or noisy talk; lines it is unsure of are flagged.",
                "Writes no names it does not know and no punctuation; stops and capitals are "
                "guessed.",
            ),
        )

    def capabilities(self) -> Capabilities:
        return self._capabilities

    def available(self) -> Availability:
        if _version() is None:
            return Availability.no(
                "the package pocketsphinx is not installed", "pip install pocketsphinx"
            )
        return Availability.yes()

    def _load(self) -> None:
        self._decoder = _new_decoder()

    async def _transcribe_many(
        self,
        clips: Sequence[Samples],
        language: str,
        hotwords: Sequence[str],
        on_progress: OnProgress | None,
    ) -> list[Recognition]:
        words = await _pronounced(hotwords)
        total = max(1, sum(samples.size for samples in clips))

        def work(tick: Tick) -> list[Recognition]:
            self.load()
            # A decoder of its own: added words would stay for whoever calls next.
            own = _with_words(_new_decoder(), words) if words else None
            heard, before = [], 0
            for samples in clips:

                def clip_tick(done: float, before: int = before, size: int = samples.size) -> None:
                    tick((before + done * size) / total)

                heard.append(
                    _recognize(own, samples, clip_tick)
                    if own is not None
                    else self._recognize_in_turn(samples, clip_tick)
                )
                before += samples.size
            return heard

        return await run_blocking(work, on_progress=on_progress)

    def _recognize_in_turn(self, samples: Samples, tick: Tick) -> Recognition:
        _take(self._turn, tick)
        try:
            return _recognize(self._decoder, samples, tick)
        finally:
            self._turn.release()


async def _pronounced(hotwords: Sequence[str]) -> dict[str, str | None]:
    """The words and their phones; none without flite, since a hint is no reason to hear nothing."""
    try:
        return {word: await pronounce(word) for word in words_of(hotwords)}
    except EngineUnavailable as error:
        log.warning("hotwords are left out", engine=PocketSphinxEngine.id, reason=error.message)
        return {}


def _version() -> str | None:
    try:
        return metadata.version("pocketsphinx")
    except metadata.PackageNotFoundError:
        return None


def _new_decoder() -> Any:
    """A decoder with the wheel's en-us model. Takes half a second and 110 MB."""
    from pocketsphinx import Decoder

    try:
        decoder = Decoder(loglevel="FATAL")
        decoder.add_jsgf_string(_LEVEL_SEARCH, _LEVEL_GRAMMAR)
        return decoder
    except RuntimeError as error:
        raise EngineFailed("PocketSphinx can't load its model.", retryable=False) from error


def _with_words(decoder: Any, pronunciations: dict[str, str | None]) -> Any:
    """The decoder with those words added that its dictionary lacks; known ones can't be boosted."""
    missing = {w: p for w, p in pronunciations.items() if p and decoder.lookup_word(w) is None}
    for position, (word, phones) in enumerate(missing.items(), start=1):
        decoder.add_word(word, phones, position == len(missing))
    return decoder


def _take(lock: threading.Lock, tick: Tick) -> None:
    """Waits for the lock, and for the end of the wish to have it."""
    while not lock.acquire(timeout=_LOCK_WAIT_S):
        tick(0.0)


def _recognize(decoder: Any, samples: Samples, tick: Tick) -> Recognition:
    if not samples.size:
        return Recognition(())
    cuts = cut_when_quiet(samples)
    words: list[Word] = []
    for first, last in pairwise(cuts):

        def piece_tick(done: float, first: int = first, last: int = last) -> None:
            tick((first + done * (last - first)) / samples.size)

        words += _decode(decoder, samples[first:last], first * 1000 // RATE_HZ, piece_tick)
    return Recognition(tuple(words))


def _decode(decoder: Any, samples: Samples, offset_ms: int, tick: Tick) -> list[Word]:
    """One utterance through the decoder, in blocks."""
    pcm = _padded(samples)
    _normalize_channel(decoder, pcm)
    decoder.start_utt()
    try:
        for start in range(0, len(pcm), _BLOCK_BYTES):
            tick(start / len(pcm))
            decoder.process_raw(pcm[start : start + _BLOCK_BYTES], False, False)
    finally:
        decoder.end_utt()
    tick(1.0)
    end_ms = offset_ms + samples.size * 1000 // RATE_HZ
    segments = decoder.seg() or ()
    return [word for each in segments if (word := _word(each, offset_ms, end_ms)) is not None]


def _normalize_channel(decoder: Any, pcm: bytes) -> None:
    """Gives the decoder this utterance's own cepstral mean, instead of the last utterance's.

    The mean of a whole utterance is only taken when it is passed at once, and that would hold
    the GIL for the whole decoding. So it is passed once at once to a search over one word, which
    costs nothing, and then again in blocks. Measured: 41 word errors of 231 instead of 49 in
    mixed speech, 8 of 99 instead of 16 in lines of one second.
    """
    decoder.reinit_feat()
    decoder.activate_search(_LEVEL_SEARCH)
    decoder.start_utt()
    decoder.process_raw(pcm, True, True)
    decoder.end_utt()
    mean = decoder.get_cmn(False)
    decoder.reinit_feat()
    decoder.activate_search(_SPEECH_SEARCH)
    decoder.set_cmn(mean)


def _padded(samples: Samples) -> bytes:
    """16 bit samples with 0.1 s of silence on both sides and a little noise all over."""
    sound = np.pad(samples, int(_PAD_S * RATE_HZ))
    noise = np.random.default_rng(0).standard_normal(sound.size, np.float32)
    return to_pcm(sound + np.float32(_DITHER) * noise)


def _word(segment: Any, offset_ms: int, end_ms: int) -> Word | None:
    """A segment as a word; None for silence, noise and the sentence's ends."""
    if segment.word[0] in "<[+":
        return None
    start = offset_ms + segment.start_frame * _FRAME_MS - _PAD_MS
    end = offset_ms + (segment.end_frame + 1) * _FRAME_MS - _PAD_MS
    return Word(
        text=_ALTERNATIVE.sub("", segment.word),
        start_ms=min(max(start, offset_ms), end_ms),
        end_ms=min(max(end, offset_ms), end_ms),
        # ``prob`` is linear already; logmath.exp would make 1 of everything.
        confidence=min(1.0, max(0.0, float(segment.prob))),
    )
