"""A real tus client, a connection that drops, and a gateway that is killed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tusclient.client import TusClient

from polydub.pipeline import STAGES
from polydub.testing import poll_until
from polydub.testing.servers import free_port

pytestmark = pytest.mark.integration

MIB = 2**20
SIZE = int(os.environ.get("POLYDUB_TEST_UPLOAD_MIB", "20")) * MIB


class Replica:
    """A gateway process that can be killed and started again on its port."""

    def __init__(self, folder: Path, nats_url: str, stages_address: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._env = {
            **os.environ,
            "POLYDUB_NATS_URL": nats_url,
            "POLYDUB_GATEWAY_PORT": str(self.port),
            "POLYDUB_GATEWAY_GRPC_PORT": "0",
            "POLYDUB_GATEWAY_LEASE_S": "1",
            **{f"POLYDUB_{s.name.upper()}_ADDRESS": stages_address for s in STAGES},
        }
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "polydub_gateway", cwd=self._folder, env=self._env
        )

        async def answers() -> bool:
            with suppress(httpx.TransportError):
                async with httpx.AsyncClient(trust_env=False) as client:
                    return (await client.get(self.url("/readyz"))).status_code == 200
            return False

        await poll_until(answers, "the gateway", timeout_s=60)

    async def kill(self) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
            await self._child.wait()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def breaking_line(
    port: int, breaks: list[tuple[int, Callable[[], Awaitable[None]]]]
) -> AsyncIterator[int]:
    """A TCP proxy to ``port``; when so many bytes went up, it does something and drops the line."""
    up = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal up
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", port)
            answers = asyncio.create_task(copy(there, writer))
            while block := await reader.read(65536):
                up += len(block)
                back.write(block)
                await back.drain()
                if breaks and up > breaks[0][0]:
                    await breaks.pop(0)[1]()
                    back.transport.abort()
                    writer.transport.abort()
            await answers
        writer.close()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while block := await reader.read(65536):
                writer.write(block)
                await writer.drain()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_an_upload_survives_its_line_and_its_gateway(
    tmp_path: Path, nats_url: str, stages: Any
) -> None:
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        for _ in range(SIZE // MIB):
            file.write(os.urandom(MIB))
    replica = Replica(tmp_path, nats_url, stages.address)

    async def nothing() -> None:
        """Only the line breaks."""

    async def kill_and_start() -> None:
        await replica.kill()
        await replica.start()

    def upload(port: int) -> str:
        client = TusClient(f"http://127.0.0.1:{port}/v1/uploads")
        uploader = client.uploader(
            str(film), retries=20, retry_delay=1, metadata={"filename": "film.mp4"}
        )
        uploader.upload()
        assert uploader.url is not None
        return uploader.url

    breaks = [(int(SIZE * 0.35), nothing), (int(SIZE * 0.7), kill_and_start)]
    try:
        await replica.start()
        async with breaking_line(replica.port, breaks) as port:
            url = await asyncio.to_thread(upload, port)
        assert breaks == [], "both breaks have to have happened"
        async with httpx.AsyncClient(trust_env=False) as client:
            path = f"/v1/uploads/{url.rsplit('/', 1)[-1]}"
            told = (await client.get(replica.url(path))).json()
        assert told["state"] == "completed", told
        stored = tmp_path / f"var/store/videos/{told['video']['id']}/source/original.mp4"
        assert stored.stat().st_size == SIZE
        with stored.open("rb") as there, film.open("rb") as here:
            while block := here.read(MIB):
                assert there.read(MIB) == block
        rest = [p for p in (tmp_path / "var/store").rglob("*") if p.is_file() and p != stored]
        assert rest == []
    finally:
        await replica.kill()
