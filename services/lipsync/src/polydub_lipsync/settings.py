"""Settings of the lipsync service, prefix ``POLYDUB_LIPSYNC_``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from polydub.settings import StageSettings
from polydub_lipsync.work import Limits

_SHARE_FOR_THE_ENGINE = 0.9
"""Of the time for one event; the rest is for looking for faces and for writing the file."""


class LipsyncSettings(StageSettings):
    """When a picture is worth the work, and who does it."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_LIPSYNC_", extra="ignore", frozen=True)

    # faces
    min_face_share: float = Field(default=0.3, ge=0, le=1)
    """Of the moments with speech, how many must show a face; 0: nobody looks for any."""
    face_samples: int = Field(default=40, ge=1, le=60)
    """How many moments are looked at, at most."""

    # a program on this machine
    command: str = ""
    """A command line with ``{video}``, ``{audio}`` and ``{output}`` in it; no shell reads it."""

    # Replicate
    replicate_model: str = ""
    """``owner/name`` for official models, ``owner/name:version`` for those of the community."""
    replicate_video_input: str = ""
    """What the model calls its video; empty: as known for this model."""
    replicate_audio_input: str = ""
    replicate_inputs: dict[str, str | int | float | bool] = Field(default={})
    """More inputs for the model, as JSON."""
    replicate_token: SecretStr = SecretStr("")
    replicate_token_file: Path | None = None
    replicate_url: str = ""
    """Empty: Replicate's own."""
    replicate_poll_s: float = Field(default=15.0, gt=0, le=300)
    """The longest pause between two looks at a prediction."""
    max_upload_mb: int = Field(default=100, ge=1)
    max_download_mb: int = Field(default=2000, ge=1)
    max_duration_s: float = Field(default=600.0, gt=0)
    """Longer videos are not sent away."""
    request_timeout_s: float = Field(default=60.0, gt=0)
    """How long a connection may be silent."""
    request_retries: int = Field(default=2, ge=0, le=10)

    # Replicate calls back
    webhook_url: str = ""
    """Where Replicate reaches this stage from outside; empty: it is only polled."""
    webhook_port: int = Field(default=0, ge=0, le=65535)
    webhook_secret: SecretStr = SecretStr("")
    webhook_secret_file: Path | None = None

    @property
    def limits(self) -> Limits:
        return Limits(
            min_face_share=self.min_face_share,
            face_samples=self.face_samples,
            work_s=0.98 * self.timeout_s,
            engine_s=_SHARE_FOR_THE_ENGINE * self.timeout_s,
        )
