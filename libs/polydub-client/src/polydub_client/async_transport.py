"""The twin of :mod:`polydub_client.transport` for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx

from polydub_client.calls.call import Call
from polydub_client.connection import Connection
from polydub_client.errors import PolydubError
from polydub_client.retry import Attempts, RetryPolicy

T = TypeVar("T")


class AsyncTransport:
    """Sends calls to one server."""

    def __init__(
        self, connection: Connection, retry: RetryPolicy, stream_retry: RetryPolicy
    ) -> None:
        self.connection = connection
        self.stream_retry = stream_retry
        self._retry = retry
        self._http = httpx.AsyncClient(
            **connection.arguments(), event_hooks={"request": [self._sign]}
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, call: Call[T], content: AsyncIterable[bytes] | None = None) -> T:
        """The call's answer; tried again where that is safe and may help."""
        attempts = Attempts(self._retry, idempotent=call.idempotent)
        while True:
            try:
                return await self.once(call, content)
            except PolydubError as error:
                await asyncio.sleep(attempts.delay_after(error))

    async def once(self, call: Call[T], content: AsyncIterable[bytes] | bytes | None = None) -> T:
        """The call's answer, or what went wrong."""
        limits = self.connection.timeout(read_s=call.read_s)
        with self.connection.errors():
            response = await self._http.request(
                **call.arguments(),
                content=content,
                timeout=limits,
                follow_redirects=call.method == "GET",  # to the store, for an artifact
            )
        return call.answer(response)

    @asynccontextmanager
    async def stream(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """An answer whose body comes bit by bit; of an error, it has been read."""
        with self.connection.errors():
            stream = self._http.stream("GET", url, headers=headers, follow_redirects=True)
            async with stream as response:
                if response.is_error:
                    await response.aread()
                yield response

    async def _sign(self, request: httpx.Request) -> None:
        self.connection.sign(request)
