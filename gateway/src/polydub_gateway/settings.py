"""The gateway's settings, prefix ``POLYDUB_GATEWAY_``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import (
    Field,
    IPvAnyNetwork,
    NonNegativeFloat,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from polydub import peers
from polydub.settings import listed
from polydub_gateway.accounts.settings import AccountSettings, OidcSettings
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.sealing import SealingSettings, check_secret
from polydub_gateway.uploads.settings import UploadSettings
from polydub_gateway.webhooks.settings import WebhookSettings

PREFIX = "POLYDUB_GATEWAY_"


class GatewaySettings(BaseSettings):
    """What the gateway reads beside the common settings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=7700, ge=0, le=65535)
    grpc_port: int = Field(default=7701, ge=0, le=65535)
    allow_unauthenticated: bool = False
    allowed_hosts: str = ""
    """Names that it is called by, by commas, beside ``localhost`` and addresses. Empty: on loopback
    without accounts none, else every name."""
    database_password: SecretStr | None = None
    """Goes into ``database_url`` as it is: there alone it would have to be encoded."""
    database_url: str = "sqlite+aiosqlite:///var/gateway.db"
    max_upload_bytes: int = Field(default=2 * 2**30, gt=0)
    probe_timeout_s: float = Field(default=60.0, gt=0)
    engines_timeout_s: float = Field(default=3.0, gt=0)
    engines_cached_s: float = Field(default=5.0, ge=0)
    heartbeat_s: float = Field(default=10.0, gt=0)
    feed_poll_s: float = Field(default=1.0, gt=0)
    gauges_every_s: float = Field(default=10.0, ge=0.1)
    """How often what the database and the broker hold is read for ``/metrics``."""
    download_url_s: int = Field(default=900, ge=30, le=7 * 24 * 3600)
    prices: dict[str, dict[str, NonNegativeFloat]] = Field(default_factory=dict)
    """JSON: engine -> unit (characters, seconds, tokens, requests) -> price of one."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    shutdown_s: int = Field(default=3, ge=0, le=60)
    page: Path | None = None
    """The folder of the built page; None: only the API is served."""
    stage_addresses: dict[str, str] = Field(default_factory=peers.addresses)
    trusted_networks: tuple[IPvAnyNetwork, ...] = ()
    """JSON: networks that are not public and that users' addresses may lead to all the same."""
    sealing: SealingSettings = Field(default_factory=SealingSettings)
    webhooks: WebhookSettings = Field(default_factory=WebhookSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    uploads: UploadSettings = Field(default_factory=UploadSettings)
    sign_in: AccountSettings = Field(default_factory=AccountSettings)
    oidc: OidcSettings = Field(default_factory=OidcSettings)

    @field_validator("database_url")
    @classmethod
    def _with_its_password(cls, address: str, known: ValidationInfo) -> str:
        password: SecretStr | None = known.data.get("database_password")
        if password is None:
            return address
        try:
            url = make_url(address).set(password=password.get_secret_value())
        except ArgumentError as error:
            raise ValueError(f"{PREFIX}DATABASE_URL is no address of a database.") from error
        return url.render_as_string(hide_password=False)

    @property
    def on_loopback(self) -> bool:
        return self.host == "localhost" or _is_loopback(self.host)

    @property
    def hosts(self) -> frozenset[str]:
        """The names that it is called by; none: it takes every name."""
        named = listed(self.allowed_hosts.lower())
        if not named and (self.sign_in.accounts or not self.on_loopback):
            return frozenset()
        public = urlsplit(self.sign_in.public_url).hostname
        return frozenset({"localhost", *named, *([public] if public else [])})

    @model_validator(mode="after")
    def _is_not_open_to_the_network(self) -> GatewaySettings:
        if not (self.on_loopback or self.sign_in.accounts or self.allow_unauthenticated):
            raise ValueError(
                f"{PREFIX}HOST={self.host} would let everyone on the network upload, read and "
                f"delete videos, because this gateway has no accounts. Set {PREFIX}ACCOUNTS=true, "
                "or bind to 127.0.0.1, or, where the network itself is trusted, set "
                f"{PREFIX}ALLOW_UNAUTHENTICATED=true."
            )
        return self

    @model_validator(mode="after")
    def _replicas_share_a_secret(self) -> GatewaySettings:
        check_secret(self.sealing.secret, self.database_url)
        return self

    @model_validator(mode="after")
    def _the_page_is_built(self) -> GatewaySettings:
        if self.page is not None and not (self.page / "index.html").is_file():
            raise ValueError(f"{PREFIX}PAGE={self.page} has no index.html: build the page first.")
        return self

    @model_validator(mode="after")
    def _every_stage_has_an_address(self) -> GatewaySettings:
        peers.check(self.stage_addresses)
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
