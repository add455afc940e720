"""The settings of uploads and imports, prefix ``POLYDUB_GATEWAY_``."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class UploadSettings(BaseSettings):
    """How long things may take, and where imports may come from."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_GATEWAY_", extra="ignore", frozen=True)

    upload_expiry_s: int = Field(default=24 * 3600, ge=60)
    """How long an upload waits for its next bytes."""
    upload_idle_s: float = Field(default=60.0, gt=0)
    """A connection that sends nothing for so long counts as broken."""
    upload_wait_s: float = Field(default=30.0, ge=0)
    """How long the answer to the last bytes waits for the video."""
    upload_url_s: int = Field(default=3600, ge=60, le=7 * 24 * 3600)
    """How long the store's own upload addresses hold."""
    lease_s: float = Field(default=10.0, ge=1)
    """How long other replicas wait for one that died."""
    retention_days: int = Field(default=0, ge=0)
    """Videos go, with all that was made of them, so many days after their upload and the end of
    their last dub; 0: they are kept until somebody deletes them."""
    orphan_age_s: int = Field(default=24 * 3600, ge=3600)
    sweep_every_s: float = Field(default=3600.0, gt=0)
    poll_s: float = Field(default=2.0, gt=0)
    """How often a replica looks for imports and uploads that wait."""

    import_concurrency: int = Field(default=2, ge=0, le=64)
    """Imports at a time on one replica; 0: this one does none."""
    import_queue: int = Field(default=20, ge=1)
    """Imports of one organisation that wait or run."""
    import_timeout_s: float = Field(default=3600.0, gt=0)
    import_retry_s: float = Field(default=5.0, ge=0)
    """How long it waits when a connection broke; it is tried three times."""
    import_allowed_domains: tuple[str, ...] = ()
    """JSON: where imports may come from, with all subdomains; none: from everywhere."""
    import_blocked_domains: tuple[str, ...] = ()
    """JSON: where they may not come from."""
    import_pages: bool = True
    """Whether pages are searched for their video, beside addresses of files."""
    import_max_height: int = Field(default=1080, ge=144)
    """Of several pictures that a page offers, none above this is taken where there is another."""
