"""ElevenLabs: the voices of an account, and clones of speakers, through the official SDK."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from polydub.cloud import UNREACHED, CloudService, Key, Refused, retry_after_s
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed
from polydub.languages import normalize, serves
from polydub.pcm import to_float
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, RateRange, Raw, natural_voice
from polydub_tts.engines.elevenlabs_clones import NAME_PREFIX, AccountClones
from polydub_tts.engines.listing import RememberedListing
from polydub_tts.engines.remote import MAX_BYTES, RemoteTtsEngine
from polydub_tts.sound import Sound
from polydub_tts.style import RANGE, RATE, Style

URL = "https://api.elevenlabs.io"
PCM_HZ = 24_000
"""The highest rate of plain PCM that every tier may ask for."""
RATES = RateRange(0.7, 1.2)
"""The limits of the API's ``speed``."""
LISTING_LIMIT_S = 5.0
VOICES_AT_MOST = 100
_USUAL_STABILITY = 0.5
_STABILITY_FOR_RANGE = ((10.0, -0.15), (3.0, 0.15))
"""From how lively and up to how flat speech the stability is changed: the API lowers it for more
melody. Chosen, not measured."""


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
    carries: frozenset[str] = frozenset({RATE, RANGE})

    def __init__(
        self,
        key: Key,
        model: str = "eleven_multilingual_v2",
        url: str = URL,
        timeout_s: float = 60.0,
        at_once: int = 2,
        retries: int = 2,
        clones_kept_s: float = 900.0,
    ) -> None:
        super().__init__(CloudService("ElevenLabs", key.variable, at_once, retries), timeout_s)
        self._clones = AccountClones(self._service, self._client, clones_kept_s)
        self._key, self._model, self._url = key, model, url
        self._listing = RememberedListing(self._ask)

    def available(self) -> Availability:
        if find_spec("elevenlabs") is None:
            return Availability.no(
                "its package is not installed", "pip install 'polydub-tts[elevenlabs]'"
            )
        if not (key := self._key.available()).ok:
            return key
        if failure := self._listed().failure:
            return Availability.no(failure, f"Check {self._key.variable} and the network.")
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
            cloning=True,
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

    def clones(self, language: str) -> bool:
        return any(serves(tag, language) for tag in self._listed().languages)

    def close(self) -> None:
        self._clones.close()

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        if voice.likeness is None:
            return await super()._speak(text, voice, rate, f0_hz, folder, style)
        own = await self._clones.id_of(voice.likeness)
        try:
            return await super()._speak(text, replace(voice, id=own), rate, f0_hz, folder, style)
        except EngineFailed as failure:
            if not _is_gone(failure):
                raise
        # Somebody deleted it, another replica perhaps: it is made anew, once.
        self._clones.forget(voice.likeness)
        own = await self._clones.id_of(voice.likeness)
        return await super()._speak(text, replace(voice, id=own), rate, f0_hz, folder, style)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Any]:
        """A client for one request; what the SDK raises comes out as :class:`Refused`."""
        import httpx
        from elevenlabs import AsyncElevenLabs
        from elevenlabs.core.api_error import ApiError

        try:
            async with httpx.AsyncClient(timeout=self.timeout_s, verify=self._tls) as http:
                yield AsyncElevenLabs(
                    api_key=self._read_key(), base_url=self._url, httpx_client=http
                )
        except ApiError as error:
            raise _refused(error) from error
        except httpx.HTTPError as error:
            raise Refused(UNREACHED) from error

    def _read_key(self) -> str:
        try:
            return self._key.read()
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(401) from error

    async def _fetch(self, text: str, voice: EngineVoice, rate: float, style: Style) -> Sound:
        pcm = bytearray()
        async with self._client() as client:
            async for block in client.text_to_speech.convert(
                voice.id,
                text=text,
                model_id=self._model,
                output_format=f"pcm_{PCM_HZ}",
                voice_settings=self._settings(voice, rate, style),
            ):
                pcm += block
                if len(pcm) > MAX_BYTES:
                    raise ValueError("it is too long")
        if len(pcm) % 2:
            raise ValueError("it is cut off")
        return Sound(to_float(bytes(pcm)), PCM_HZ)

    def _settings(self, voice: EngineVoice, rate: float, style: Style) -> Any:
        """The voice's own settings with the speed; without them its speech would change with it."""
        from elevenlabs import VoiceSettings

        own = (self._listed().settings or {}).get(voice.id) or VoiceSettings()
        changed = {"speed": rate}
        if shift := _stability_shift(style.range_semitones):
            usual = _USUAL_STABILITY if own.stability is None else own.stability
            changed["stability"] = round(min(1.0, max(0.0, usual + shift)), 2)
        return own.model_copy(update=changed)

    def _listed(self) -> Listing:
        if not self._key.available().ok or find_spec("elevenlabs") is None:
            return Listing()
        return self._listing.get()

    def _ask(self) -> Listing:
        import httpx
        from elevenlabs import ElevenLabs
        from elevenlabs.core.api_error import ApiError

        try:
            with httpx.Client(timeout=LISTING_LIMIT_S, verify=self._tls) as http:
                client = ElevenLabs(api_key=self._read_key(), base_url=self._url, httpx_client=http)
                once: Any = {"max_retries": 0}
                models = client.models.list(request_options=once)
                page = client.voices.search(page_size=VOICES_AT_MOST, request_options=once)
        except ApiError as error:
            refusal = _refused(error)
            return Listing(failure=self._service.failure(refusal).message.rstrip("."))
        except Refused as refusal:
            return Listing(failure=self._service.failure(refusal).message.rstrip("."))
        except httpx.HTTPError:
            return Listing(failure=f"{self.id} could not be reached")
        spoken = [m.languages or [] for m in models if m.model_id == self._model]
        if not spoken:
            return Listing(failure=f"the account has no model {self._model}")
        return Listing(
            languages=_tags(each.language_id for each in spoken[0]),
            voices=tuple(
                _voice(each)
                for each in page.voices
                if not (each.name or "").startswith(NAME_PREFIX)
            ),
            settings={each.voice_id: each.settings for each in page.voices},
        )


def _stability_shift(range_semitones: float) -> float:
    (lively, less), (flat, more) = _STABILITY_FOR_RANGE
    if range_semitones >= lively:
        return less
    return more if 0 < range_semitones <= flat else 0.0


def _is_gone(failure: EngineFailed) -> bool:
    cause = failure.__cause__
    return isinstance(cause, Refused) and (cause.status == 404 or cause.code == "voice_not_found")


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
    return Refused(error.status_code or UNREACHED, retry_after_s(headers), _code(error.body))


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
