"""What an operator can set for the tts service."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings


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
