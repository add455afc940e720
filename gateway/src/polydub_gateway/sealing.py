"""Secrets at rest: sealed with the gateway's own secret, and bound to what they are for."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

MIN_SECRET_CHARACTERS = 24
_VERSION = "v1"
_KEY_BYTES = 32
_NAME_BYTES = 4
_NONCE_BYTES = 12
"""NIST SP 800-38D's own length; random ones are safe for 2**32 seals under one secret."""


class SealingSettings(BaseSettings):
    """The gateway's secret, prefix ``POLYDUB_GATEWAY_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_GATEWAY_", extra="ignore", frozen=True)

    secret: SecretStr | None = Field(default=None, min_length=MIN_SECRET_CHARACTERS)
    secret_file: Path | None = None
    """A file with the secret; used where ``secret`` is not set."""
    secret_previous: SecretStr | None = Field(default=None, min_length=MIN_SECRET_CHARACTERS)
    """The secret before this one: what it sealed can still be opened."""

    @model_validator(mode="after")
    def _the_file_can_be_read(self) -> SealingSettings:
        if self.secret is None and self.secret_file is not None:
            try:
                read = self.secret_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError("POLYDUB_GATEWAY_SECRET_FILE can't be read") from error
            if len(read) < MIN_SECRET_CHARACTERS:
                raise ValueError(
                    "POLYDUB_GATEWAY_SECRET_FILE holds less than "
                    f"{MIN_SECRET_CHARACTERS} characters"
                )
            object.__setattr__(self, "secret", SecretStr(read))
        return self


class Broken(Exception):
    """What was to be opened was sealed with another secret, for something else, or is damaged."""


class Sealing:
    """Seals small secrets with AES-256-GCM under keys that HKDF-SHA-256 makes of the secrets.

    What is sealed says by which secret (``v1.<key>.<data>``), so that a secret can be replaced
    while what the former one sealed is still about.

    Args:
        texts: the secret that seals, and then those before it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._ciphers: dict[str, AESGCM] = {}
        for text in texts:
            name, cipher = _cipher(text)
            self._ciphers.setdefault(name, cipher)
        self._current = next(iter(self._ciphers))

    def seal(self, data: bytes, *, purpose: str = "") -> str:
        """The data so that only who knows the secret can read it: printable ASCII.

        Args:
            purpose: what it is for; it has to be said again to open it.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, data, purpose.encode())
        return f"{_VERSION}.{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, *, purpose: str = "") -> bytes:
        """What :meth:`seal` was given.

        Raises:
            Broken: when it can't be opened.
        """
        version, _, rest = sealed.partition(".")
        name, _, data = rest.partition(".")
        cipher = self._ciphers.get(name)
        if version != _VERSION or cipher is None:
            raise Broken("Sealed with another secret.")
        try:
            raw = base64.urlsafe_b64decode(data)
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except (binascii.Error, ValueError, InvalidTag) as error:
            raise Broken("Damaged, or sealed for something else.") from error

    def is_current(self, sealed: str) -> bool:
        """Whether the present secret sealed it; else it should be sealed anew."""
        return sealed.startswith(f"{_VERSION}.{self._current}.")


def open_sealing(settings: SealingSettings, database_url: str) -> Sealing:
    """The gateway's sealing.

    Where no secret is set, one is made once and kept beside the SQLite database.

    Raises:
        ValueError: where no secret is set and replicas share the database.
    """
    given = [each for each in (settings.secret, settings.secret_previous) if each is not None]
    texts = [each.get_secret_value() for each in given]
    if settings.secret is None:
        texts.insert(0, _kept_secret(database_url))
    return Sealing(texts)


def check_secret(secret: SecretStr | None, database_url: str) -> None:
    """Returns when there is a secret, or one can be made and kept.

    Raises:
        ValueError: where no secret is set and replicas share the database.
    """
    if secret is None and make_url(database_url).get_backend_name() != "sqlite":
        raise ValueError(
            "POLYDUB_GATEWAY_SECRET is missing: replicas on one database need the same secret. "
            "Make it with `openssl rand -base64 48`."
        )


def _cipher(text: str) -> tuple[str, AESGCM]:
    """A key's public name and the cipher under it, both made of a secret."""
    made = HKDF(
        algorithm=SHA256(), length=_KEY_BYTES + _NAME_BYTES, salt=None, info=b"polydub gateway"
    ).derive(text.encode())
    return made[_KEY_BYTES:].hex(), AESGCM(made[:_KEY_BYTES])


def _kept_secret(database_url: str) -> str:
    check_secret(None, database_url)
    url = make_url(database_url)
    if not url.database or url.database == ":memory:":
        return secrets.token_urlsafe(_KEY_BYTES)
    path = Path(url.database).with_suffix(".secret")
    if not path.exists():
        _create(path, secrets.token_urlsafe(_KEY_BYTES))
    return path.read_text("ascii").strip()


def _create(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all; one that is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            with suppress(FileExistsError):  # another process was faster: its secret stands
                os.link(temporary, path)
    finally:
        Path(temporary).unlink()
