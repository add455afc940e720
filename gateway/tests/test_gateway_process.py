"""The process: its memory, its ports, its end; and the database's migrations."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from polydub.pipeline import STAGES
from polydub.rpc import PortTaken
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import free_port
from polydub_gateway.db import Database
from polydub_gateway.db.models import Base
from polydub_gateway.main import serve
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.integration

MIB = 2**20


@asynccontextmanager
async def process(
    folder: Path, nats_url: str, stages_address: str, **env: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    port = free_port()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydub_gateway",
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={
            **os.environ,
            "POLYDUB_NATS_URL": nats_url,
            "POLYDUB_GATEWAY_PORT": str(port),
            "POLYDUB_GATEWAY_GRPC_PORT": "0",
            "POLYDUB_GATEWAY_SHUTDOWN_S": "1",
            **{f"POLYDUB_{s.name.upper()}_ADDRESS": stages_address for s in STAGES},
            **env,
        },
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False
        ) as client:
            yield child, client
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def ready(client: httpx.AsyncClient) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get("/readyz")).status_code == 200
    return False


def peak_mib(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found.group(1)) / 1024


async def zeros(mib: int) -> AsyncIterator[bytes]:
    for number in range(mib):
        yield number.to_bytes(4, "big") * (MIB // 4)


async def sigterm_ends_it_and_its_streams(
    child: asyncio.subprocess.Process, client: httpx.AsyncClient, video_id: str
) -> None:
    body = {"video_id": video_id, "target_languages": ["es"]}
    dub = (await client.post("/v1/dubs", json=body)).json()
    async with client.stream("GET", f"/v1/dubs/{dub['id']}/events") as answer:
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith("data: "):
            pass
        child.send_signal(signal.SIGTERM)
        assert not [line async for line in lines if line.startswith("data: ")]
    assert await asyncio.wait_for(child.wait(), 30) == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see memory")
async def test_an_upload_does_not_grow_the_process_which_ends_on_sigterm(
    tmp_path: Path, nats_url: str, stages: Any
) -> None:
    async with process(tmp_path, nats_url, stages.address) as (child, client):
        await poll_until(lambda: ready(client), "the gateway", timeout_s=90)
        params = {"filename": "warm.mp4"}
        await client.put("/v1/videos", params=params, content=zeros(2))
        before = peak_mib(child.pid)
        params = {"filename": "big.mp4"}
        answer = await client.put("/v1/videos", params=params, content=zeros(64))
        assert answer.json()["size_bytes"] == 64 * MIB
        grown = peak_mib(child.pid) - before
        assert grown < 16, f"the process grew by {grown:.1f} MiB"
        key = tmp_path / "var/store/videos" / answer.json()["id"] / "source/original.mp4"
        with key.open("rb") as big:
            form = await client.post("/v1/videos/upload", files={"file": ("big.mp4", big)})
        assert (form.status_code, form.json()["id"]) == (200, answer.json()["id"])
        grown = peak_mib(child.pid) - before
        assert grown < 16, f"the process grew by {grown:.1f} MiB"
        await sigterm_ends_it_and_its_streams(child, client, answer.json()["id"])


async def test_a_taken_port_is_said_clearly(tmp_path: Path, nats_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        env = {"POLYDUB_GATEWAY_PORT": port}
        async with process(tmp_path, nats_url, "127.0.0.1:9", **env) as (child, _):
            _, said = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == os.EX_TEMPFAIL
    assert f"127.0.0.1:{port} is taken" in said.decode()
    assert "POLYDUB_GATEWAY_PORT" in said.decode()


async def test_a_taken_grpc_port_ends_it_too(tmp_path: Path, nats_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = GatewaySettings(
            port=0,
            grpc_port=taken.getsockname()[1],
            database_url=f"sqlite+aiosqlite:///{tmp_path}/gateway.db",
        )
        common = CommonSettings(nats_url=nats_url, store_dir=tmp_path)
        with pytest.raises(PortTaken):
            await serve(settings, common, asyncio.Event())


async def test_migrations_make_the_models_and_go_back(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/sub/gateway.db"
    database, replica = Database(url), Database(url)

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    def tables(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    await asyncio.gather(database.migrate(), replica.migrate())
    await replica.aclose()
    async with database.session() as session:
        connection = await session.connection()
        assert await connection.run_sync(differences) == []
    await database.migrate("base")
    async with database.session() as session:
        connection = await session.connection()
        assert await connection.run_sync(tables) == {"alembic_version"}
    await database.migrate()
    await database.check()
    await database.aclose()
