"""What an operator can set for separation."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings


class SeparationSettings(StageSettings):
    """Prefix ``POLYDUB_SEPARATION_``. ``timeout_s`` limits demuxing and the engine, each."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_SEPARATION_", extra="ignore", frozen=True)
