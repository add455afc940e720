"""What an operator can set for the tts service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from polydub.cloud import Key
from polydub.languages import normalize
from polydub.settings import ModelSettings
from polydub_tts.engines.elevenlabs import URL as ELEVENLABS_URL
from polydub_tts.engines.openai_speech import SpeechServer


class TtsSettings(ModelSettings):
    """Prefix ``POLYDUB_TTS_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_TTS_", extra="ignore", frozen=True)

    models_mb: int = Field(default=8192, ge=1)
    """How large the loaded models' files may be together."""

    lines_at_once: int = Field(default=2, ge=1, le=64)
    """Lines that this process speaks at the same time, over all events."""
    line_timeout_s: float = Field(default=60.0, gt=0)
    """Limit for speaking one line once."""
    max_rate: float = Field(default=1.35, ge=1.0, le=2.0)
    """How much faster than its own pace a voice may speak to fit; engines may allow less."""
    min_rate: float = Field(default=0.9, gt=0.5, le=1.0)
    """How much slower it may speak to fill its time."""

    # voices that are models
    model_threads: int = Field(default=2, ge=1, le=64)
    """Threads for one line of Kokoro and Piper."""
    xtts_half: bool = False
    """XTTS computes in half precision on a GPU."""

    # a server that speaks OpenAI's dialect
    openai_url: str = ""
    openai_key: SecretStr = SecretStr("")
    openai_key_file: Path | None = None
    openai_model: str = ""
    openai_voices: dict[str, list[str]] | list[str] = Field(default_factory=dict)
    """Voices for each language, or a list of those that speak all of ``openai_languages``."""
    openai_languages: str = ""
    """With commas between them."""
    openai_speed: bool = False
    openai_language_field: str = ""
    openai_instructions: bool = False
    """Its model follows instructions on how to speak."""
    openai_cloning: bool = False
    """It imitates a clip, as vLLM-Omni does with a model of the kind Base."""
    openai_licence: str = ""
    openai_commercial_use: bool = True
    """Whoever names the server answers for the licence of its model."""
    openai_at_once: int = Field(default=4, ge=1, le=64)

    # ElevenLabs
    elevenlabs_key: SecretStr = SecretStr("")
    elevenlabs_key_file: Path | None = None
    elevenlabs_url: str = ELEVENLABS_URL
    elevenlabs_model: str = "eleven_multilingual_v2"
    elevenlabs_at_once: int = Field(default=2, ge=1, le=64)
    elevenlabs_clones_kept_s: float = Field(default=900.0, ge=0)
    """How long a cloned voice stays in the account after its last line."""

    # Google; its account is set with POLYDUB_GOOGLE_...
    google_kinds: str = "Neural2,Wavenet,Standard"
    """Parts of the voices' names, preferred ones first, with commas between them."""
    google_at_once: int = Field(default=4, ge=1, le=64)

    cloud_retries: int = Field(default=2, ge=0, le=10)
    """How often a request to a service is repeated."""

    @field_validator("openai_voices")
    @classmethod
    def _languages_of_voices(
        cls, voices: dict[str, list[str]] | list[str]
    ) -> dict[str, list[str]] | list[str]:
        if isinstance(voices, list):
            return voices
        return {normalize(tag): names for tag, names in voices.items()}

    @field_validator("openai_languages")
    @classmethod
    def _tags(cls, languages: str) -> str:
        return ",".join(normalize(tag.strip()) for tag in languages.split(",") if tag.strip())

    def elevenlabs_account(self) -> Key:
        return Key("POLYDUB_TTS_ELEVENLABS_KEY", self.elevenlabs_key, self.elevenlabs_key_file)

    def speech_server(self) -> SpeechServer:
        """The server that ``openai-speech`` uses."""
        voices, tags = self.openai_voices, [t for t in self.openai_languages.split(",") if t]
        if isinstance(voices, list):
            voices = dict.fromkeys(tags, voices)
        return SpeechServer(
            url=self.openai_url,
            key=Key("POLYDUB_TTS_OPENAI_KEY", self.openai_key, self.openai_key_file),
            model=self.openai_model,
            voices=voices,
            speed=self.openai_speed,
            language_field=self.openai_language_field,
            instructions=self.openai_instructions,
            cloning=self.openai_cloning,
            cloning_languages=frozenset(tags or voices),
            licence=self.openai_licence,
            commercial_use=self.openai_commercial_use,
        )

    def google_kinds_wanted(self) -> tuple[str, ...]:
        """The kinds of Google's voices that may be used, preferred ones first."""
        return tuple(kind.strip() for kind in self.google_kinds.split(",") if kind.strip())
