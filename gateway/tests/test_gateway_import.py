"""Imports: files and pages of other servers, fetched by a way that leads nowhere else."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from polydub.errors import StageError
from polydub.testing import poll_until
from polydub_gateway.accounts.opening import create_admin
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.settings import AccountSettings
from polydub_gateway.db import Database
from polydub_gateway.limits.settings import LimitSettings
from polydub_gateway.uploads import pages
from polydub_gateway.uploads.fetching import host_of
from polydub_gateway.uploads.guard import Rules, open_guard
from polydub_gateway.uploads.settings import UploadSettings

pytestmark = pytest.mark.integration

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
FILM = os.urandom(200_000)
PAGE = b'<html><head><title>A talk</title></head><video src="/film.mp4"></video></html>'


@dataclass
class Site:
    """A small web server; what it was asked for."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    going: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        self.asked.append(path)
        writer.write(await self._answer(path, writer))
        await writer.drain()
        writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> bytes:
        if path == "/film.mp4":
            return _answer("200 OK", FILM, "video/mp4")
        if path == "/page":
            return _answer("200 OK", PAGE, "text/html")
        if path == "/unsized":
            return b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nConnection: close\r\n\r\n" + FILM
        if path == "/text":
            return _answer("200 OK", b"<html>nothing to see</html>", "text/html")
        if path == "/short":
            return _answer("200 OK", FILM, "video/mp4")[:5000]
        if path == "/slow.mp4":
            writer.write(_answer("200 OK", FILM, "video/mp4")[:100_000])
            await writer.drain()
            await self.going.wait()
            return b""
        if path.startswith("/to/"):
            return _answer("302 Found", b"", "text/plain", f"Location: {path[4:]}\r\n")
        if path == "/named":
            name = 'Content-Disposition: attachment; filename="../My Talk.webm"\r\n'
            return _answer("200 OK", FILM, "application/octet-stream", name)
        return _answer("404 Not Found", b"", "text/html")


def _answer(status: str, body: bytes, kind: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n".encode() + body


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    found = Site()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.going.set()
    server.close()


@pytest.fixture
async def gateway(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> AsyncIterator[Any]:
    settings = {
        "trusted_networks": LOOPBACK,
        "uploads": UploadSettings(poll_s=0.2, import_retry_s=0),
    }
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as running:
        yield running


async def ask(gateway: Any, url: str) -> str:
    answer = await gateway.http.post("/v1/videos/import", json={"url": url})
    assert answer.status_code == 202, answer.text
    assert answer.json()["host"] == "127.0.0.1"
    location: str = answer.headers["location"]
    return location


async def until(gateway: Any, url: str, *states: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        told: dict[str, Any] = (await gateway.http.get(url)).json()
        return told if told["state"] in states else None

    found = await poll_until(look, f"the import to be {states}")
    assert found is not None
    return found


async def ended(gateway: Any, url: str) -> dict[str, Any]:
    return await until(gateway, await ask(gateway, url), "completed", "failed")


def stored(gateway: Any) -> list[Path]:
    return [path for path in gateway.store_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/film.mp4", "film.mp4"),
        ("/to//to//film.mp4", "film.mp4"),
        ("/named", "My Talk.webm"),
        ("/page", "A_talk_(1).mp4"),
    ],
)
async def test_what_an_address_leads_to_becomes_a_video(
    gateway: Any, site: Site, path: str, name: str
) -> None:
    told = await ended(gateway, site.url(path))
    assert (told["state"], told["progress"]) == ("completed", 1.0), told
    assert told["received_bytes"] >= 0
    video = told["video"]
    assert (video["filename"].replace(" ", "_"), video["size_bytes"]) == (
        name.replace(" ", "_"),
        len(FILM),
    )
    [file] = stored(gateway)
    assert file.read_bytes() == FILM


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/none", "import_failed", "404"),
        ("/short", "import_failed", "can't be fetched"),
        ("/text", "import_failed", "No video was found"),
        ("/to/" * 7 + "/film.mp4", "import_failed", "more than 5 times"),
        ("/to/ftp://127.0.0.1/film.mp4", "import_failed", "not of the web"),
        ("/to/http://10.0.0.1/film.mp4", "address_refused", "10.0.0.1"),
        ("/to/http://169.254.169.254/latest", "address_refused", "169.254.169.254"),
    ],
)
async def test_what_leads_to_no_video_says_why_and_leaves_nothing(
    gateway: Any, site: Site, path: str, code: str, said: str
) -> None:
    told = await ended(gateway, site.url(path))
    assert (told["state"], told["video"]) == ("failed", None)
    assert told["error"]["code"] == code, told["error"]
    assert said in told["error"]["detail"]
    assert stored(gateway) == []


