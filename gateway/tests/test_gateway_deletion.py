"""What is deleted is gone: from the store, from every table that names it, and from the stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, cast, or_, select

from polydub.bus import Bus
from polydub.pipeline import job_subjects
from polydub.store.local import LocalStore
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AuditRow
from polydub_gateway.db.models import Base
from polydub_gateway.jobs.hls import live_prefix

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


@pytest.fixture
def while_bytes_go(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Has something happen just as the store begins to delete a video."""

    def arrange(happen: Callable[[], Any]) -> None:
        delete_prefix = LocalStore.delete_prefix

        async def interrupted(store: LocalStore, prefix: str) -> None:
            monkeypatch.setattr(LocalStore, "delete_prefix", delete_prefix)
            await happen()
            await delete_prefix(store, prefix)

        monkeypatch.setattr(LocalStore, "delete_prefix", interrupted)

    return arrange


async def test_nothing_is_begun_of_a_video_that_is_being_deleted(
    start_gateway: Any,
    tmp_path: Path,
    nats_url: str,
    stages: Any,
    database_url: str,
    while_bytes_go: Any,
) -> None:
    settings = {"database_url": database_url}
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as gateway:
        await gateway.ready()
        dub = await gateway.dub("es")
        await gateway.http.post(f"/v1/dubs/{dub['id']}/cancel")
        await gateway.until(dub["id"], "canceled")
        again = f"/v1/dubs/{dub['id']}/retry"
        asked = {"video_id": dub["video_id"], "target_languages": ["fr"]}
        answers = []

        async def begin() -> None:
            answers.append(await gateway.http.post("/v1/dubs", json=asked))
            answers.append(await gateway.http.post(again))
            answers.append(await gateway.upload())

        while_bytes_go(begin)
        video = f"/v1/videos/{dub['video_id']}"
        assert (await gateway.http.delete(video)).status_code == 204
        *refused, uploaded = answers
        assert [(each.status_code, each.json()["code"]) for each in refused] == [
            (409, "conflict"), (409, "conflict"),
        ]  # fmt: skip
        assert (await gateway.http.get(video)).status_code == 404
        # The same bytes came anew meanwhile, as another video, which stays.
        assert uploaded.status_code == 201
        assert uploaded.json()["id"] != dub["video_id"]
        assert (await gateway.http.get(uploaded.headers["location"])).status_code == 200


async def test_a_video_whose_job_runs_stays_as_it_is(gateway: Any) -> None:
    dub = await gateway.dub("es")
    refused = await gateway.http.delete(f"/v1/videos/{dub['video_id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    asked = {"video_id": dub["video_id"], "target_languages": ["fr"]}
    assert (await gateway.http.post("/v1/dubs", json=asked)).status_code == 202


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
