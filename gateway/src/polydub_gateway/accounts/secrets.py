"""Random secrets that we give out and keep only the digests of."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

_BYTES = 32
KEY_PREFIX = "pdk"


def new_secret(prefix: str) -> str:
    """256 random bits as printable ASCII, with a prefix that says what it is."""
    return f"{prefix}_{secrets.token_urlsafe(_BYTES)}"


def digest_of(secret: str) -> str:
    """What is kept. The secret is random and long, so a fast hash can't be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class ShownKey:
    """An API key as a program shows it: ``pdk_<id>_<secret>``."""

    id: str
    text: str

    @classmethod
    def new(cls) -> ShownKey:
        identity = secrets.token_hex(8)
        return cls(identity, f"{KEY_PREFIX}_{identity}_{secrets.token_urlsafe(_BYTES)}")

    @classmethod
    def read(cls, text: str) -> ShownKey | None:
        """None: it does not look like one."""
        prefix, _, rest = text.partition("_")
        identity, _, secret = rest.partition("_")
        return cls(identity, text) if prefix == KEY_PREFIX and identity and secret else None
