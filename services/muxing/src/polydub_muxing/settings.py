"""Settings of the muxing service, prefix ``POLYDUB_MUXING_``."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings
from polydub_muxing.fit.placement import Limits


class MuxingSettings(StageSettings):
    """How far a line may be bent to fit, and how the files are written."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_MUXING_", extra="ignore", frozen=True)

    guard_ms: int = Field(default=50, ge=0, le=1000)
    min_tempo: float = Field(default=0.85, gt=0.5, le=1.0)
    max_tempo: float = Field(default=1.25, ge=1.0, le=1.5)
    hard_tempo: float = Field(default=1.5, ge=1.0, le=2.0)

    retakes: int = Field(default=50, ge=0)
    """Lines of one language that are said again at most because they do not fit; 0: none."""
    recognized_s: float = Field(default=60.0, ge=0, le=600)
    """How much speech of one language is recognised again; 0: none."""
    recognition_timeout_s: float = Field(default=600.0, gt=0)
    """How long that may take."""

    @property
    def limits(self) -> Limits:
        return Limits(
            guard_ms=self.guard_ms,
            min_tempo=self.min_tempo,
            max_tempo=self.max_tempo,
            hard_tempo=max(self.max_tempo, self.hard_tempo),
        )
