"""Settings that every component shares. Environment only; refuse to start on what is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SettingsT = TypeVar("SettingsT", bound=BaseSettings)
NOWHERE = "none"


def listed(text: str) -> tuple[str, ...]:
    """``"a, b"`` -> ``("a", "b")``: how a setting names several."""
    return tuple(each for each in map(str.strip, text.split(",")) if each)


class CommonSettings(BaseSettings):
    """What every process reads, prefix ``POLYDUB_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_", extra="ignore", frozen=True)

    nats_url: str = "nats://127.0.0.1:7722"
    """Of a cluster: one or several of its servers, by commas; the others are learnt."""
    store: Literal["local", "s3"] = "local"
    store_dir: Path = Path("var/store")
    s3_endpoint: str = ""
    s3_bucket: str = "polydub"
    s3_credentials: Literal["keys", "role"] = "keys"
    """``role``: no keys of our own, but those that AWS gives to the Pod's service account, the task
    or the machine, and takes back after hours."""
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_secure: bool = True
    s3_region: str = "us-east-1"
    s3_public_endpoint: str = ""
    """Where browsers reach the store, as ``https://s3.example``; ``none``: nowhere, the gateway
    passes the bytes on; empty: at the endpoint itself."""
    s3_encryption: str = Field(default="", pattern=r"^(|AES256|aws:kms(:.+)?)$")
    """How the store encrypts new objects: ``AES256``, ``aws:kms``, ``aws:kms:KEY``; empty: as the
    bucket says. It is set on the bucket when that is prepared."""
    model_dir: Path = Path("var/models")
    cache_dir: Path = Path("var/cache")
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"
    trace_url: str = ""
    """Where people see a trace, as ``https://traces.example/trace/{trace_id}``; empty: nowhere."""
    bind_host: str = "127.0.0.1"
    allow_noncommercial: bool = False
    """Whether engines and models may be used whose licence forbids commercial use."""

    # the bus
    stream_replicas: int = Field(default=1, ge=1, le=5)
    stream_max_age_s: int = Field(default=7 * 24 * 3600, ge=3600)
    ack_wait_s: float = Field(default=10.0, ge=1.0)
    max_deliver: int = Field(default=5, ge=1, le=20)
    drain_s: float = Field(default=5.0, ge=0)

    @model_validator(mode="after")
    def _is_complete(self) -> CommonSettings:
        if self.store == "s3":
            keys = ("s3_access_key", "s3_secret_key") if self.s3_credentials == "keys" else ()
            missing = [name for name in ("s3_endpoint", *keys) if not _text(getattr(self, name))]
            if missing:
                names = ", ".join(f"POLYDUB_{name.upper()}" for name in missing)
                raise ValueError(f"POLYDUB_STORE=s3 needs {names}")
        if self.trace_url and "{trace_id}" not in self.trace_url:
            raise ValueError("POLYDUB_TRACE_URL must have {trace_id} where the trace's id stands")
        if not _is_public(self.s3_public_endpoint):
            raise ValueError("POLYDUB_S3_PUBLIC_ENDPOINT must be like https://s3.example, or none")
        return self


class StageSettings(BaseSettings):
    """What every stage reads beside the common settings.

    A stage's own class adds its fields and sets ``env_prefix="POLYDUB_<STAGE>_"``.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    engine: str = "auto"
    concurrency: int = Field(default=1, ge=1, le=64)
    grpc_port: int = Field(default=0, ge=0, le=65535)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    timeout_s: float = Field(default=3600.0, gt=0)
    warm_up: bool = True
    """Whether engines are made ready before the first event, or with it."""


class ModelSettings(StageSettings):
    """What a stage reads that runs models."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where models run: ``auto`` takes the GPU where there is one."""


def _is_public(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    return endpoint in ("", NOWHERE) or (parts.scheme in ("http", "https") and bool(parts.netloc))


def _text(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def load_settings(settings: type[SettingsT]) -> SettingsT:
    """Reads the environment, or ends the process naming each variable that is wrong.

    Raises:
        SystemExit: with status 78 (``EX_CONFIG``) when a value is missing or does not fit.
    """
    try:
        return settings()
    except ValidationError as error:
        _refuse(settings, error)


def _refuse(settings: type[BaseSettings], error: ValidationError) -> NoReturn:
    prefix = settings.model_config.get("env_prefix", "")
    for problem in error.errors():
        field = "_".join(str(step) for step in problem["loc"])
        name = f"{prefix}{field}".upper() if field else settings.__name__
        print(f"{name}: {problem['msg']}", file=sys.stderr)
    sys.exit(os.EX_CONFIG)
