"""The only way out for imports: a proxy of ours on loopback that decides where they may go.

Whoever fetches for a user, be it our HTTP client or a child process, reaches nothing but public
addresses: the proxy resolves the name itself, checks what it stands for, and connects to what it
checked. Redirects and whatever a page refers to come through here again. It carries a limited
number of bytes.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from polydub import telemetry
from polydub.errors import StageError
from polydub_gateway.addresses import Network, check_public

CONNECT_S = 10.0
_HEAD_S = 30.0
_BLOCK_BYTES = 64 * 1024
_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024
_HOP_HEADERS = (b"proxy-", b"connection:", b"keep-alive:")

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Rules:
    """Where imports may come from.

    Args:
        allowed: domains, with their subdomains; none: all.
        blocked: domains, with their subdomains.
        trusted: networks that are allowed although they are not public.
    """

    allowed: Sequence[str] = ()
    blocked: Sequence[str] = ()
    trusted: Sequence[Network] = ()

    def check_host(self, host: str) -> None:
        """Raises:
        StageError: ``address_refused`` when the host's name is not wanted here.
        """
        name = host.lower().rstrip(".")
        if self.allowed and not any(_is_below(name, each) for each in self.allowed):
            raise _refused(f"Imports from {host!r} are not allowed here.")
        if any(_is_below(name, each) for each in self.blocked):
            raise _refused(f"Imports from {host!r} are blocked here.")

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to which a connection may go.

        Raises:
            StageError: ``address_refused``.
        """
        self.check_host(host)
        found = await check_public(host, port, trusted=self.trusted)
        is_trusted = any(each in network for each in found for network in self.trusted)
        if port not in _WEB_PORTS and port < _FIRST_FREE_PORT and not is_trusted:
            raise _refused(f"Imports from port {port} are not allowed.")
        return [str(each) for each in found]


@dataclass
class Guard:
    """An open way out.

    Args:
        limit_bytes: how much may come in over all its connections.
    """

    rules: Rules
    limit_bytes: int
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    received_bytes: int = 0
    refusal: StageError | None = None
    """Why something did not get through; what a client makes of that says less."""
    port: int = 0

    @property
    def url(self) -> str:
        """As clients need it. Other users of this machine don't know the password."""
        return f"http://import:{self.password}@127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        try:
            with suppress(OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            request = _Request.parse(head)
            if not hmac.compare_digest(request.credentials, self._credentials()):
                await _answer(writer, "407 Proxy Authentication Required")
                return
            theirs = await self._connected(request.host, request.port)
        except StageError as error:
            self.refusal = self.refusal or error
            await _answer(writer, "403 Forbidden")
            return
        except (OSError, TimeoutError):
            await _answer(writer, "502 Bad Gateway")
            return
        their_reader, their_writer = theirs
        try:
            if request.is_tunnel:
                await _answer(writer, "200 Connection Established", close=False)
            else:
                their_writer.write(request.forwarded)
            await self._relay(reader, their_writer, their_reader, writer)
        finally:
            their_writer.close()

    async def _connected(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        *others, last = await self.rules.addresses(host, port)
        for address in others:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    return await asyncio.open_connection(address, port)
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(last, port)

    async def _relay(
        self,
        ours: asyncio.StreamReader,
        to_them: asyncio.StreamWriter,
        theirs: asyncio.StreamReader,
        to_us: asyncio.StreamWriter,
    ) -> None:
        sending = asyncio.create_task(_copy(ours, to_them))
        try:
            while block := await theirs.read(_BLOCK_BYTES):
                self.received_bytes += len(block)
                if self.received_bytes > self.limit_bytes:
                    self.refusal = StageError("media_too_large", "More came than is accepted.")
                    return
                to_us.write(block)
                await to_us.drain()
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending

    def _credentials(self) -> bytes:
        return base64.b64encode(f"import:{self.password}".encode())


@asynccontextmanager
async def open_guard(rules: Rules, *, limit_bytes: int) -> AsyncIterator[Guard]:
    """A way out while the context is open."""
    guard = Guard(rules, limit_bytes)
    server = await asyncio.start_server(guard.serve, "127.0.0.1", 0)
    guard.port = server.sockets[0].getsockname()[1]
    try:
        yield guard
    finally:
        server.close()


@dataclass(frozen=True)
class _Request:
    host: str
    port: int
    is_tunnel: bool
    credentials: bytes
    forwarded: bytes

    @classmethod
    def parse(cls, head: bytes) -> _Request:
        first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        try:
            method, target, version = first.decode("ascii").split(" ")
            is_tunnel = method == "CONNECT"
            parts = urlsplit(f"//{target}" if is_tunnel else target)
            port = parts.port or 80
        except ValueError as error:
            raise _refused("The address is malformed.") from error
        if not parts.hostname or (not is_tunnel and parts.scheme != "http"):
            raise _refused("Only http and https addresses can be imported.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        # One request for each connection, so that none can slip past to another host.
        kept = [line for line in lines if not line.lower().startswith(_HOP_HEADERS)]
        forwarded = [f"{method} {path} {version}".encode(), *kept, b"Connection: close"]
        return cls(
            host=parts.hostname,
            port=port,
            is_tunnel=is_tunnel,
            credentials=_basic(lines),
            forwarded=b"\r\n".join(forwarded) + b"\r\n\r\n",
        )


def _basic(lines: Sequence[bytes]) -> bytes:
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"proxy-authorization":
            return value.strip().removeprefix(b"Basic ")
    return b""


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await reader.read(_BLOCK_BYTES):
            writer.write(block)
            await writer.drain()


async def _answer(writer: asyncio.StreamWriter, status: str, *, close: bool = True) -> None:
    rest = "Content-Length: 0\r\nConnection: close\r\n" if close else ""
    writer.write(f"HTTP/1.1 {status}\r\n{rest}\r\n".encode())
    await writer.drain()


def _is_below(name: str, domain: str) -> bool:
    wanted = domain.lower().strip(".")
    return name == wanted or name.endswith(f".{wanted}")


def _refused(message: str) -> StageError:
    return StageError("address_refused", message)
