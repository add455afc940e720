"""Links to dubs for people without an account."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.calls.call import Call, many, nothing, one, path
from polydub_client.models import NewShare, Share


def create_share(
    dub_id: str, expires_in_s: int, languages: Sequence[str], *, downloads: bool
) -> Call[NewShare]:
    """Not idempotent: a second one makes another link."""
    body = {"expires_in_s": expires_in_s, "languages": list(languages), "downloads": downloads}
    return Call("POST", path("dubs", dub_id, "shares"), one(NewShare), body=body, idempotent=False)


def list_shares(dub_id: str) -> Call[tuple[Share, ...]]:
    return Call("GET", path("dubs", dub_id, "shares"), many("shares", Share))


def revoke_share(dub_id: str, share_id: str) -> Call[None]:
    return Call("DELETE", path("dubs", dub_id, "shares", share_id), nothing, idempotent=False)
