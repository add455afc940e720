"""Settings of the translation stage."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings


class TranslationSettings(StageSettings):
    """What this stage reads beside the common settings, prefix ``POLYDUB_TRANSLATION_``."""

    model_config = SettingsConfigDict(
        env_prefix="POLYDUB_TRANSLATION_", extra="ignore", frozen=True
    )

    candidates: int = Field(default=2, ge=1, le=8)
    """How many translations of a line are kept at most, for the fit to choose from."""
    line_timeout_s: float = Field(default=20.0, gt=0)
    """How long one line may take one language pair; the first one loads its dictionaries."""
    apertium_modes_dir: Path = Path("/usr/share/apertium/modes")
    apertium_children: int = Field(default=12, ge=2, le=64)
    """Language pairs kept running; each takes 50 to 170 MB."""
