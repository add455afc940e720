"""Settings of the asr stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings


class AsrSettings(StageSettings):
    """What this stage reads beside the common settings, prefix ``POLYDUB_ASR_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_ASR_", extra="ignore", frozen=True)

    low_confidence: float = Field(default=0.5, ge=0, le=1)
    """Lines whose words have a lower mean posterior than this are flagged."""
    whisper_model: str = ""
    """Name of the model's folder; empty takes the first one by name."""
    whisper_device: Literal["auto", "cpu", "cuda"] = "auto"
    whisper_cpu_threads: int = Field(default=0, ge=0, le=256)
    """Threads of one call on the CPU; 0 leaves it to CTranslate2."""
