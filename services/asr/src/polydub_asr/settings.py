"""Settings of the asr stage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from polydub.languages import normalize
from polydub.settings import ModelSettings


class AsrSettings(ModelSettings):
    """What this stage reads beside the common settings, prefix ``POLYDUB_ASR_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_ASR_", extra="ignore", frozen=True)

    low_confidence: float = Field(default=0.5, ge=0, le=1)
    """Lines whose words have a lower mean posterior than this are flagged."""
    whisper_model: str = ""
    """Name of the model's folder; empty takes the largest."""
    whisper_cpu_threads: int = Field(default=0, ge=0, le=256)
    """Threads on the CPU; 0 leaves it to CTranslate2, which takes up to four."""
    whisper_batch: int = Field(default=0, ge=0, le=128)
    """Windows of 30 s that are decoded together; 0: 16 on a GPU, 4 on the CPU."""
    google_model: str = "long"
    """A model of Google's that is offered in the account's location."""
    google_languages: Annotated[tuple[str, ...], NoDecode] = ()
    """Up to three tags, with commas, among which Google is to find the spoken one; Chirp needs
    none."""
    google_at_once: int = Field(default=4, ge=1, le=64)
    """Requests to Google under way at the same time."""
    google_request_timeout_s: float = Field(default=120.0, gt=0)

    @field_validator("google_languages", mode="before")
    @classmethod
    def _tags(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(normalize(tag.strip()) for tag in value.split(",") if tag.strip())
