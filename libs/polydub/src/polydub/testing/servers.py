"""Real servers for tests, started on loopback and ended with the test."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nats
from minio import Minio
from minio.error import MinioException
from nats.errors import Error as NatsError
from urllib3.exceptions import HTTPError

from polydub import process
from polydub.testing.polling import poll_until


def free_port() -> int:
    """A TCP port on loopback that is free now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different TCP ports on loopback that are free now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def program(name: str) -> str:
    """The path of a program that a Python wheel put beside this interpreter, or on the PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed: run `make setup`"
    return found


@asynccontextmanager
async def running(argv: Sequence[str], log: Path, **env: str) -> AsyncIterator[int]:
    """A child that runs while the context is open; its process id."""
    with log.open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            *argv,
            stdout=output,
            stderr=output,
            env={**os.environ, **env},
            start_new_session=True,
        )
    try:
        yield child.pid
    finally:
        await process.kill(child)


@asynccontextmanager
async def nats_server(folder: Path, *, port: int | None = None) -> AsyncIterator[str]:
    """A broker with JetStream that keeps its data in ``folder``; its URL.

    Entering again with the same folder and port is a restart of the same broker.
    """
    port = port or free_port()
    url = f"nats://127.0.0.1:{port}"
    argv = [program("nats-server"), "-js", "-sd", str(folder), "-a", "127.0.0.1", "-p", str(port)]
    folder.mkdir(parents=True, exist_ok=True)
    async with running(argv, folder / "server.log"):
        # The client itself would wait two seconds behind a refused connection.
        await poll_until(lambda: _listens(port), "nats-server to listen")
        await poll_until(lambda: _answers(url), "nats-server to answer")
        yield url


@dataclass
class NatsNode:
    """One server of a cluster."""

    name: str
    url: str
    pid: int

    def kill(self) -> None:
        """At once, without a goodbye."""
        os.kill(self.pid, signal.SIGKILL)


@asynccontextmanager
async def nats_cluster(folder: Path, *, size: int = 3) -> AsyncIterator[list[NatsNode]]:
    """Brokers on loopback that keep copies of each other's streams."""
    ports, routes = free_ports(size), free_ports(size)
    known = ",".join(f"nats://127.0.0.1:{port}" for port in routes)
    async with AsyncExitStack() as stack:
        nodes = []
        for number, (port, route) in enumerate(zip(ports, routes, strict=True)):
            name, own = f"node{number}", folder / str(number)
            own.mkdir(parents=True, exist_ok=True)
            argv = [
                program("nats-server"), "-js", "-sd", str(own), "-a", "127.0.0.1", "-p", str(port),
                "-n", name, "--cluster_name", "polydub", "--routes", known,
                "--cluster", f"nats://127.0.0.1:{route}",
            ]  # fmt: skip
            pid = await stack.enter_async_context(running(argv, own / "server.log"))
            nodes.append(NatsNode(name, f"nats://127.0.0.1:{port}", pid))
        for node in nodes:
            await poll_until(lambda url=node.url: _answers(url), node.name)  # type: ignore[misc]
        yield nodes


async def _listens(port: int) -> bool:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False


async def _answers(url: str) -> bool:
    with suppress(OSError, NatsError, asyncio.TimeoutError):
        client = await nats.connect(url, max_reconnect_attempts=0, connect_timeout=1)
        try:
            await client.jetstream().account_info()
        finally:
            await client.close()
        return True
    return False


@dataclass(frozen=True)
class S3Address:
    """Where a test's S3 server listens, and with which keys."""

    endpoint: str
    access_key: str
    secret_key: str


@asynccontextmanager
async def s3_server(folder: Path) -> AsyncIterator[S3Address]:
    """A SeaweedFS with its S3 gateway, data in ``folder``; it takes objects."""
    servers = ("s3", "master", "volume", "filer")
    ports = free_ports(2 * len(servers))
    address = S3Address(f"127.0.0.1:{ports[0]}", "polydub-test", "polydub-test-secret")
    folder.mkdir(parents=True, exist_ok=True)
    identities = folder / "identities.json"
    identities.write_text(json.dumps(_identities(address)))
    argv = [
        program("weed"), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}",
        "-master.volumeSizeLimitMB=256", "-volume.max=8", "-filer", "-s3",
        # Each would listen on a port of its own that several servers would want.
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-s3.config={identities}",
        *(f"-{name}.port={port}" for name, port in zip(servers, ports[:4], strict=True)),
        *(f"-{name}.port.grpc={port}" for name, port in zip(servers, ports[4:], strict=True)),
    ]  # fmt: skip
    client = Minio(
        endpoint=address.endpoint,
        access_key=address.access_key,
        secret_key=address.secret_key,
        secure=False,
        region="us-east-1",
    )
    async with running(argv, folder / "server.log"):
        await poll_until(
            lambda: asyncio.to_thread(_takes_objects, client), "the S3 server", timeout_s=60
        )
        yield address


def _takes_objects(client: Minio) -> bool:
    """Whether an object can be written. A bucket can be made before any volume is up."""
    with suppress(MinioException, HTTPError, OSError):
        if not client.bucket_exists(bucket_name="polydub"):
            client.make_bucket(bucket_name="polydub")
        client.put_object(
            bucket_name="polydub", object_name="ready", data=io.BytesIO(b"yes"), length=3
        )
        client.remove_object(bucket_name="polydub", object_name="ready")
        return True
    return False


def _identities(address: S3Address) -> dict[str, object]:
    keys = {"accessKey": address.access_key, "secretKey": address.secret_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "test", "credentials": [keys], "actions": actions}]}
