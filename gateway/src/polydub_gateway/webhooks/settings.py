"""The settings of webhooks, prefix ``POLYDUB_GATEWAY_``."""

from __future__ import annotations

from pydantic import Field, PositiveFloat
from pydantic_settings import BaseSettings, SettingsConfigDict


class WebhookSettings(BaseSettings):
    """How messages are sent, and again where that fails."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_GATEWAY_", extra="ignore", frozen=True)

    webhook_allow_http: bool = False
    """Whether endpoints may be addressed without TLS."""
    webhook_timeout_s: float = Field(default=15.0, gt=0)
    webhook_retries_s: tuple[PositiveFloat, ...] = (
        5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600,
    )  # fmt: skip
    """JSON: the wait behind each failed try; behind the last one a message is given up."""
    webhook_failing_days: float = Field(default=5.0, gt=0)
    """An endpoint that fails for so long is disabled."""
    webhook_concurrency: int = Field(default=8, ge=1, le=256)
    """How many messages one replica sends at a time."""
    webhook_poll_s: float = Field(default=2.0, gt=0)
    """How often it looks for messages that other replicas wrote."""
    webhook_log_days: float = Field(default=30.0, gt=0)
    """How long deliveries are kept to be looked at and replayed."""
    webhook_max_endpoints: int = Field(default=20, ge=1)
    """Of one organisation."""
