"""What an operator can set for the tts service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from polydub.languages import normalize
from polydub.settings import StageSettings
from polydub_tts.engines.elevenlabs import URL as ELEVENLABS_URL
from polydub_tts.engines.openai_speech import SpeechServer


class TtsSettings(StageSettings):
    """Prefix ``POLYDUB_TTS_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_TTS_", extra="ignore", frozen=True)

    lines_at_once: int = Field(default=2, ge=1, le=64)
    """Lines that this process speaks at the same time, over all events."""
    line_timeout_s: float = Field(default=60.0, gt=0)
    """Limit for speaking one line once."""
    max_rate: float = Field(default=1.35, ge=1.0, le=2.0)
    """How much faster than its own pace a voice may speak to fit; engines may allow less."""
    min_rate: float = Field(default=0.9, gt=0.5, le=1.0)
    """How much slower it may speak to fill its time."""

    # voices that are models
    models_loaded: int = Field(default=4, ge=1, le=64)
    """Models that stay in memory."""
    model_threads: int = Field(default=2, ge=1, le=64)
    """Threads for one line."""
    piper_commercial_use: bool = False
    """The operator has read the voices' cards: all may be used commercially."""

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
    openai_licence: str = ""
    openai_commercial_use: bool = False
    openai_at_once: int = Field(default=4, ge=1, le=64)

    # ElevenLabs
    elevenlabs_key: SecretStr = SecretStr("")
    elevenlabs_key_file: Path | None = None
    elevenlabs_url: str = ELEVENLABS_URL
    elevenlabs_model: str = "eleven_multilingual_v2"
    elevenlabs_at_once: int = Field(default=2, ge=1, le=64)

    @field_validator("openai_key_file", "elevenlabs_key_file")
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        if path is not None:
            try:
                path.read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError("this file can't be read") from error
        return path

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

    @property
    def elevenlabs_secret(self) -> str:
        return _secret(self.elevenlabs_key, self.elevenlabs_key_file)

    def speech_server(self) -> SpeechServer:
        """The server that ``openai-speech`` uses."""
        voices = self.openai_voices
        if isinstance(voices, list):
            voices = {tag: voices for tag in self.openai_languages.split(",") if tag}
        return SpeechServer(
            url=self.openai_url,
            key=_secret(self.openai_key, self.openai_key_file),
            model=self.openai_model,
            voices=voices,
            speed=self.openai_speed,
            language_field=self.openai_language_field,
            licence=self.openai_licence,
            commercial_use=self.openai_commercial_use,
        )


def _secret(value: SecretStr, file: Path | None) -> str:
    """A key as it is set, else as it stands in its file."""
    return value.get_secret_value() or (file.read_text().strip() if file else "")