async def test_imports_are_listed_newest_first_and_by_state(gateway: Any, site: Site) -> None:
    paths = ("/film.mp4", "/text", "/page")
    newest_first = [await ended(gateway, site.url(path)) for path in paths][::-1]
    answer = await gateway.http.get("/v1/imports", params={"limit": 2})
    page = answer.json()
    assert page["imports"] == newest_first[:2]
    params = {"limit": 2, "cursor": page["next_cursor"]}
    assert (await gateway.http.get("/v1/imports", params=params)).json() == {
        "imports": newest_first[2:], "next_cursor": None,
    }  # fmt: skip
    for states in (["failed"], ["failed", "completed"], ["queued"]):
        found = (await gateway.http.get("/v1/imports", params={"state": states})).json()["imports"]
        assert found == [each for each in newest_first if each["state"] in states]
    for wrong in ({"cursor": "x"}, {"state": "done"}, {"limit": 0}):
        refused = await gateway.http.get("/v1/imports", params=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_an_import_can_be_canceled(gateway: Any, site: Site) -> None:
    url = await ask(gateway, site.url("/slow.mp4"))

    async def receives() -> bool:
        return bool((await gateway.http.get(url)).json()["received_bytes"] > 0)

    await poll_until(receives, "bytes to come")
    told = (await gateway.http.get(url)).json()
    assert 0 < told["progress"] < 1
    assert (await gateway.http.post(f"{url}/cancel")).json()["state"] == "canceled"
    again = await gateway.http.post(f"{url}/cancel")
    assert (again.status_code, again.json()["state"]) == (200, "canceled")

    async def gone() -> bool:
        return stored(gateway) == []

    await poll_until(gone, "its bytes to go")
    done = await ended(gateway, site.url("/film.mp4"))
    late = await gateway.http.post(f"/v1/imports/{done['id']}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert (await gateway.http.get("/v1/imports/imp_none")).status_code == 404


async def test_another_replica_takes_over(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, site: Site
) -> None:
    def settings(concurrency: int) -> dict[str, Any]:
        uploads = UploadSettings(poll_s=0.2, import_concurrency=concurrency, import_retry_s=0)
        return {"trusted_networks": LOOPBACK, "uploads": uploads}

    async with start_gateway(tmp_path, nats_url, stages.address, **settings(1)) as first:
        url = await ask(first, site.url("/slow.mp4"))
        await until(first, url, "running")
    site.going.set()
    async with start_gateway(tmp_path, nats_url, stages.address, **settings(0)) as idle:
        assert (await until(idle, url, "queued"))["video"] is None
        waiting = await ask(idle, site.url("/film.mp4"))
    async with start_gateway(tmp_path, nats_url, stages.address, **settings(1)) as second:
        assert (await until(second, url, "failed"))["error"]["code"] == "import_failed"
        assert (await until(second, waiting, "completed"))["video"]


async def test_too_large_is_refused_before_it_comes(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, site: Site
) -> None:
    settings = {"trusted_networks": LOOPBACK, "max_upload_bytes": 1000}
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as gateway:
        told = await ended(gateway, site.url("/film.mp4"))
        assert told["error"]["code"] == "media_too_large", told
        assert stored(gateway) == []


@pytest.mark.parametrize("path", ["/film.mp4", "/unsized", "/page"])
async def test_what_there_is_no_room_for_is_not_fetched(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, site: Site, path: str
) -> None:
    limits = LimitSettings(quota_storage_bytes=1000)
    settings = {"trusted_networks": LOOPBACK, "limits": limits}
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as gateway:
        told = await ended(gateway, site.url(path))
        assert (told["error"]["code"], told["error"]["retryable"]) == ("quota_exceeded", False)
        assert "1000 bytes that are left" in told["error"]["detail"]
        assert path == "/unsized" or told["received_bytes"] == 0
        assert stored(gateway) == []
        assert (await gateway.upload(bytes(1000))).status_code == 201
        full = await gateway.http.post("/v1/videos/import", json={"url": site.url(path)})
        assert (full.status_code, full.json()["code"]) == (429, "quota_exceeded")


async def test_an_organisation_has_no_more_imports_under_way_than_it_may(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, site: Site, database_url: str
) -> None:
    settings = {
        "trusted_networks": LOOPBACK,
        "uploads": UploadSettings(import_queue=3),
        "database_url": database_url,
    }
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as gateway:
        slow = {"url": site.url("/slow.mp4")}
        answers = await asyncio.gather(
            *(gateway.http.post("/v1/videos/import", json=slow) for _ in range(8))
        )
        taken = [each for each in answers if each.status_code == 202]
        refused = [each for each in answers if each.status_code == 429]
        assert (len(taken), len(refused)) == (3, 5)
        assert refused[0].json()["code"] == "quota_exceeded"
        await gateway.http.post(f"{taken[0].headers['location']}/cancel")
        assert (await gateway.http.post("/v1/videos/import", json=slow)).status_code == 202


async def test_slow_imports_of_one_organisation_do_not_keep_another_waiting(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, site: Site, database_url: str
) -> None:
    settings = {
        "trusted_networks": LOOPBACK,
        "uploads": UploadSettings(poll_s=0.2, import_concurrency=2),
        "sign_in": AccountSettings(accounts=True),
        "database_url": database_url,
    }
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as gateway:
        one, other = [await bearer(gateway, database_url, name) for name in ("one", "other")]

        async def begin(path: str, headers: dict[str, str]) -> str:
            asked = {"url": site.url(path)}
            answer = await gateway.http.post("/v1/videos/import", json=asked, headers=headers)
            location: str = answer.headers["location"]
            return location

        for _ in range(3):
            await begin("/slow.mp4", one)
        found = await begin("/film.mp4", other)

        async def done() -> bool:
            told = (await gateway.http.get(found, headers=other)).json()
            return bool(told["state"] == "completed")

        await poll_until(done, "the other organisation's import")
        assert site.asked.count("/slow.mp4") == 1


async def bearer(gateway: Any, database_url: str, organisation: str) -> dict[str, str]:
    """The headers of an admin of a new organisation."""
    known = {"email": f"{organisation}@example.com", "password": "correct horse battery"}
    database = Database(database_url)
    await create_admin(database, Passwords(), organisation=organisation, **known)
    await database.aclose()
    tokens = (await gateway.http.post("/v1/auth/login", json=known)).json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_what_died_imports_left_is_removed(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> None:
    folders = [tmp_path / "cache/imports" / f"import-{name}" for name in ("old", "young")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "media.mp4.part").write_bytes(b"partial")
        os.utime(folder, (0, 0))
    old, young = folders
    os.utime(old / "media.mp4.part", (0, 0))
    async with start_gateway(tmp_path, nats_url, stages.address):

        async def gone() -> bool:
            return not old.exists()

        await poll_until(gone, "what is old to go")
        assert (young / "media.mp4.part").exists()


async def test_what_yt_dlp_says_is_followed() -> None:
    told: list[tuple[int, int | None]] = []
    said = asyncio.StreamReader()
    said.feed_data("polydub-title Año 1\n[x] y\npolydub-progress 5 NA 9.7\n".encode())
    said.feed_eof()
    title = await pages._follow(said, lambda *each: told.append(each))
    assert (title, told) == ("Año 1", [(5, 9)])
    large = asyncio.StreamReader()
    large.feed_data(b"[download] File is larger than max-filesize (9 bytes > 5 bytes). Aborting.\n")
    large.feed_eof()
    with pytest.raises(StageError) as caught:
        await pages._follow(large, lambda *_: None)
    assert caught.value.code == "media_too_large"


REFUSED = [
    "http://127.0.0.1/x.mp4",
    "http://127.1/x.mp4",
    "http://2130706433/x.mp4",
    "http://0x7f.1/x.mp4",
    "http://localhost:7700/v1/dubs",
    "http://0.0.0.0/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://8.8.8.8:22/",
]
MALFORMED = [
    "ftp://example.org/x.mp4",
    "file:///etc/passwd",
    "gopher://example.org/",
    "//example.org/x",
    "example.org/x.mp4",
    "http://",
    "http://[::1/",
    "http://example.org:99999/",
    "https://example.org/" + "x" * 4000,
    "http://exa\0mple.org/",
    "http://example.org/\n--exec id",
]


@pytest.mark.parametrize("url", REFUSED)
async def test_addresses_that_are_not_public_are_refused(url: str) -> None:
    parts = urlsplit(url)
    with pytest.raises(StageError) as caught:
        await Rules().addresses(host_of(url), parts.port or 80)
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(StageError) as caught:
        host_of(url)
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("host", "allowed", "blocked", "passes"),
    [
        ("media.example.org", ("example.org",), (), True),
        ("EXAMPLE.org.", ("example.org",), (), True),
        ("notexample.org", ("example.org",), (), False),
        ("example.org.evil.net", ("example.org",), (), False),
        ("a.bad.net", (), ("bad.net",), False),
        ("good.net", (), ("bad.net",), True),
        ("bad.example.org", ("example.org",), ("bad.example.org",), False),
    ],
)
def test_domains_can_be_allowed_and_blocked(
    host: str, allowed: tuple[str, ...], blocked: tuple[str, ...], passes: bool
) -> None:
    rules = Rules(allowed, blocked)
    if passes:
        rules.check_host(host)
        return
    with pytest.raises(StageError) as caught:
        rules.check_host(host)
    assert caught.value.code == "address_refused"


async def test_private_addresses_are_refused_at_once(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> None:
    async with start_gateway(tmp_path, nats_url, stages.address) as gateway:
        for url in ("http://127.0.0.1:1/x.mp4", "file:///etc/passwd"):
            answer = await gateway.http.post("/v1/videos/import", json={"url": url})
            assert answer.status_code == 422, answer.text


# --- the way out -------------------------------------------------------------------------------


async def through(url: str, proxy: str) -> httpx.Response:
    async with httpx.AsyncClient(proxy=proxy, trust_env=False) as client:
        return await client.get(url)


async def test_the_way_out_is_for_its_own_import_only(site: Site) -> None:
    async with open_guard(Rules(trusted=LOOPBACK), limit_bytes=10**6) as guard:
        assert (await through(site.url("/film.mp4"), guard.url)).content == FILM
        stranger = f"http://import:guess@127.0.0.1:{guard.port}"
        assert (await through(site.url("/film.mp4"), stranger)).status_code == 407
    assert site.asked == ["/film.mp4"]


async def test_the_way_out_leads_to_no_private_address(site: Site) -> None:
    async with open_guard(Rules(), limit_bytes=10**6) as guard:
        assert (await through(site.url("/film.mp4"), guard.url)).status_code == 403
        assert guard.refusal is not None
        assert guard.refusal.code == "address_refused"
        with pytest.raises(httpx.ProxyError):
            await through(site.url("/film.mp4").replace("http:", "https:"), guard.url)
    assert site.asked == []


async def test_a_name_is_looked_up_once_and_connected_to_as_checked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means something else the next time (DNS rebinding) leads nowhere else."""
    answers = iter(["127.0.0.1", "127.0.0.2"])
    looked_up: list[str] = []
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def getaddrinfo(host: Any, port: Any, **more: Any) -> Any:
        if host == "rebinding.example":
            looked_up.append(host)
            host = next(answers)
        return await real(host, port, **more)

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    only = Rules(trusted=(ipaddress.ip_network("127.0.0.1/32"),))
    url = f"http://rebinding.example:{site.port}/film.mp4"
    async with open_guard(only, limit_bytes=10**6) as guard:
        assert (await through(url, guard.url)).content == FILM
        assert len(looked_up) == 1
        assert (await through(url, guard.url)).status_code == 403


async def test_the_way_out_carries_a_limited_number_of_bytes(site: Site) -> None:
    async with open_guard(Rules(trusted=LOOPBACK), limit_bytes=50_000) as guard:
        with pytest.raises(httpx.HTTPError):
            await through(site.url("/film.mp4"), guard.url)
        assert guard.refusal is not None
        assert guard.refusal.code == "media_too_large"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ERROR: [youtube] x: Private video. Sign in if you've been granted access", "private"),
        ("ERROR: [youtube] x: Sign in to confirm your age.", "age limit"),
        ("ERROR: [youtube] x: Sign in to confirm you're not a bot. Use --cookies", "sign in"),
        ("ERROR: Unsupported URL: https://example.org", "No video was found"),
        ("ERROR: [x] The uploader has not made this video available in your country", "stands"),
        ("ERROR: [x] This video is DRM protected", "DRM"),
        ("ERROR: [x] HTTP Error 404: Not Found", "404"),
        ("something else went wrong", "can't be fetched"),
    ],
)
def test_what_went_wrong_with_a_page_is_said_in_plain_words(said: str, words: str) -> None:
    assert words in pages._explained(said).message


def test_the_child_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYDUB_S3_SECRET_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere")
    explained: Callable[[Path], dict[str, str]] = pages._environment
    assert set(explained(tmp_path)) == {"PATH", "HOME", "TMPDIR", "LANG"}
