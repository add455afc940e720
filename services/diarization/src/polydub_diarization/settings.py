"""What an operator may set for diarization."""

from __future__ import annotations

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from polydub.settings import ModelSettings
from polydub_diarization.engines.base import MOST_SPEAKERS
from polydub_diarization.parts import PartRule
from polydub_diarization.segmentation import UtteranceRule


class DiarizationSettings(ModelSettings):
    """Prefix ``POLYDUB_DIARIZATION_``."""

    model_config = SettingsConfigDict(
        env_prefix="POLYDUB_DIARIZATION_", extra="ignore", frozen=True
    )

    threads: int = Field(default=2, ge=1, le=64)
    pyannote_model: str = Field(default="community-1", pattern=r"^[\w.-]+$")
    pyannote_min_speakers: int = Field(default=0, ge=0, le=MOST_SPEAKERS)
    pyannote_max_speakers: int = Field(default=0, ge=0, le=MOST_SPEAKERS)
    pyannote_link_threshold: float = Field(default=0.5, gt=0, lt=2)
    sherpa_threshold: float = Field(default=0.5, gt=0, lt=2)
    part_min_s: float = Field(default=30.0, ge=5.0)
    part_target_s: float = Field(default=45.0, ge=5.0)
    part_max_s: float = Field(default=60.0, ge=5.0)
    pause_s: float = Field(default=0.3, ge=0.15, le=2.0)
    longest_utterance_s: float = Field(default=15.0, ge=2.0, le=60.0)

    @model_validator(mode="after")
    def _parts_are_in_order(self) -> DiarizationSettings:
        if not self.part_min_s <= self.part_target_s <= self.part_max_s:
            raise ValueError("part_min_s <= part_target_s <= part_max_s must hold")
        return self

    @model_validator(mode="after")
    def _speakers_are_in_order(self) -> DiarizationSettings:
        if 0 < self.pyannote_max_speakers < self.pyannote_min_speakers:
            raise ValueError("pyannote_min_speakers <= pyannote_max_speakers must hold")
        return self

    @property
    def parts(self) -> PartRule:
        return PartRule(
            target_ms=round(self.part_target_s * 1000),
            least_ms=round(self.part_min_s * 1000),
            most_ms=round(self.part_max_s * 1000),
        )

    @property
    def utterances(self) -> UtteranceRule:
        return UtteranceRule(
            pause_ms=round(self.pause_s * 1000),
            longest_ms=round(self.longest_utterance_s * 1000),
        )
