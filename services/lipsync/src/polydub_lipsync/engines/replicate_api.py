"""Replicate's API through its SDK, with our patience and our errors instead of the SDK's.

Imported only where the extra ``replicate`` is installed.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
from replicate.client import Client
from replicate.prediction import Prediction

from polydub.cloud import UNREACHED, CloudService, Refused, retry_after_s
from polydub.errors import EngineFailed

Answer = TypeVar("Answer")

_BLOCK_BYTES = 256 * 1024

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs the files' URLs


@dataclass(frozen=True)
class Upload:
    """A file at Replicate, which only this account and its predictions can read."""

    id: str
    url: str


class ReplicateApi:
    """One account for the length of one task.

    Args:
        service: how often and how many at once.
        token: the account's.
        url: where the API is; empty: Replicate's own.
        silence_s: how long a connection may be silent.
    """

    def __init__(self, service: CloudService, *, token: str, url: str, silence_s: float) -> None:
        self._service = service
        self._token = token
        self._transport = _Refusing(silence_s)
        self._client = Client(token, base_url=url or None, transport=self._transport)
        self._host = httpx.URL(url or "https://api.replicate.com").host

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def upload(self, path: Path) -> Upload:
        async def send() -> Upload:
            file = await self._client.files.async_create(path)
            return Upload(file.id, file.urls["get"])

        return await self._ask(send)

    async def delete(self, upload: Upload) -> None:
        """Takes back an upload; where that fails, it expires by itself."""
        with suppress(Refused, httpx.HTTPError):
            await self._client.files.async_delete(upload.id)

    async def create(
        self, model: str, inputs: Mapping[str, Any], webhook: str | None
    ) -> Prediction:
        more: dict[str, Any] = (
            {"webhook": webhook, "webhook_events_filter": ["completed"]} if webhook else {}
        )
        return await self._ask(
            # This endpoint takes both owner/name and owner/name:version.
            lambda: self._client.predictions.async_create(model, dict(inputs), **more)
        )

    async def get(self, prediction_id: str) -> Prediction:
        return await self._ask(lambda: self._client.predictions.async_get(prediction_id))

    async def cancel(self, prediction_id: str) -> Prediction | None:
        """The prediction after it was told to end; None where that can't be told."""
        with suppress(Refused, httpx.HTTPError, ValueError, TypeError):
            return await self._client.predictions.async_cancel(prediction_id)
        return None

    async def download(self, url: str, output: Path, *, limit_bytes: int) -> None:
        """Writes what is at a URL, with bounded memory; begins anew where it is cut off.

        Raises:
            EngineFailed: it is larger than allowed, or can't be had.
        """
        await self._ask(lambda: self._download(url, output, limit_bytes))

    async def _download(self, url: str, output: Path, limit_bytes: int) -> None:
        target = httpx.URL(url)
        ours = target.host == self._host
        if target.scheme != "https" and not ours:
            raise Refused.unreadable()
        headers = {"Authorization": f"Bearer {self._token}"} if ours else {}
        received = 0
        async with (
            httpx.AsyncClient(transport=_Borrowed(self._transport)) as client,
            client.stream("GET", target, headers=headers) as response,
            await anyio.open_file(output, "wb") as file,
        ):
            async for block in response.aiter_bytes(_BLOCK_BYTES):
                received += len(block)
                if received > limit_bytes:
                    raise EngineFailed(
                        "The picture that Replicate made is larger than "
                        "POLYDUB_LIPSYNC_MAX_DOWNLOAD_MB allows.",
                        retryable=False,
                    )
                await file.write(block)

    async def _ask(self, request: Callable[[], Awaitable[Answer]]) -> Answer:
        async def once() -> Answer:
            try:
                return await request()
            except httpx.HTTPError as error:
                raise Refused(UNREACHED) from error
            except (
                ValueError,
                TypeError,
                KeyError,
            ) as error:  # no JSON, or not the JSON that it should be
                raise Refused.unreadable() from error

        return await self._service.ask(once)


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes a tenth of a second, in which nothing else goes on."""
    return httpx.create_ssl_context()


class _Refusing(httpx.AsyncBaseTransport):
    """Hands refusals on as ours.

    The SDK's own transport around it would repeat requests up to ten times, unseen, and its errors
    do not say how long to wait; it also lifts the time limit of some requests.
    """

    def __init__(self, silence_s: float) -> None:
        self._inner = httpx.AsyncHTTPTransport(verify=_certificates())
        self._limits = httpx.Timeout(silence_s).as_dict()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": self._limits}
        response = await self._inner.handle_async_request(request)
        if response.status_code >= 300:
            await response.aclose()
            raise Refused(response.status_code, retry_after_s(response.headers))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Borrowed(httpx.AsyncBaseTransport):
    """A transport that outlives the client that uses it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)
