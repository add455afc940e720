"""Gateway processes that tests kill and start again, and the lines that lead to them."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx

import polydub_gateway.main
from polydub.pipeline import STAGES
from polydub.testing import poll_until
from polydub.testing.servers import free_port

BLOCK_BYTES = 65536


_PROCESSES = multiprocessing.get_context("forkserver")
# Children are forked from a process that has imported all this, which takes seconds.
_PROCESSES.set_forkserver_preload(["polydub_gateway.main", "pytest"])


class Replica:
    """A gateway process that can be killed and started again on its port.

    Its store, and its database unless the settings say otherwise, lie in ``folder``; so does what
    it logs.
    """

    def __init__(self, folder: Path, nats_url: str, stages_address: str, **settings: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._env = {
            **os.environ,
            "POLYDUB_NATS_URL": nats_url,
            "POLYDUB_ACK_WAIT_S": "2",
            "POLYDUB_GATEWAY_PORT": str(self.port),
            "POLYDUB_GATEWAY_GRPC_PORT": "0",
            "POLYDUB_GATEWAY_LEASE_S": "1",
            **{f"POLYDUB_{s.name.upper()}_ADDRESS": stages_address for s in STAGES},
            **{f"POLYDUB_GATEWAY_{name.upper()}": value for name, value in settings.items()},
        }
        self._child: BaseProcess | None = None

    async def start(self) -> None:
        self._child = _PROCESSES.Process(target=_serve, args=(self._folder, self._env), daemon=True)
        await asyncio.to_thread(self._child.start)
        async with httpx.AsyncClient(trust_env=False) as client:

            async def answers() -> bool:
                with suppress(httpx.TransportError):
                    return (await client.get(self.url("/readyz"))).status_code == 200
                return False

            await poll_until(answers, "the gateway", timeout_s=90)

    async def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            await asyncio.to_thread(self._child.join)

    async def again(self) -> None:
        """Killed without a word, and started."""
        await self.kill()
        await self.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def _serve(folder: Path, env: dict[str, str]) -> None:
    """What ``python -m polydub_gateway`` does, in this process."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    log = os.open(
        f"gateway-{env['POLYDUB_GATEWAY_PORT']}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY
    )
    os.dup2(log, 1)
    os.dup2(log, 2)
    polydub_gateway.main.run()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All bytes from one to the other, to the end of either."""
    with suppress(OSError):
        while block := await reader.read(BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
    writer.close()


@dataclass
class RoundRobin:
    """A proxy that gives each request to the next of several servers."""

    ports: Sequence[int]
    port: int = 0
    served: list[tuple[int, str]] = field(default_factory=list)
    """Which server got which request, such as ``(0, "GET /v1/dubs")``."""

    def of(self, request: str) -> list[int]:
        """The servers that got a request whose line begins so, in order."""
        return [server for server, line in self.served if line.startswith(request)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = len(self.served) % len(self.ports)
        try:
            first, *rest = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        self.served.append((server, first.decode().rsplit(" ", 1)[0]))
        if not any(line.lower().startswith(b"upgrade:") for line in rest):
            # One request for each connection: the next one goes to the next server.
            rest = [line for line in rest if not line.lower().startswith(b"connection:")]
            rest.insert(0, b"Connection: close")
        there, back = await asyncio.open_connection("127.0.0.1", self.ports[server])
        back.write(b"\r\n".join([first, *rest]))
        sending = asyncio.create_task(copy(reader, back))
        await copy(there, writer)
        sending.cancel()
        back.close()


@asynccontextmanager
async def round_robin(ports: Sequence[int]) -> AsyncIterator[RoundRobin]:
    """A running proxy."""
    proxy = RoundRobin(ports)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    yield proxy
    server.close()


@dataclass
class Line:
    """A TCP line to a port, on which a test decides what gets through and when it breaks."""

    to: int
    port: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, what is sent stays on the way."""
    up: int = 0
    """Bytes that were sent so far."""
    waiting: bytes = b""
    """What is on the way while the line is not open."""
    breaks: list[tuple[int, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    """When so many bytes went up, it does something and drops the line."""
    on_answer: Callable[[], Awaitable[None]] | None = None
    """Done once, in place of handing on the first bytes that come back; the line drops."""

    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def drop(self) -> None:
        """Breaks all connections, with what is on the way; new ones are open."""
        for writer in self._ends:
            writer.transport.abort()
        self._ends.clear()
        self.waiting = b""
        self.open.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
            self._ends |= {back, writer}
            answers = asyncio.create_task(self._down(there, back, writer))
            while block := await reader.read(BLOCK_BYTES):
                self.up += len(block)
                if not self.open.is_set():
                    self.waiting += block
                    await self.open.wait()
                back.write(block)
                await back.drain()
                if self.breaks and self.up > self.breaks[0][0]:
                    await self.breaks.pop(0)[1]()
                    back.transport.abort()
                    writer.transport.abort()
            back.close()
            await answers
        writer.close()

    async def _down(
        self, there: asyncio.StreamReader, back: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while block := await there.read(BLOCK_BYTES):
                if self.on_answer is not None:
                    act, self.on_answer = self.on_answer, None
                    await act()
                    break
                writer.write(block)
                await writer.drain()
        back.close()
        writer.close()


@asynccontextmanager
async def line(to: int) -> AsyncIterator[Line]:
    """A line that lets everything through until it is told otherwise."""
    found = Line(to)
    found.open.set()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()
