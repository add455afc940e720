"""What is deleted is gone: from the store, from every table that names it, and from the stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, cast, or_, select, update

from polydub.bus import Bus
from polydub.events import now_ms
from polydub.pipeline import job_subjects
from polydub.testing import poll_until
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.db.accounts import AuditRow
from polydub_gateway.db.models import Base
from polydub_gateway.jobs.hls import live_prefix
from polydub_gateway.uploads.retention import DAY_MS
from polydub_gateway.uploads.settings import UploadSettings

pytestmark = pytest.mark.integration

KEPT = {"dub_usage", "dub_changes", "audit_log"}
"""What counts stays counted; the feed says for a week that the dub is gone; the record stays."""


async def naming(database: Database, *ids: str) -> dict[str, int]:
    """How many rows of each table name one of the ids anywhere."""
    found = {}
    for table in Base.metadata.sorted_tables:
        anywhere = [cast(column, String).contains(each) for column in table.columns for each in ids]
        async with database.session() as session:
            rows = (await session.execute(select(table).where(or_(*anywhere)))).all()
        if rows:
            found[table.name] = len(rows)
    return found


async def events_of(bus: Bus, job_id: str) -> int:
    stream = await bus._js.stream_info("POLYDUB", subjects_filter=job_subjects(job_id))
    return sum((stream.state.subjects or {}).values())


async def uploaded(gateway: Any) -> dict[str, str]:
    """A video that came by tus: its id and its upload's."""
    headers = {
        "Tus-Resumable": "1.0.0", "Upload-Length": "5",
        "Content-Type": "application/offset+octet-stream",
    }  # fmt: skip
    answer = await gateway.http.post("/v1/uploads", headers=headers, content=b"video")
    return {
        "video": answer.headers["upload-video"],
        "upload": answer.headers["location"].rsplit("/", 1)[1],
    }


async def test_nothing_of_a_deleted_video_is_left(
    gateway: Any, finished: Any, bus: Bus, tmp_path: Path
) -> None:
    ids = await uploaded(gateway)
    dub = await finished()
    assert dub["video_id"] == ids["video"]
    line = f"/v1/dubs/{dub['id']}/segments/u0000"
    words = {"translations": {"es": "¡Hola a todos!"}}
    answer = await gateway.http.patch(line, json=words, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    folder = gateway.store_dir / "videos" / ids["video"]
    live = gateway.store_dir / live_prefix(ids["video"], dub["id"])
    live.mkdir(parents=True)
    (live / "segment-00000.m4s").write_bytes(b"live")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    try:
        before = await naming(database, ids["video"], dub["id"], ids["upload"])
        assert {"videos", "dubs", "scripts", "segments", "speakers", "uploads"} <= set(before)
        assert await events_of(bus, dub["id"]) > 0

        gone = await gateway.http.delete(f"/v1/videos/{ids['video']}")
        assert gone.status_code == 204, gone.text
        left = await naming(database, ids["video"], dub["id"], ids["upload"])
        assert set(left) == KEPT, left
        assert not [each for each in folder.rglob("*") if each.is_file()]
        assert await events_of(bus, dub["id"]) == 0
        for path in (f"/v1/videos/{ids['video']}", f"/v1/dubs/{dub['id']}", line,
                     f"/v1/uploads/{ids['upload']}"):  # fmt: skip
            assert (await gateway.http.get(path)).status_code in (404, 405)
        # It belongs to the organisation, whatever it came from.
        memory = await gateway.http.get("/v1/memory", params={"target_language": "es"})
        assert [each["text"] for each in memory.json()["entries"]] == ["¡Hola a todos!"]

        async with database.session() as session:
            (entry,) = await session.scalars(select(AuditRow))
        assert (entry.action, entry.user_id, entry.target) == (
            "video_deleted", "local", ids["video"],
        )  # fmt: skip
        assert (entry.address, entry.details) == ("127.0.0.1", {"dubs": 1})
    finally:
        await database.aclose()


async def test_the_record_says_who_deleted_and_who_changed_what(door: Any) -> None:
    admin = await door.bearer()
    me = (await door.http.get("/v1/auth/me", headers=admin)).json()
    limits = await door.http.put(
        "/v1/organisation/limits", json={"concurrent_jobs": 7}, headers=admin
    )
    assert limits.status_code == 200
    hook = {"url": "https://1.1.1.1/hook"}
    made = await door.http.post("/v1/webhooks", json=hook, headers=admin)
    assert made.status_code == 201, made.text
    path = f"/v1/webhooks/{made.json()['webhook']['id']}"
    await door.http.patch(path, json={"enabled": False}, headers=admin)
    await door.http.post(f"{path}/rotate", headers=admin)
    assert (await door.http.delete(path, headers=admin)).status_code == 204
    entries = (await door.http.get("/v1/organisation/audit", headers=admin)).json()["entries"]
    told = [(each["action"], each["target"]) for each in entries[:5]]
    webhook = path.rsplit("/", 1)[1]
    assert told == [
        ("webhook_deleted", webhook), ("webhook_secret_rotated", webhook),
        ("webhook_changed", webhook), ("webhook_created", webhook), ("limits_set", ""),
    ]  # fmt: skip
    assert {each["user_id"] for each in entries[:5]} == {me["user_id"]}
    assert entries[4]["details"]["limits"].count('"concurrent_jobs": 7') == 1
    assert "whsec" not in str(entries)


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


async def dub_of(gateway: Any, data: bytes) -> dict[str, Any]:
    video = (await gateway.upload(data)).json()
    asked = {"video_id": video["id"], "target_languages": ["es"]}
    dub: dict[str, Any] = (await gateway.http.post("/v1/dubs", json=asked)).json()
    return dub
