"""The list of videos: whose they are, how they are found, what hangs on each, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from polydub.v1 import dubbing_pb2, dubbing_pb2_grpc
from polydub_gateway.db import Database, VideoRow
from polydub_gateway.db.delivery import StoredRow
from polydub_gateway.uploads.listing import VideoPage, page_of
from polydub_gateway.uploads.names import search_form

pytestmark = pytest.mark.integration


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.migrate()
    yield opened
    await opened.migrate("base")
    await opened.aclose()


def row(video_id: str, filename: str = "talk.mp4", **facts: Any) -> VideoRow:
    return VideoRow(
        **{
            "id": video_id, "owner_id": "local", "filename": filename, "source_key": "k",
            "search_name": search_form(filename), "sha256": video_id, "media": {},
            "created_at_ms": 1, **facts,
        }
    )  # fmt: skip


async def written(database: Database, rows: Sequence[VideoRow]) -> None:
    async with database.session() as session:
        session.add_all(rows)


async def page(
    database: Database, text: str = "", cursor: str | None = None, limit: int = 20
) -> VideoPage:
    async with database.session() as session:
        return await page_of(session, "local", limit=limit, cursor=cursor, text=text)


def ids(found: VideoPage) -> list[str]:
    return [video.row.id for video in found.videos]


async def test_only_ones_own_are_found_by_their_names(database: Database) -> None:
    mine = [
        row("vid_a", "Straße 100%.mp4"), row("vid_b", "Straße 100 x.mp4", created_at_ms=2),
    ]  # fmt: skip
    await written(database, [*mine, row("vid_c", "Straße.mp4", owner_id="org_2")])
    assert ids(await page(database)) == ["vid_b", "vid_a"]
    assert ids(await page(database, "STRASSE")) == ["vid_b", "vid_a"]
    assert ids(await page(database, "100%")) == ["vid_a"]
    assert ids(await page(database, "street")) == []


async def test_pages_hold_those_of_one_moment_once(database: Database) -> None:
    await written(database, [row(f"vid_{n}", created_at_ms=n // 3) for n in range(7)])
    seen, cursor = [], None
    while True:
        found = await page(database, "TALK", cursor, limit=2)
        seen += ids(found)
        cursor = found.next_cursor
        if cursor is None:
            break
    assert seen == [f"vid_{n}" for n in reversed(range(7))]


async def test_what_it_takes_up_is_told_once_it_is_counted(database: Database) -> None:
    await written(database, [row("vid_a"), row("vid_b")])
    async with database.session() as session:
        session.add(StoredRow(video_id="vid_a", owner_id="local", size_bytes=2**40))
    found = {video.row.id: video.stored_bytes for video in (await page(database)).videos}
    assert found == {"vid_a": 2**40, "vid_b": 0}


async def test_videos_from_before_are_found_by_their_names(database_url: str) -> None:
    database = Database(database_url)
    await database.migrate("0012")
    async with database.session() as session:
        await session.execute(
            text(
                "INSERT INTO videos (id, owner_id, filename, source_key, sha256, media, "
                "created_at_ms) VALUES ('vid_1', 'local', 'Über.mp4', 'k', '0', '{}', 1)"
            )
        )
    await database.migrate()
    assert ids(await page(database, "ÜBER")) == ["vid_1"]
    await database.migrate("0012")
    await database.migrate()
    await database.migrate("base")
    await database.aclose()


async def test_a_video_is_found_again_with_what_hangs_on_it(gateway: Any, channel: Any) -> None:
    dub = await gateway.dub("es")
    lost = (await gateway.upload(b"another", "Lost & found.mp4")).json()
    listed = (await gateway.http.get("/v1/videos")).json()
    newest, dubbed = listed["videos"]
    assert (dubbed["id"], dubbed["dubs"], newest["dubs"]) == (dub["video_id"], 1, 0)
    assert {name: newest[name] for name in lost} == lost
    assert newest["storage_bytes"] == len(b"another")

    first = (await gateway.http.get("/v1/videos", params={"limit": 1})).json()
    assert [each["id"] for each in first["videos"]] == [lost["id"]]
    params = {"limit": 1, "cursor": first["next_cursor"]}
    last = (await gateway.http.get("/v1/videos", params=params)).json()
    assert last == {"videos": [dubbed], "next_cursor": None}

    stub: Any = dubbing_pb2_grpc.DubbingStub(channel)
    told = await stub.ListVideos(dubbing_pb2.ListVideosRequest(page_size=1))
    assert told.next_page_token == first["next_cursor"]
    asked = dubbing_pb2.ListVideosRequest(text="LOST &")
    [video] = (await stub.ListVideos(asked)).videos
    assert video == told.videos[0]
    assert video.video == await stub.GetVideo(dubbing_pb2.GetVideoRequest(id=lost["id"]))
    assert (video.dubs, video.storage_bytes) == (0, newest["storage_bytes"])


@pytest.mark.parametrize("params", [{"cursor": "?!"}, {"q": "\0"}, {"limit": 0}])
async def test_what_cannot_be_looked_for_is_refused(gateway: Any, params: dict[str, Any]) -> None:
    answer = await gateway.http.get("/v1/videos", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
