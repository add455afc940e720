"""For those who receive webhooks: whether a message came from the server, and what it says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from polydub_client.errors import PolydubError

TOLERANCE_S = 300.0
_PREFIX = "whsec_"
_VERSION = "v1"


class WebhookRefused(PolydubError):
    """A message whose signature does not hold: take nothing from it."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            code="webhook_refused",
            hint="Check the webhook's secret and this machine's clock; pass the body as it came.",
        )


def verify_webhook(
    payload: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> dict[str, Any]:
    """What a webhook's message says, once its signature holds (Standard Webhooks 1.0).

    Args:
        payload: the body exactly as it came; JSON that was read and written again won't do.
        headers: in any case of letters.
        secret: as it was shown when the webhook was made, ``whsec_...``.
        tolerance_s: how old or how far ahead a message may be; what is older may be a replay.
        now_s: Unix time; None: this machine's clock.

    Raises:
        WebhookRefused: for anything that does not hold.
    """
    body = payload.encode() if isinstance(payload, str) else payload
    known = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at = known.get("webhook-id", ""), known.get("webhook-timestamp", "")
    _check_time(sent_at, tolerance_s, time.time() if now_s is None else now_s)
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    expected = hmac.digest(_key(secret), signed, hashlib.sha256)
    if not _any_is(expected, known.get("webhook-signature", "")):
        raise WebhookRefused("No signature of the message fits.")
    try:
        told = json.loads(body)
    except ValueError as error:
        raise WebhookRefused("The message is not JSON.") from error
    if not isinstance(told, dict):
        raise WebhookRefused("The message is no JSON object.")
    return told


def _check_time(sent_at: str, tolerance_s: float, now_s: float) -> None:
    if not (sent_at.isascii() and sent_at.isdigit()):
        raise WebhookRefused("The message does not say when it was sent.")
    if abs(now_s - int(sent_at)) > tolerance_s:
        raise WebhookRefused("The message is too old, or from the future.")


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise WebhookRefused("The webhook's secret is not in Base64.") from error


def _any_is(expected: bytes, signatures: str) -> bool:
    """Whether one of them fits; each is compared in constant time, and all of them are."""
    wanted = f"{_VERSION},{base64.b64encode(expected).decode()}".encode()
    given = signatures.encode().split()
    return any(hmac.compare_digest(each, wanted) for each in given)
