"""Google Cloud Speech-to-Text, version 2 of its interface, over gRPC."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

from polydub import google, languages
from polydub.blocking import OnProgress, run_blocking
from polydub.cloud import CloudService
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.google import KEY_VARIABLE, GoogleSettings
from polydub.pcm import RATE_HZ, Samples, to_pcm
from polydub_asr.engines.base import AsrEngine, LanguageGuess, Recognition, Word
from polydub_asr.engines.google_languages import google_tag, heard, our_tag
from polydub_asr.engines.together import Piece, together
from polydub_asr.pieces import MIN_SAMPLES, cut_clips, rejoined
from polydub_asr.settings import AsrSettings

_SDK = "google.cloud.speech_v2"
_RECIPE = 1
"""Raise it when the same sound is asked for in another way."""
_MAX_S = 55.0
"""A request may hold a minute (cloud.google.com/speech-to-text/quotas)."""
_MIN_S = 30.0
_DETECTION_S = 30
_MAX_CANDIDATES = 3
"""Of languages in one request (cloud.google.com/speech-to-text/docs/multiple-languages)."""
_MAX_PHRASE = 100
"""Characters of a phrase to expect (cloud.google.com/speech-to-text/quotas)."""
_BOOST = 10.0
"""Of 0 to 20: in the middle, since more brings phrases that were not said."""


class GoogleEngine(AsrEngine):
    """Sends each utterance to Google's ``Recognize``, several at the same time.

    Args:
        timeout_s: limit of one call.
        account: whose money.
        settings: which model.
    """

    id: ClassVar[str] = "google"
    punctuates: ClassVar[bool] = True

    def __init__(self, *, timeout_s: float, account: GoogleSettings, settings: AsrSettings) -> None:
        super().__init__(timeout_s=timeout_s)
        self._account = account
        self._settings = settings
        self._service = CloudService(
            "Google Speech-to-Text", KEY_VARIABLE, at_once=settings.google_at_once
        )
        self._client: Any = None
        self._recognizer = ""

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Google Speech-to-Text",
            version=f"v2.{self._settings.google_model}.{_RECIPE}",
            quality=Quality.STANDARD,
            licence="Google Cloud terms of service",
            commercial_use=True,
            languages=heard(),
            neural=True,
            device="cloud",
            limits=(
                "Sends the talk's sound to Google, which bills each second.",
                "Not every model hears every language, and not in every location.",
            ),
        )

    def available(self) -> Availability:
        return self._account.available(_SDK, "polydub-asr[google]")

    def close(self) -> None:
        self._client = None

    async def _transcribe_many(
        self,
        clips: Sequence[Samples],
        language: str,
        hotwords: Sequence[str],
        on_progress: OnProgress | None,
    ) -> list[Recognition]:
        pieces = cut_clips(clips, max_s=_MAX_S, min_s=_MIN_S)
        tag = google_tag(language)
        words = await together(
            [
                Piece(each.samples.size, partial(self._words, each.samples, tag, hotwords))
                for each in pieces
            ],
            on_progress,
        )
        return rejoined(len(clips), pieces, words)

    async def _detect_language(self, samples: Samples) -> LanguageGuess | None:
        """Weighs the languages of the results by their lengths."""
        candidates = self._candidates()
        if samples.size < MIN_SAMPLES or not candidates:
            return None
        answer = await self._recognize(samples[: _DETECTION_S * RATE_HZ], candidates, ())
        found: Counter[str] = Counter()
        for result in answer.results:
            if result.language_code and result.alternatives:
                text = result.alternatives[0].transcript
                found[our_tag(result.language_code)] += len(text)
        if not found.total():
            return None
        language, length = found.most_common(1)[0]
        return LanguageGuess(language, length / found.total())

    def _candidates(self) -> list[str]:
        """Among which languages Google shall find the spoken one; none where it can't."""
        if self._settings.google_model.startswith("chirp"):
            return ["auto"]
        known = [
            each for each in self._settings.google_languages if languages.base(each) in heard()
        ]
        return [google_tag(each) for each in known][:_MAX_CANDIDATES]

    async def _words(self, samples: Samples, tag: str, hotwords: Sequence[str]) -> list[Word]:
        answer = await self._recognize(samples, [tag], hotwords)
        return list(_words(answer, samples.size * 1000 // RATE_HZ))

    async def _recognize(
        self, samples: Samples, tags: Sequence[str], hotwords: Sequence[str]
    ) -> Any:
        """Google's answer, paid for."""
        answer = await self._service.ask(partial(self._ask_once, samples, tags, hotwords))
        billed_s = answer.metadata.total_billed_duration.total_seconds()
        self.charge(billed_s or math.ceil(samples.size / RATE_HZ), "seconds")
        return answer

    async def _ask_once(
        self, samples: Samples, tags: Sequence[str], hotwords: Sequence[str]
    ) -> Any:
        await self._connect()
        request = import_module(f"{_SDK}.types").RecognizeRequest(
            recognizer=self._recognizer,
            content=to_pcm(samples),
            config=self._config(tags, hotwords),
        )
        try:
            # Patience is the CloudService's: the SDK's own would try again for an hour.
            return await self._client.recognize(
                request, retry=None, timeout=self._settings.google_request_timeout_s
            )
        except google.errors() as error:
            raise google.refusal(error) from error

    async def _connect(self) -> None:
        if not self._recognizer:
            project = await run_blocking(lambda _: self._account.project_path())
            self._recognizer = f"{project}/recognizers/_"
        if self._client is None:
            client_type = import_module(_SDK).SpeechAsyncClient
            self._client = self._account.client(client_type, host=self._host())

    def _host(self) -> str:
        """Locations other than the global one have a host of their own."""
        location = self._account.location
        return "" if location == "global" else f"{location}-speech.googleapis.com"

    def _config(self, tags: Sequence[str], hotwords: Sequence[str]) -> Any:
        types = import_module(f"{_SDK}.types")
        config = types.RecognitionConfig(
            explicit_decoding_config=types.ExplicitDecodingConfig(
                encoding=types.ExplicitDecodingConfig.AudioEncoding.LINEAR16,
                sample_rate_hertz=RATE_HZ,
                audio_channel_count=1,
            ),
            model=self._settings.google_model,
            language_codes=list(tags),
            features=types.RecognitionFeatures(
                enable_word_time_offsets=True,
                enable_word_confidence=True,
                enable_automatic_punctuation=True,
            ),
        )
        if hotwords:
            config.adaptation = _adaptation(types, hotwords)
        return config


def _adaptation(types: Any, hotwords: Sequence[str]) -> Any:
    phrases = [types.PhraseSet.Phrase(value=each[:_MAX_PHRASE], boost=_BOOST) for each in hotwords]
    inline = types.SpeechAdaptation.AdaptationPhraseSet(
        inline_phrase_set=types.PhraseSet(phrases=phrases)
    )
    return types.SpeechAdaptation(phrase_sets=[inline])


def _words(answer: Any, length_ms: int) -> Iterator[Word]:
    """The words of an answer in order of time, none beyond the sound.

    Raises:
        EngineFailed: when there is text without words, as of models that know no times.
    """
    previous_ms = 0
    for result in answer.results:
        if not result.alternatives:
            continue
        best = result.alternatives[0]
        if best.transcript.strip() and not best.words:
            raise EngineFailed("This model of Google's gives no word times.", retryable=False)
        for each in best.words:
            text = _text(each.word)
            if not any(character.isalnum() for character in text):
                continue
            start_ms = min(max(_ms(each.start_offset), previous_ms), length_ms)
            previous_ms = min(max(_ms(each.end_offset), start_ms), length_ms)
            yield Word(text, start_ms, previous_ms, _confidence(each.confidence, best.confidence))


def _text(word: str) -> str:
    """Japanese words come with their reading (``私|ワタシ``), some with a mark for a space."""
    return word.split("|")[0].replace("▁", "").strip()


def _ms(offset: Any) -> int:
    return round(float(offset.total_seconds()) * 1000)


def _confidence(of_word: float, of_text: float) -> float:
    """Nought stands for not known, which is no reason to doubt a word."""
    return min(1.0, max(0.0, float(of_word or of_text or 1.0)))
