"""Any server that speaks OpenAI's ``POST /v1/audio/speech``: OpenAI's, or one with a model of ours.

Qwen3-TTS, Chatterbox, CosyVoice, VoxCPM and Kokoro are served in this dialect, each from a
container of its own, because their packages exclude each other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import SecretStr

from polydub.cloud import UNREACHED, CloudService, Key, Refused, retry_after_s
from polydub.engines import Availability, Capabilities, Quality
from polydub.languages import serves
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, RateRange, natural_voice
from polydub_tts.engines.manner import instructions
from polydub_tts.engines.remote import MAX_BYTES, RemoteTtsEngine
from polydub_tts.sound import Sound, decode_wav
from polydub_tts.style import LEVEL, PITCH, RANGE, RATE, Reference, Style

PREFIX = "POLYDUB_TTS_OPENAI_"
FIXED_RATE = RateRange(1.0, 1.0)
RATES = RateRange(0.8, 1.35)
"""``speed`` may be 0.25 to 4; within this speech stays natural. A guess, not measured."""
_ERROR_BYTES = 10_000
NO_KEY = Key(f"{PREFIX}KEY", SecretStr(""))


@dataclass(frozen=True)
class SpeechServer:
    """Where the server is and what it can do; it can't be asked for its voices.

    Attributes:
        url: up to and with ``/v1``.
        voices: for each language tag the names of its voices; ``name:female`` and ``name:male``
            also tell their gender.
        speed: whether the server honours ``speed``.
        language_field: the name of the body's field in which it wants the language, if any.
        instructions: whether its model follows ``instructions`` on how to speak.
        cloning: whether it imitates a clip, in the dialect of vLLM-Omni: ``task_type`` Base with
            ``ref_audio`` as a data URL and ``x_vector_only_mode``, since the clip's words are not
            known (its Speech API, "Voice Clone Parameters").
        cloning_languages: the tags in which it does.
    """

    url: str = ""
    key: Key = NO_KEY
    model: str = ""
    voices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    speed: bool = False
    language_field: str = ""
    instructions: bool = False
    cloning: bool = False
    cloning_languages: frozenset[str] = frozenset()
    licence: str = ""
    commercial_use: bool = False


class OpenAiSpeechEngine(RemoteTtsEngine):
    """The voices that the settings name, spoken by the server that they name."""

    id: ClassVar[str] = "openai-speech"
    multilingual: ClassVar[bool] = True

    def __init__(
        self,
        server: SpeechServer,
        timeout_s: float = 60.0,
        at_once: int = 4,
        retries: int = 2,
    ) -> None:
        super().__init__(
            CloudService("The speech server", server.key.variable, at_once, retries), timeout_s
        )
        self._server = server
        self.carries = frozenset(
            ({RATE} if server.speed else set())
            | ({PITCH, RANGE, LEVEL} if server.instructions else set())
        )

    def available(self) -> Availability:
        if find_spec("httpx") is None:
            return Availability.no("httpx is not installed", "pip install 'polydub-tts[openai]'")
        if not self._server.url or not self._server.model:
            return Availability.no(
                "no speech server is set", f"Set {PREFIX}URL, {PREFIX}MODEL and {PREFIX}VOICES."
            )
        if self._server.key.file is not None and not (key := self._server.key.available()).ok:
            return key
        if not any(self._server.voices.values()) and not self._server.cloning:
            return Availability.no(
                "no voice is set", f'Set {PREFIX}VOICES, for example to {{"es": ["alloy"]}}.'
            )
        return Availability.yes()

    def capabilities(self) -> Capabilities:
        server = self._server
        return Capabilities(
            name=f"Speech server ({server.model or 'none set'})",
            version=f"{server.model or 'none'}-{self._fingerprint()}",
            quality=Quality.STUDIO,
            licence=server.licence or f"unknown: see the model's, and set {PREFIX}LICENCE",
            commercial_use=server.commercial_use,
            languages=frozenset(server.voices) | server.cloning_languages,
            neural=True,
            cloning=server.cloning,
            device="remote",
            limits=("The text of each line is sent to the server.",),
        )

    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        return tuple(
            _voice(spec, tag)
            for tag, specs in self._server.voices.items()
            if serves(tag, language)
            for spec in specs
        )

    def clones(self, language: str) -> bool:
        tags = self._server.cloning_languages
        return self._server.cloning and any(serves(tag, language) for tag in tags)

    def rate_range(self, voice: EngineVoice) -> RateRange:
        return RATES if self._server.speed else FIXED_RATE

    async def _fetch(self, text: str, voice: EngineVoice, rate: float, style: Style) -> Sound:
        import httpx

        url = f"{self._server.url.rstrip('/')}/audio/speech"
        key = self._key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        body = self._body(text, voice, rate, style)
        if voice.likeness is not None:
            del body["voice"]
            body |= await _imitation(voice.likeness)
        try:
            async with (
                httpx.AsyncClient(timeout=self.timeout_s, verify=self._tls) as client,
                client.stream("POST", url, json=body, headers=headers) as answer,
            ):
                limit = MAX_BYTES if answer.status_code == 200 else _ERROR_BYTES
                data = await _read(answer, limit)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused(UNREACHED) from error
        if answer.status_code != 200:
            raise Refused(answer.status_code, retry_after_s(answer.headers), _code(data))
        return decode_wav(data)

    def _key(self) -> str:
        try:
            return self._server.key.read()
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(401) from error

    def _body(self, text: str, voice: EngineVoice, rate: float, style: Style) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._server.model,
            "input": text,
            "voice": voice.id,
            "response_format": "wav",
        }
        if rate != 1.0:
            body["speed"] = rate
        if self._server.language_field:
            body[self._server.language_field] = voice.language
        if manner := instructions(style):
            body["instructions"] = manner
        return body

    def _fingerprint(self) -> str:
        """Tells servers with equally named models apart, so that no take is mixed up."""
        told = f"{self._server.url} {self._server.language_field}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]


def _voice(spec: str, tag: str) -> EngineVoice:
    name, _, gender = spec.rpartition(":")
    if name and gender in (MALE, FEMALE):
        return natural_voice(name, name, tag, gender=gender)
    return natural_voice(spec, spec, tag)


async def _imitation(likeness: Reference) -> dict[str, Any]:
    clip = base64.b64encode((await likeness.read()).to_wav()).decode()
    return {
        "task_type": "Base",
        "ref_audio": f"data:audio/wav;base64,{clip}",
        "x_vector_only_mode": True,
    }


async def _read(answer: Any, limit: int) -> bytes:
    data = bytearray()
    async for block in answer.aiter_bytes():
        data += block
        if len(data) > limit:
            break
    return bytes(data[:limit])


def _code(data: bytes) -> str:
    """The error's code: ``{"error": {"code": ...}}``."""
    try:
        return str(json.loads(data)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
