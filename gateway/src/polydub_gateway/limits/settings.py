"""The settings of limits, prefix ``POLYDUB_GATEWAY_``."""

from __future__ import annotations

from pydantic import Field, PositiveFloat
from pydantic_settings import BaseSettings, SettingsConfigDict

from polydub_gateway.limits.rates import CallClass, Rate


class LimitSettings(BaseSettings):
    """What holds for every organisation that has nothing of its own. Unset: no limit."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_GATEWAY_", extra="ignore", frozen=True)

    rate_limits: dict[CallClass, Rate] = Field(default_factory=dict)
    """JSON: ``{"read": {"quota": 600, "window_s": 60}, "sign_in": ...}``."""
    quota_minutes: float | None = Field(default=None, ge=0)
    """Minutes of source a month, times languages."""
    quota_storage_bytes: int | None = Field(default=None, ge=0)
    quota_jobs: int | None = Field(default=None, ge=0)
    """Jobs that run at a time."""
    in_flight_minutes: float | None = Field(default=60.0, gt=0)
    """Minutes of source, times languages, that are under way at a time, of all organisations."""
    prompt_minutes: float = Field(default=10.0, ge=0)
    """Of an organisation: what it has under way beyond that lets others pass."""
    weights: dict[str, PositiveFloat] = Field(default_factory=dict)
    """JSON: organisation -> its weight among those that wait, where it is not 1."""
    dispatch_every_s: float = Field(default=2.0, gt=0)
    """How often a replica looks whether a waiting job can start."""
    measure_every_s: float = Field(default=10.0, gt=0)
    """How often videos are measured of which a job has ended."""
    limits_by_admins: bool = True
    """Whether an organisation's admins may set tighter limits."""
