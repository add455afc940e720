"""Settings of the asr stage."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings


class AsrSettings(StageSettings):
    """What this stage reads beside the common settings, prefix ``POLYDUB_ASR_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_ASR_", extra="ignore", frozen=True)

    low_confidence: float = Field(default=0.5, ge=0, le=1)
    """Lines whose words have a lower mean posterior than this are flagged."""
