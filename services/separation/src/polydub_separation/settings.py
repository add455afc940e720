"""What an operator can set for separation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from polydub.settings import ModelSettings


class SeparationSettings(ModelSettings):
    """Prefix ``POLYDUB_SEPARATION_``. ``timeout_s`` limits demuxing and the engine, each."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_SEPARATION_", extra="ignore", frozen=True)

    threads: int = Field(default=2, ge=1, le=64)
    uvr_stem: Literal["voice", "background"] = "voice"
