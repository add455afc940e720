"""One try: a signed request to an address that users gave, and the beginning of what it answers."""

from __future__ import annotations

import asyncio
import email.utils
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.db.delivery import DeliveryRow, EndpointRow
from polydub_gateway.sealing import Broken, Sealing
from polydub_gateway.webhooks.endpoints import present_secrets
from polydub_gateway.webhooks.signing import signed_headers

ANSWER_BYTES = 1024
MAX_RETRY_AFTER_S = 10 * 3600.0


@dataclass(frozen=True)
class Answered:
    """What came of one try."""

    status: int | None = None
    """None: no answer came."""
    body: str = ""
    error: str = ""
    retry_after_s: float = 0.0

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Posting:
    """Sends single messages.

    Args:
        transport: decides where connections may go; no redirect is followed.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport, sealing: Sealing, *, timeout_s: float
    ) -> None:
        self._sealing = sealing
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            transport=transport, timeout=timeout_s, follow_redirects=False, trust_env=False
        )

    async def post(self, delivery: DeliveryRow, endpoint: EndpointRow) -> Answered:
        """Sends a message; whatever goes wrong is the answer."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(delivery, endpoint)
        except (TimeoutError, httpx.TimeoutException):
            return Answered(error=f"No answer in {self._timeout_s:g} s.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answered(error=f"No connection ({type(error).__name__}).")
        except StageError as error:
            return Answered(error=error.message[:200])
        except Broken:
            return Answered(error="The webhook's secret can't be read any more: rotate it.")

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _post(self, delivery: DeliveryRow, endpoint: EndpointRow) -> Answered:
        body = delivery.body.encode()
        secrets = present_secrets(endpoint, self._sealing, now_ms())
        headers = {
            **signed_headers(delivery.id, int(time.time()), body, secrets),
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Polydub-Webhooks/1",
        }
        request = self._client.stream("POST", endpoint.url, content=body, headers=headers)
        async with request as response:
            beginning = bytearray()
            async for chunk in response.aiter_raw():
                beginning += chunk
                if len(beginning) >= ANSWER_BYTES:
                    break
        return Answered(
            status=response.status_code,
            # PostgreSQL takes no NUL in text.
            body=beginning[:ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd"),
            retry_after_s=_retry_after_s(response.headers.get("retry-after", "")),
        )


def _retry_after_s(text: str) -> float:
    """Seconds that an answer asks to wait for: as a number, or as a date (RFC 9110, 10.2.3)."""
    if text.isdecimal():
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        moment = email.utils.parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        wait_s = (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):  # no date, or one that no clock shows
        return 0.0
    return min(max(0.0, wait_s), MAX_RETRY_AFTER_S)
