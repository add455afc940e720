"""Who asks, and the ids of what they own."""

from __future__ import annotations

import secrets

LOCAL_OWNER = "local"
"""The one owner of everything while the gateway has no accounts."""


def new_id(kind: str) -> str:
    """An unguessable id: letters, digits and ``_`` only, so that it fits keys and subjects."""
    return f"{kind}_{secrets.token_hex(10)}"
