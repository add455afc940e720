"""What is kept no longer than the operator says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from polydub.errors import StageError
from polydub.events import now_ms
from polydub.store.local import LocalStore
from polydub.testing import poll_until
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.db.accounts import AuditRow
from polydub_gateway.uploads.retention import DAY_MS
from polydub_gateway.uploads.settings import UploadSettings

pytestmark = pytest.mark.integration


async def test_what_was_kept_for_long_enough_goes_by_itself(
    start_gateway: Any, stages: Any, nats_url: str, tmp_path: Path, story_of: Any, tell: Any
) -> None:
    uploads = UploadSettings(retention_days=30, sweep_every_s=1.0)
    async with start_gateway(tmp_path, nats_url, stages.address, uploads=uploads) as gateway:
        await gateway.ready()
        undubbed = (await gateway.upload(b"young")).json()["id"]
        due, fresh, running = [await dub_of(gateway, data) for data in (b"due", b"fresh", b"runs")]
        for dub in (due, fresh):
            await tell((await story_of(dub)).whole()[1:])
            await gateway.until(dub["id"], "completed")
        old_ms = now_ms() - 31 * DAY_MS
        database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
        async with database.session() as session:
            ended = update(DubRow).where(DubRow.id == due["id"])
            await session.execute(ended.values(finished_at_ms=old_ms))
            uploaded = update(VideoRow).where(VideoRow.id != undubbed)
            await session.execute(uploaded.values(created_at_ms=old_ms))

        async def gone() -> bool:
            path = f"/v1/videos/{due['video_id']}"
            return (await gateway.http.get(path)).status_code == 404

        await poll_until(gone, "the video to go")
        assert (await gateway.http.get(f"/v1/dubs/{due['id']}")).status_code == 404
        for kept in (undubbed, fresh["video_id"], running["video_id"]):
            assert (await gateway.http.get(f"/v1/videos/{kept}")).status_code == 200
        async with database.session() as session:
            (entry,) = await session.scalars(select(AuditRow))
        assert (entry.action, entry.user_id, entry.target) == ("video_deleted", "", due["video_id"])
        await database.aclose()


async def test_a_deletion_that_broke_off_is_ended_by_itself(
    start_gateway: Any, stages: Any, nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = UploadSettings(sweep_every_s=1.0)
    async with start_gateway(tmp_path, nats_url, stages.address, uploads=uploads) as gateway:
        await gateway.ready()
        video = (await gateway.upload()).json()["id"]
        away = True
        delete_prefix = LocalStore.delete_prefix

        async def breaks_off(store: LocalStore, prefix: str) -> None:
            if away:
                raise StageError("store_unavailable", "The store does not answer.", retryable=True)
            await delete_prefix(store, prefix)

        monkeypatch.setattr(LocalStore, "delete_prefix", breaks_off)
        assert (await gateway.http.delete(f"/v1/videos/{video}")).status_code == 503
        away = False

        async def gone() -> bool:
            return (await gateway.http.get(f"/v1/videos/{video}")).status_code == 404

        await poll_until(gone, "the video to go")
        assert not [each for each in gateway.store_dir.rglob("*") if each.is_file()]
        database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
        async with database.session() as session:
            (entry,) = await session.scalars(select(AuditRow))
        await database.aclose()
        assert (entry.action, entry.user_id, entry.target) == ("video_deleted", "local", video)


async def dub_of(gateway: Any, data: bytes) -> dict[str, Any]:
    video = (await gateway.upload(data)).json()
    asked = {"video_id": video["id"], "target_languages": ["es"]}
    dub: dict[str, Any] = (await gateway.http.post("/v1/dubs", json=asked)).json()
    return dub
