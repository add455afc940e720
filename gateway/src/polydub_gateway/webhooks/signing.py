"""Signatures as Standard Webhooks have them: HMAC-SHA-256 over id, time and body. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as it is shown to who checks signatures with it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(
    message_id: str, sent_at_s: int, body: bytes, secret_texts: Sequence[str]
) -> dict[str, str]:
    """The headers that prove who sends a message.

    Args:
        secret_texts: of which each gives a signature; the receiver accepts any of them.
    """
    signed = b".".join((message_id.encode(), str(sent_at_s).encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at_s),
        "webhook-signature": " ".join(_signature(text, signed) for text in secret_texts),
    }


def _signature(secret_text: str, signed: bytes) -> str:
    key = base64.b64decode(secret_text.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
