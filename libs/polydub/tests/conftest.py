"""A broker per test and settings that make it hurry; one S3 server for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polydub.bus import Bus
from polydub.settings import CommonSettings
from polydub.testing.servers import S3Address, nats_server, s3_server


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[str]:
    async with nats_server(tmp_path / "nats") as url:
        yield url


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> CommonSettings:
    return CommonSettings(
        nats_url=broker,
        store_dir=tmp_path / "store",
        ack_wait_s=1.0,
        max_deliver=3,
        drain_s=0.2,
    )


@pytest.fixture
async def bus(settings: CommonSettings) -> AsyncIterator[Bus]:
    connected = await Bus.connect(settings, "test")
    yield connected
    await connected.aclose()


@pytest.fixture(scope="session")
async def s3(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3Address]:
    async with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address
