"""A real tus client, a connection that drops, and a gateway that is killed."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from replicas import Replica, line
from tusclient.client import TusClient

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

MIB = 2**20
SIZE = int(os.environ.get("POLYDUB_TEST_UPLOAD_MIB", "20")) * MIB


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

    def upload(port: int) -> str:
        client = TusClient(f"http://127.0.0.1:{port}/v1/uploads")
        uploader = client.uploader(
            str(film), retries=100, retry_delay=1, metadata={"filename": "film.mp4"}
        )
        uploader.upload()
        assert uploader.url is not None
        return uploader.url

    try:
        await replica.start()
        async with line(replica.port) as to_it:
            to_it.breaks = [(int(SIZE * 0.35), nothing), (int(SIZE * 0.7), replica.again)]
            url = await asyncio.to_thread(upload, to_it.port)
        assert to_it.breaks == [], "both breaks have to have happened"
        async with httpx.AsyncClient(trust_env=False) as client:
            path = f"/v1/uploads/{url.rsplit('/', 1)[-1]}"
            told = (await client.get(replica.url(path))).json()
        assert told["state"] == "completed", told
        stored = tmp_path / f"var/store/videos/{told['video']['id']}/source/original.mp4"
        assert stored.stat().st_size == SIZE
        with stored.open("rb") as there, film.open("rb") as here:
            found, sent = (hashlib.file_digest(each, "sha256") for each in (there, here))
        assert found.hexdigest() == sent.hexdigest()
        rest = [p for p in (tmp_path / "var/store").rglob("*") if p.is_file() and p != stored]
        assert rest == []
    finally:
        await replica.kill()
