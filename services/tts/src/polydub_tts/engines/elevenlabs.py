"""ElevenLabs: the voices of an account, through the official SDK.

No voice is cloned here: a clone needs the recorded consent of the person, which this service has no
place to keep. Voices that the account's owner has cloned there can be used like all others.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, ClassVar

from polydub.engines import Availability, Capabilities, Quality
from polydub.languages import normalize, serves
from polydub.pcm import to_float
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, RateRange, natural_voice
from polydub_tts.engines.remote import MAX_BYTES, Refused, RemoteTtsEngine, retry_after_s
from polydub_tts.sound import Sound

URL = "https://api.elevenlabs.io"
PCM_HZ = 24_000
"""The highest rate of plain PCM that every tier may ask for."""
RATES = RateRange(0.7, 1.2)
"""The limits of the API's ``speed``."""
LISTING_LIMIT_S = 5.0
LISTED_FOR_S = 600.0
FAILED_FOR_S = 60.0
VOICES_AT_MOST = 100


@dataclass(frozen=True)
class Listing:
    """What the account offers: the model's languages, its voices, their settings by voice id."""

    languages: frozenset[str] = frozenset()
    voices: tuple[tuple[EngineVoice, frozenset[str]], ...] = ()
    """Each voice with the languages in which it is verified or at home."""
    settings: Mapping[str, Any] | None = None
    failure: str = ""


class ElevenLabsEngine(RemoteTtsEngine):
    """The account's voices in all languages of one model.

    The voices are asked for once in ten minutes, and after a failure once in a minute.
    """

    id: ClassVar[str] = "elevenlabs"
    key_variable: ClassVar[str] = "POLYDUB_TTS_ELEVENLABS_KEY"

    def __init__(
        self,
        key: str,
        model: str = "eleven_multilingual_v2",
        url: str = URL,
        timeout_s: float = 60.0,
        at_once: int = 2,
    ) -> None:
        super().__init__(timeout_s, at_once)
        self._key, self._model, self._url = key, model, url
        self._listing, self._good_until = Listing(), 0.0
        self._lock = threading.Lock()

    def available(self) -> Availability:
        if find_spec("elevenlabs") is None:
            return Availability.no(
                "its package is not installed", "pip install 'polydub-tts[elevenlabs]'"
            )
        if not self._key:
            return Availability.no("no key is set", f"Set {self.key_variable}.")
        if failure := self._listed().failure:
            return Availability.no(failure, f"Check {self.key_variable} and the network.")
        return Availability.yes()

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name=f"ElevenLabs ({self._model})",
            version=f"{self._model}-{_package_version()}",
            quality=Quality.STUDIO,
            licence="ElevenLabs' terms of service",
            commercial_use=True,
            languages=self._listed().languages if self.available().ok else frozenset(),
            neural=True,
            device="remote",
            limits=(
                "Costs money for each character, and the text is sent to ElevenLabs.",
                "Commercial use needs a paid plan.",
                f"Only the first {VOICES_AT_MOST} voices of the account are used.",
            ),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        listing = self._listed()
        if not any(serves(tag, language) for tag in listing.languages):
            return ()
        at_home = [any(serves(tag, language) for tag in tags) for _, tags in listing.voices]
        ranked = sorted(range(len(at_home)), key=lambda i: not at_home[i])
        found = (listing.voices[i][0] for i in ranked)
        return tuple(natural_voice(v.id, v.name, language, gender=v.gender) for v in found)

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES

    async def _fetch(self, text: str, voice: EngineVoice, rate: float) -> Sound:
        import httpx
        from elevenlabs import AsyncElevenLabs
        from elevenlabs.core.api_error import ApiError

        pcm = bytearray()
        try:
            async with httpx.AsyncClient(timeout=self.timeout_s, verify=self._tls) as http:
                client = AsyncElevenLabs(api_key=self._key, base_url=self._url, httpx_client=http)
                async for block in client.text_to_speech.convert(
                    voice.id,
                    text=text,
                    model_id=self._model,
                    output_format=f"pcm_{PCM_HZ}",
                    voice_settings=self._settings(voice, rate),
                ):
                    pcm += block
                    if len(pcm) > MAX_BYTES:
                        raise ValueError("it is too long")
        except ApiError as error:
            raise _refused(error) from error
        except httpx.HTTPError as error:
            raise Refused(0) from error
        if len(pcm) % 2:
            raise ValueError("it is cut off")
        return Sound(to_float(bytes(pcm)), PCM_HZ)

    def _settings(self, voice: EngineVoice, rate: float) -> Any:
        """The voice's own settings with the speed; without them its speech would change with it."""
        from elevenlabs import VoiceSettings

        own = (self._listed().settings or {}).get(voice.id) or VoiceSettings()
        return own.model_copy(update={"speed": rate})

    def _listed(self) -> Listing:
        if not self._key or find_spec("elevenlabs") is None:
            return Listing()
        with self._lock:
            if time.monotonic() >= self._good_until:
                fresh = self._ask()
                # Voices once seen stay usable while the listing fails.
                if not fresh.failure or not self._listing.voices:
                    self._listing = fresh
                good_for_s = FAILED_FOR_S if fresh.failure else LISTED_FOR_S
                self._good_until = time.monotonic() + good_for_s
            return self._listing

    def _ask(self) -> Listing:
        import httpx
        from elevenlabs import ElevenLabs
        from elevenlabs.core.api_error import ApiError

        try:
            with httpx.Client(timeout=LISTING_LIMIT_S, verify=self._tls) as http:
                client = ElevenLabs(api_key=self._key, base_url=self._url, httpx_client=http)
                once: Any = {"max_retries": 0}
                models = client.models.list(request_options=once)
                page = client.voices.search(page_size=VOICES_AT_MOST, request_options=once)
        except ApiError as error:
            refusal = _refused(error)
            return Listing(failure=self._failure(refusal).message.rstrip("."))
        except httpx.HTTPError:
            return Listing(failure=f"{self.id} could not be reached")
        spoken = [m.languages or [] for m in models if m.model_id == self._model]
        if not spoken:
            return Listing(failure=f"the account has no model {self._model}")
        return Listing(
            languages=_tags(each.language_id for each in spoken[0]),
            voices=tuple(_voice(each) for each in page.voices),
            settings={each.voice_id: each.settings for each in page.voices},
        )


def _voice(told: Any) -> tuple[EngineVoice, frozenset[str]]:
    labels = told.labels or {}
    gender = labels.get("gender", "")
    verified = [each.language for each in told.verified_languages or []]
    voice = natural_voice(
        told.voice_id,
        told.name or told.voice_id,
        "",
        gender=gender if gender in (MALE, FEMALE) else "",
    )
    return voice, _tags([*verified, labels.get("language", "")])


def _tags(codes: Any) -> frozenset[str]:
    return frozenset(tag for code in codes if (tag := _tag(code)))


def _tag(code: str | None) -> str:
    try:
        return normalize(code or "")
    except ValueError:
        return ""


def _refused(error: Any) -> Refused:
    headers = error.headers or {}
    return Refused(error.status_code or 0, retry_after_s(headers), _code(error.body))


def _code(body: Any) -> str:
    """The reason in ``{"detail": {"status": ...}}``; a used-up quota comes with status 401."""
    try:
        told = json.loads(body) if isinstance(body, str) else body
        return str(told["detail"]["status"])
    except (ValueError, KeyError, TypeError):
        return ""


def _package_version() -> str:
    try:
        return version("elevenlabs")
    except PackageNotFoundError:
        return "missing"
