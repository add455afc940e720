"""What both clients need to reach a server: its address, the key, the time limits."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from polydub_client.errors import PolydubError, from_transport
from polydub_client.keeping.sessions import MemorySession, SessionKeeper
from polydub_client.signing_in import SessionAuth

DEFAULT_URL = "http://127.0.0.1:7700"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Connection:
    """A server's address and how to speak to it.

    Args:
        base_url: ``http`` or ``https`` URL of the gateway.
        api_key: sent as ``X-Api-Key`` to this server and to no other.
        timeout_s: the longest silence within one answer.
        session: where the tokens lie of who signed in; a key goes before them.
    """

    base_url: str
    api_key: str | None
    timeout_s: float
    session: SessionKeeper = field(default_factory=MemorySession)

    def __post_init__(self) -> None:
        url = _url(self.base_url)
        if url is None or url.scheme not in ("http", "https") or not url.host:
            raise PolydubError(
                f"{self.base_url!r} is no address of a server.",
                code="invalid_server",
                hint=f"Give it as http://host:port, for example {DEFAULT_URL}.",
            )

    def arguments(self) -> dict[str, Any]:
        """What ``httpx.Client`` and ``httpx.AsyncClient`` want to know."""
        return {
            "base_url": self.base_url,
            "timeout": self.timeout(),
            "verify": _trusted(),
            "auth": None if self.api_key else SessionAuth(self.base_url, self.session),
            # A proxy of the environment can't reach this machine's own loopback.
            "trust_env": httpx.URL(self.base_url).host not in _LOOPBACK,
        }

    def timeout(self, *, read_s: float | None = None) -> httpx.Timeout:
        """The time limits; ``read_s`` where an answer takes longer than others."""
        connect_s = min(5.0, self.timeout_s)
        return httpx.Timeout(self.timeout_s, connect=connect_s, read=read_s or self.timeout_s)

    def sign(self, request: httpx.Request) -> None:
        """Adds the key; takes it off again where a redirect leads to another server's store."""
        request.headers.pop("X-Api-Key", None)
        if self.api_key and _origin(request.url) == _origin(httpx.URL(self.base_url)):
            request.headers["X-Api-Key"] = self.api_key

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turns httpx's errors into ours."""
        try:
            yield
        except httpx.TransportError as error:
            raise from_transport(error, self.base_url) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise PolydubError(str(error), code="bad_answer") from error


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted; reading them takes a tenth of a second."""
    return httpx.create_ssl_context()


def _url(text: str) -> httpx.URL | None:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        return None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
