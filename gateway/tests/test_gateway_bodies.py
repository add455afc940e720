"""Bodies are bounded whatever the route, more so of who is not known, and none stalls for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from polydub_gateway.app import create_app
from polydub_gateway.bodies import LARGER_BYTES, UNKNOWN_BYTES, limit_bytes
from polydub_gateway.settings import GatewaySettings
from polydub_gateway.uploads.settings import UploadSettings

pytestmark = pytest.mark.integration

MIB = 2**20
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
ROUTES = [
    (method, str(context.path), getattr(context.original_route, "body_field", None) is not None)
    for context in iter_route_contexts(create_app(GatewaySettings()).routes)
    for method in sorted(context.methods or ())
    if method in ("POST", "PUT", "PATCH", "DELETE")
]


async def chunks(size: int) -> AsyncIterator[bytes]:
    """Bytes that nobody announced."""
    for at in range(0, size, MIB):
        yield b" " * min(MIB, size - at)


@pytest.fixture(scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, nats_url: str, open_door: Any
) -> AsyncIterator[Any]:
    folder: Path = tmp_path_factory.mktemp("bodies")
    async with open_door(folder, nats_url, f"sqlite+aiosqlite:///{folder}/gateway.db") as opened:
        yield opened


def test_what_takes_more_is_there() -> None:
    assert set(LARGER_BYTES) <= {path for _, path, takes_json in ROUTES if takes_json}


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "unannounced"])
async def test_no_route_reads_more_than_its_limit_of_who_is_not_known(
    door: Any, announced: bool
) -> None:
    wrong, refused, too_long = [], 0, 413 if announced else 401
    for method, path, takes_json in ROUTES:
        size = limit_bytes(path) + 1
        headers = {"Content-Type": "application/json"}
        body = b" " * size if announced else chunks(size)
        answer = await door.http.request(method, path, content=body, headers=headers)
        is_problem = answer.headers["content-type"] == "application/problem+json"
        # Routes that take no JSON read nothing before they know who asks.
        expected = (too_long,) if takes_json else (401, 412)
        if answer.status_code not in expected or not is_problem:
            wrong.append((method, path, answer.status_code, answer.text[:100]))
        refused += takes_json
    assert not wrong
    assert refused > 20


async def test_as_much_as_the_limit_is_read(door: Any) -> None:
    path, body = "/v1/organisation/keys", b'{"name": "long", "scope": "read"}'.ljust(MIB)
    headers = {"Content-Type": "application/json", **await door.bearer()}
    answer = await door.http.post(path, content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    answer = await door.http.post(path, content=body + b" ", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "invalid_request")
    assert answer.json()["detail"] == "The request's body is over 1048576 bytes."


async def test_of_who_signs_in_less_is_read(door: Any) -> None:
    body = b'{"email": "ada@example.com", "password": "wrong"}'.ljust(UNKNOWN_BYTES)
    for content, said in ((body, "password"), (body + b" ", "who asks")):
        headers = {"Content-Type": "application/json"}
        answer = await door.http.post("/v1/auth/login", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert said in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/dubs", "/v1/estimates", "/v1/glossaries"])
@pytest.mark.parametrize("shown", [{}, {"X-Api-Key": "nonsense"}, {"Authorization": "Bearer no"}])
async def test_who_is_not_known_is_refused_before_a_long_body_comes(
    door: Any, path: str, shown: dict[str, str]
) -> None:
    announced = await _begun(door.http.base_url, "POST", path, length=2 * MIB, headers=shown)
    assert announced.startswith(b"HTTP/1.1 401 ")
    # Nobody announces how much it will be: what is refused was sent, the rest never is.
    chunk = b"%x\r\n%s\r\n" % (UNKNOWN_BYTES + 1, b" " * (UNKNOWN_BYTES + 1))
    unannounced = await _begun(
        door.http.base_url,
        "POST",
        path,
        begin=chunk,
        headers={"Transfer-Encoding": "chunked"} | shown,
    )
    assert unannounced.startswith(b"HTTP/1.1 401 ")


async def test_files_may_be_longer(gateway: Any) -> None:
    size = 3 * MIB
    put = await gateway.http.put(
        "/v1/videos", params={"filename": "talk.mp4"}, content=chunks(size)
    )
    assert put.status_code == 201, put.text
    form = await gateway.http.post(
        "/v1/videos/upload", files={"file": ("other.mp4", b"other".ljust(size))}
    )
    assert form.status_code == 201, form.text
    begun = await gateway.http.post("/v1/uploads", headers={**TUS, "Upload-Length": str(size + 1)},
                                    content=b"third".ljust(size))  # fmt: skip
    assert begun.headers["upload-offset"] == str(size)
    rest = await gateway.http.patch(begun.headers["location"], content=b".",
                                    headers={**TUS, "Upload-Offset": str(size)})  # fmt: skip
    assert rest.headers["upload-video"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/v1/videos?filename=talk.mp4", 422), ("POST", "/v1/videos/upload", 422),
     ("POST", "/v1/dubs", 408)],
)  # fmt: skip
async def test_a_body_that_stalls_is_given_up(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Any,
    method: str, path: str, status: int,
) -> None:  # fmt: skip
    impatient = UploadSettings(upload_idle_s=0.2)
    async with start_gateway(tmp_path, nats_url, stages.address, uploads=impatient) as running:
        answer = await _begun(running.http.base_url, method, path)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in answer
    assert not list((tmp_path / "store").rglob("original*"))


async def _begun(
    url: httpx.URL, method: str, path: str, *,
    length: int = 1000, begin: bytes = b"--x", headers: dict[str, str] | None = None,
) -> bytes:  # fmt: skip
    """The answer to a body of which only the beginning ever comes."""
    kind = "multipart/form-data; boundary=x" if "upload" in path else "application/json"
    told = {"Host": "127.0.0.1", "Content-Type": kind, **(headers or {})}
    if "Transfer-Encoding" not in told:
        told["Content-Length"] = str(length)
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + begin)
        async with asyncio.timeout(10):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
