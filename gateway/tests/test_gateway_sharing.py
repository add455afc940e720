"""Links to dubs: what they show, to whom, and until when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from polydub.v1 import muxing_pb2
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AuditRow
from polydub_gateway.db.sharing import ShareRow
from polydub_gateway.limits.rates import CallClass, Rate
from polydub_gateway.limits.settings import LimitSettings

pytestmark = pytest.mark.integration

WEEK_S = 7 * 24 * 3600


def file_of(told: Any, language: str, ending: str, kind: str, media_type: str) -> Any:
    file = told.file(language)
    file.name = f"talk.{language}{ending}"
    file.key = file.key.replace(".mp4", ending)
    file.kind, file.media_type = kind, media_type
    return file


@pytest.fixture
async def dub(gateway: Any, story_of: Any, tell: Any) -> dict[str, Any]:
    """A finished dub to Spanish and French with some files of each."""
    started = await gateway.dub("es", "fr")
    told = await story_of(started)
    story = told.shared()[1:]
    for language in ("es", "fr"):
        files = [
            told.file(language),
            file_of(told, language, ".vtt", "subtitles", "text/vtt"),
            file_of(told, language, ".report.json", "report", "application/json"),
            file_of(told, language, ".report.html", "report", "text/html"),
            file_of(told, language, ".mkv", "video", "video/x-matroska"),
        ]
        whole = muxing_pb2.OutputFile(
            name="talk.transcript.json", kind="transcript", key=f"videos/v/{language}/t.json",
            media_type="application/json", size_bytes=2,
        )  # fmt: skip
        for file in files:
            put(gateway, file.key, f"bytes of {file.name}".encode())
        story += [*told.spoken(language), told.muxed(language, files=[*files, whole])]
    await tell(story)
    found: dict[str, Any] = await gateway.until(started["id"], "completed")
    return found


def put(gateway: Any, key: str, data: bytes) -> None:
    path: Path = gateway.store_dir / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


async def share(gateway: Any, dub: dict[str, Any], **asked: Any) -> dict[str, Any]:
    body = {"expires_in_s": WEEK_S, **asked}
    answer = await gateway.http.post(f"/v1/dubs/{dub['id']}/shares", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


def names(shared: dict[str, Any]) -> set[str]:
    listed = [*shared["artifacts"]]
    for language in shared["languages"]:
        listed += language["artifacts"]
    return {file["name"] for file in listed}


async def test_a_link_shows_what_is_played_and_no_more(
    gateway: Any, dub: dict[str, Any], tmp_path: Path
) -> None:
    made = await share(gateway, dub)
    assert made["url"] == f"/shared/{made['token']}"
    at = f"/v1/shared/{made['token']}"
    answer = await gateway.http.get(at)
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    shared = answer.json()
    assert (shared["filename"], shared["downloads"]) == ("talk.mp4", False)
    assert [each["language"] for each in shared["languages"]] == ["es", "fr"]
    endings = ("mp4", "vtt", "report.json")
    assert names(shared) == {f"talk.{tag}.{each}" for tag in ("es", "fr") for each in endings}

    file = shared["languages"][0]["artifacts"][0]
    part = await gateway.http.get(file["url"], headers={"Range": "bytes=9-12"})
    assert (part.status_code, part.content) == (206, b"talk")
    assert part.headers["content-disposition"].startswith("inline")
    assert part.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    head = await gateway.http.head(file["url"])
    assert head.headers["content-length"] == str(len(b"bytes of talk.es.mp4"))
    for hidden in ("talk.es.mkv", "talk.es.report.html", "talk.transcript.json", "nothing"):
        assert (await gateway.http.get(f"{at}/artifacts/{hidden}")).status_code == 404

    original = await gateway.http.get(shared["original_url"], headers={"Range": "bytes=0-1"})
    assert (original.status_code, original.content) == (206, b"vi")
    assert original.headers["content-type"] == "video/mp4"
    own = await gateway.http.get(f"/v1/dubs/{dub['id']}/original")
    assert own.content == b"video"
    assert (await gateway.http.get(f"{at}/hls/master.m3u8")).status_code == 404

    # The token itself is nowhere.
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("gateway.db*"))
    assert made["token"].encode() not in kept


async def test_a_link_can_be_of_some_languages_and_let_files_be_saved(
    gateway: Any, dub: dict[str, Any]
) -> None:
    made = await share(gateway, dub, languages=["fr"], downloads=True)
    shared = (await gateway.http.get(f"/v1/shared/{made['token']}")).json()
    assert [each["language"] for each in shared["languages"]] == ["fr"]
    endings = ("mp4", "vtt", "report.json", "report.html", "mkv")
    assert names(shared) == {f"talk.fr.{each}" for each in endings}
    saved = await gateway.http.get(shared["languages"][0]["artifacts"][0]["url"])
    assert saved.headers["content-disposition"].startswith("attachment")
    of_the_other = f"/v1/shared/{made['token']}/artifacts/talk.es.mp4"
    assert (await gateway.http.get(of_the_other)).status_code == 404
    wrong = {"expires_in_s": 60, "languages": ["de"]}
    answer = await gateway.http.post(f"/v1/dubs/{dub['id']}/shares", json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_links_are_listed_without_their_token_and_end_when_revoked(
    gateway: Any, dub: dict[str, Any], tmp_path: Path
) -> None:
    made, other = await share(gateway, dub), await share(gateway, dub, downloads=True)
    links = f"/v1/dubs/{dub['id']}/shares"
    listed = (await gateway.http.get(links)).json()["shares"]
    assert {each["id"] for each in listed} == {made["id"], other["id"]}
    assert "token" not in listed[0] and "url" not in listed[0]

    assert (await gateway.http.delete(f"{links}/{made['id']}")).status_code == 204
    assert (await gateway.http.delete(f"{links}/{made['id']}")).status_code == 404
    at = f"/v1/shared/{made['token']}"
    for path in (at, f"{at}/original", f"{at}/artifacts/talk.es.mp4", f"{at}/hls/es.m3u8"):
        assert (await gateway.http.get(path)).status_code == 404
    assert (await gateway.http.get(f"/v1/shared/{other['token']}")).status_code == 200
    recorded = await rows(tmp_path, select(AuditRow).where(AuditRow.action.startswith("share_")))
    assert [(each.action, each.target) for each in recorded] == [
        ("share_created", made["id"]),
        ("share_created", other["id"]),
        ("share_revoked", made["id"]),
    ]


async def rows(folder: Path, query: Any) -> list[Any]:
    database = Database(f"sqlite+aiosqlite:///{folder}/gateway.db")
    try:
        async with database.session() as session:
            return list(await session.scalars(query))
    finally:
        await database.aclose()


async def test_an_expired_link_is_as_one_that_never_was(
    gateway: Any, dub: dict[str, Any], tmp_path: Path
) -> None:
    made = await share(gateway, dub)
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    async with database.session() as session:
        await session.execute(update(ShareRow).values(expires_at_ms=1))
    await database.aclose()
    expired = await gateway.http.get(f"/v1/shared/{made['token']}")
    unknown = await gateway.http.get("/v1/shared/pds_nothing")
    assert expired.status_code == unknown.status_code == 404
    assert expired.json() == unknown.json()
    assert (await gateway.http.get(f"/v1/dubs/{dub['id']}/shares")).json()["shares"] == []
    await share(gateway, dub)
    assert len(await rows(tmp_path, select(ShareRow))) == 1, "making one forgets the expired ones"


async def test_deleting_the_dub_ends_its_links(
    gateway: Any, dub: dict[str, Any], tmp_path: Path
) -> None:
    made = await share(gateway, dub)
    assert (await gateway.http.delete(f"/v1/dubs/{dub['id']}")).status_code == 204
    assert (await gateway.http.get(f"/v1/shared/{made['token']}")).status_code == 404
    assert await rows(tmp_path, select(ShareRow)) == []


async def test_guessing_is_slowed_down_by_address(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Any
) -> None:
    limits = LimitSettings(rate_limits={CallClass.READ: Rate(quota=3, window_s=3600)})
    async with start_gateway(tmp_path, nats_url, stages.address, limits=limits) as running:
        answers = [await running.http.get(f"/v1/shared/pds_{n}") for n in range(5)]
    assert [each.status_code for each in answers] == [404, 404, 404, 429, 429]


async def test_people_without_an_account_get_in_by_the_link_alone(
    tmp_path: Path, nats_url: str, open_door: Any
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/gateway.db"
    async with open_door(tmp_path, nats_url, url, public_url="https://dub.example") as door:
        assert (await door.http.get("/v1/shared/pds_nothing")).status_code == 404
        assert (await door.http.get("/v1/dubs/dub_1/shares")).status_code == 401
