"""A broker per module, and settings that make it hurry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polydub.bus import Bus
from polydub.settings import CommonSettings
from polydub.testing.servers import nats_server


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
