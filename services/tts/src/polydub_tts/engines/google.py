"""Google Cloud Text-to-Speech, over gRPC through the official SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

from polydub.cloud import CloudService, Refused
from polydub.engines import Availability, Capabilities, Quality
from polydub.google import KEY_VARIABLE, GoogleSettings, errors, refusal
from polydub.languages import normalize, serves
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, RateRange, natural_voice
from polydub_tts.engines.listing import RememberedListing
from polydub_tts.engines.remote import RemoteTtsEngine
from polydub_tts.sound import Sound, decode_wav
from polydub_tts.style import LEVEL, PITCH, RATE, Style

MODULE, EXTRA = "google.cloud.texttospeech_v1", "polydub-tts[google]"
RATES = RateRange(0.8, 1.35)
"""``speaking_rate`` may be 0.25 to 2; within this speech stays natural. A guess, not measured."""
LISTING_LIMIT_S = 5.0
_FIXED_PITCH = ("Chirp", "Studio", "Journey", "Polyglot", "Casual")
"""Kinds of voices that refuse a request with a pitch."""


@dataclass(frozen=True)
class _Listing:
    voices: tuple[EngineVoice, ...] = ()
    failure: str = ""


class GoogleSpeechEngine(RemoteTtsEngine):
    """Google's voices of some kinds in all their languages, listed once in ten minutes.

    Args:
        kinds: parts of the voices' names, preferred ones first; others are not used, for their
            prices differ by far.
    """

    id: ClassVar[str] = "google"
    carries: frozenset[str] = frozenset({RATE, PITCH, LEVEL})

    def __init__(
        self,
        google: GoogleSettings,
        kinds: Sequence[str] = ("Neural2", "Wavenet", "Standard"),
        timeout_s: float = 60.0,
        at_once: int = 4,
        retries: int = 2,
    ) -> None:
        super().__init__(CloudService("Google", KEY_VARIABLE, at_once, retries), timeout_s)
        self._google, self._kinds = google, tuple(kinds)
        self._listing = RememberedListing(self._ask)
        self._client_of: tuple[asyncio.AbstractEventLoop, Any] | None = None

    def available(self) -> Availability:
        here = self._google.available(MODULE, EXTRA)
        if not here.ok:
            return here
        if failure := self._listed().failure:
            return Availability.no(failure, f"Check {KEY_VARIABLE} and the network.")
        return Availability.yes()

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Google Cloud Text-to-Speech",
            version=_package_version(),
            quality=Quality.STUDIO,
            licence="Google Cloud's terms of service",
            commercial_use=True,
            languages=frozenset(voice.language for voice in self._listed().voices),
            neural=True,
            device="cloud",
            limits=("Costs money for each character, and the text is sent to Google.",),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        return tuple(voice for voice in self._listed().voices if serves(voice.language, language))

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES

    async def _fetch(self, text: str, voice: EngineVoice, rate: float, style: Style) -> Sound:
        from google.cloud import texttospeech_v1 as speech

        request = speech.SynthesizeSpeechRequest(
            input=speech.SynthesisInput(text=text),
            voice=speech.VoiceSelectionParams(
                language_code="-".join(voice.id.split("-")[:2]), name=voice.id
            ),
            audio_config=speech.AudioConfig(
                audio_encoding=speech.AudioEncoding.LINEAR16,
                speaking_rate=rate,
                pitch=style.pitch_semitones if _takes_pitch(voice.id) else 0.0,
                volume_gain_db=style.level_db,
            ),
        )
        try:
            answer = await self._client().synthesize_speech(
                request=request, timeout=self.timeout_s, retry=None
            )
        except errors() as error:
            raise refusal(error) from error
        return decode_wav(answer.audio_content)

    def _client(self) -> Any:
        """The client of the running loop: a channel can't leave the loop it was made in."""
        from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient

        loop = asyncio.get_running_loop()
        if self._client_of is None or self._client_of[0] is not loop:
            self._client_of = (loop, self._google.client(TextToSpeechAsyncClient))
        return self._client_of[1]

    def _listed(self) -> _Listing:
        if not self._google.available(MODULE, EXTRA).ok:
            return _Listing()
        return self._listing.get()

    def _ask(self) -> _Listing:
        try:
            found = self._listing_client().list_voices(timeout=LISTING_LIMIT_S, retry=None)
        except errors() as error:
            return self._failed(refusal(error))
        except Refused as error:
            return self._failed(error)
        ranked = sorted(found.voices, key=lambda each: (self._rank(each.name), each.name))
        voices = [
            voice
            for each in ranked
            if self._rank(each.name) < len(self._kinds)
            for voice in _voices(each)
        ]
        if not voices:
            return _Listing(failure=f"Google has no voice of the kinds {', '.join(self._kinds)}")
        return _Listing(tuple(voices))

    def _listing_client(self) -> Any:
        """A client that blocks: engines are asked for their voices outside of any loop, too."""
        from google.cloud.texttospeech_v1 import TextToSpeechClient

        return self._google.blocking_client(TextToSpeechClient)

    def _failed(self, why: Refused) -> _Listing:
        return _Listing(failure=self._service.failure(why).message.rstrip("."))

    def _rank(self, voice_name: str) -> int:
        kinds = enumerate(self._kinds)
        return next((n for n, kind in kinds if kind in voice_name), len(self._kinds))


def _voices(told: Any) -> list[EngineVoice]:
    """One voice for each language that it speaks; most speak one."""
    gender = {1: MALE, 2: FEMALE}.get(int(told.ssml_gender), "")
    found = []
    for code in told.language_codes:
        try:
            found.append(natural_voice(told.name, told.name, normalize(code), gender=gender))
        except ValueError:
            continue
    return found


def _takes_pitch(voice_name: str) -> bool:
    return not any(kind in voice_name for kind in _FIXED_PITCH)


def _package_version() -> str:
    try:
        return version("google-cloud-texttospeech")
    except PackageNotFoundError:
        return "missing"
