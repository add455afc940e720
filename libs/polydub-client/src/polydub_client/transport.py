"""How calls are sent: tried again, signed, and with errors that say what to do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx

from polydub_client.calls.call import Call
from polydub_client.connection import Connection
from polydub_client.errors import PolydubError
from polydub_client.retry import Attempts, RetryPolicy

T = TypeVar("T")


class Transport:
    """Sends calls to one server."""

    def __init__(
        self, connection: Connection, retry: RetryPolicy, stream_retry: RetryPolicy
    ) -> None:
        self.connection = connection
        self.stream_retry = stream_retry
        self._retry = retry
        self._http = httpx.Client(
            **connection.arguments(), event_hooks={"request": [connection.sign]}
        )

    def close(self) -> None:
        self._http.close()

    def send(self, call: Call[T], content: Iterable[bytes] | None = None) -> T:
        """The call's answer; tried again where that is safe and may help."""
        attempts = Attempts(self._retry, idempotent=call.idempotent)
        while True:
            try:
                return self.once(call, content)
            except PolydubError as error:
                time.sleep(attempts.delay_after(error))

    def once(self, call: Call[T], content: Iterable[bytes] | bytes | None = None) -> T:
        """The call's answer, or what went wrong."""
        limits = self.connection.timeout(read_s=call.read_s)
        with self.connection.errors():
            response = self._http.request(
                **call.arguments(),
                content=content,
                timeout=limits,
                follow_redirects=call.method == "GET",  # to the store, for an artifact
            )
        return call.answer(response)

    @contextmanager
    def stream(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """An answer whose body comes bit by bit; of an error, it has been read."""
        with (
            self.connection.errors(),
            self._http.stream("GET", url, headers=headers, follow_redirects=True) as response,
        ):
            if response.is_error:
                response.read()
            yield response
