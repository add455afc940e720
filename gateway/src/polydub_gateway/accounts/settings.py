"""The settings of accounts, prefix ``POLYDUB_GATEWAY_``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from polydub.settings import listed

PREFIX = "POLYDUB_GATEWAY_"


class AccountSettings(BaseSettings):
    """How people and programs sign in."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    accounts: bool = False
    public_url: str = ""
    """Where browsers find this gateway: ``https://dub.example``. Empty: where they ask."""
    cors_origins: str = ""
    """Sites whose pages may call with tokens and keys, by commas: ``https://app.example``."""
    trusted_proxies: str = ""
    """Addresses or networks of the proxies before us, by commas, whose word on who asks counts."""
    access_token_s: int = Field(default=15 * 60, ge=30, le=24 * 3600)
    refresh_token_s: int = Field(default=30 * 24 * 3600, ge=300)
    refresh_grace_s: int = Field(default=10, ge=0, le=60)
    """For so long a spent refresh token is good again: two tabs of a page refresh at once."""
    invitation_s: int = Field(default=7 * 24 * 3600, ge=300)
    ticket_s: int = Field(default=30, ge=1, le=300)
    signing_key_s: int = Field(default=90 * 24 * 3600, ge=3600)
    """After this long another key signs."""
    standing_cached_s: float = Field(default=5.0, ge=0, le=5)
    first_admin_email: str = ""
    first_admin_password_file: Path | None = None

    @model_validator(mode="after")
    def _the_first_admin_is_whole(self) -> AccountSettings:
        if bool(self.first_admin_email) != (self.first_admin_password_file is not None):
            raise ValueError(
                f"{PREFIX}FIRST_ADMIN_EMAIL and {PREFIX}FIRST_ADMIN_PASSWORD_FILE go together."
            )
        if self.first_admin_password_file is not None:
            _read(self.first_admin_password_file, "FIRST_ADMIN_PASSWORD_FILE")
        return self

    @model_validator(mode="after")
    def _the_address_is_one(self) -> AccountSettings:
        if self.public_url and not is_http(self.public_url):
            raise ValueError(f"{PREFIX}PUBLIC_URL must be like https://dub.example")
        return self

    @model_validator(mode="after")
    def _other_sites_are_origins(self) -> AccountSettings:
        for each in self.other_origins:
            if not is_http(each) or _origin(each) != each:
                raise ValueError(
                    f"{PREFIX}CORS_ORIGINS must name sites like https://app.example, by commas."
                )
        if self.other_origins and not self.accounts:
            raise ValueError(
                f"{PREFIX}CORS_ORIGINS is for tokens and keys: set {PREFIX}ACCOUNTS=true."
            )
        return self

    @property
    def other_origins(self) -> frozenset[str]:
        """Of which sites pages may call, as browsers send it in ``Origin``."""
        return frozenset(listed(self.cors_origins))

    @property
    def origin(self) -> str:
        """The public address as browsers send it in ``Origin``; empty: not known."""
        return _origin(self.public_url) if self.public_url else ""


class OidcSettings(BaseSettings):
    """Signing in with another provider (OpenID Connect), prefix ``POLYDUB_GATEWAY_OIDC_``."""

    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}OIDC_", extra="ignore", frozen=True)

    issuer: str = ""
    """Empty: nobody signs in so."""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    client_secret_file: Path | None = None
    email_domains: str = ""
    """By commas. Who is not invited may come in with an address of these; empty: nobody."""
    default_role: Literal["viewer", "editor", "admin"] = "viewer"
    organisation_id: str = "local"
    """What those become members of."""
    scopes: str = "openid email profile"
    timeout_s: float = Field(default=10.0, gt=0)

    @model_validator(mode="after")
    def _it_is_whole(self) -> OidcSettings:
        if not self.issuer:
            return self
        if not (is_https_or_here(self.issuer) and self.client_id):
            raise ValueError(
                f"{PREFIX}OIDC_ISSUER must be an https address, and {PREFIX}OIDC_CLIENT_ID set."
            )
        if self.client_secret_file is not None:
            read = _read(self.client_secret_file, "OIDC_CLIENT_SECRET_FILE")
            object.__setattr__(self, "client_secret", SecretStr(read))
        return self

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(listed(self.email_domains.lower()))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{PREFIX}{variable} can't be read") from error


def is_http(url: str) -> bool:
    """Whether it is an absolute http or https address."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_https_or_here(url: str) -> bool:
    """Whether what is sent there is read by nobody on the way."""
    parts = urlsplit(url)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return is_http(url) and (parts.scheme == "https" or here)
