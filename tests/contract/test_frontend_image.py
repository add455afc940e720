"""The page's own image answers as the gateway does: nginx with its configuration, beside it."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from polydub.testing import poll_until
from polydub.testing.servers import free_port
from polydub_gateway.app import create_app
from polydub_gateway.settings import GatewaySettings

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = Path(__file__).resolve().parents[2] / "frontend" / "server" / "nginx.conf"
SCRIPT = b"console.log('polydub');" * 20
SAME = (
    "cache-control", "content-encoding", "content-security-policy", "content-type",
    "cross-origin-opener-policy", "permissions-policy", "referrer-policy", "x-content-type-options",
    "x-frame-options", "x-robots-tag",
)  # fmt: skip

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("page")
    (built / "assets").mkdir()
    (built / ".vite").mkdir()
    (built / "index.html").write_text("<!doctype html><title>Polydub</title>")
    (built / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (built / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (built / "assets" / "index-1a2b.css").write_text("p { color: red }")
    (built / "manifest.webmanifest").write_text("{}")
    (built / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (built / ".vite" / "manifest.json").write_text("{}")
    return built


@pytest.fixture(scope="module")
async def nginx(page: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where it listens, with its own configuration but for places."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    text = CONFIGURATION.read_text()
    for ours, here in {
        "/tmp/": f"{folder}/",
        "/usr/share/polydub/page": str(page),
        "listen 8080": f"listen 127.0.0.1:{port}",
    }.items():
        assert ours in text
        text = text.replace(ours, here)
    file = folder / "nginx.conf"
    file.write_text(text)
    # Workers stay who started it: they may read these folders.
    directives = "daemon off; user root;" if folder.owner() == "root" else "daemon off;"
    assert NGINX
    process = await asyncio.create_subprocess_exec(
        NGINX, "-p", folder, "-c", file, "-g", directives
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(trust_env=False) as asking:

            async def answers() -> bool:
                assert process.returncode is None, "nginx has ended"
                try:
                    return (await asking.get(url)).status_code == 200
                except httpx.TransportError:
                    return False

            await poll_until(answers, "nginx to answer")
        yield url
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture(scope="module")
def gateway(page: Path) -> TestClient:
    return TestClient(create_app(GatewaySettings(page=page)), base_url="http://127.0.0.1")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/dubs", "/dubs/dub_9a7d24c8e6105b1c0e3f", "/no/such", "/shared/pds_abc", "/assets/",
        "/assets/index-1a2b.js", "/assets/index-1a2b.css", "/assets/none.js", "/favicon.svg",
        "/manifest.webmanifest", "/.vite/manifest.json", "/no.png",
    ],
)  # fmt: skip
async def test_it_answers_as_the_gateway_does(
    nginx: str, gateway: TestClient, path: str, encoding: str
) -> None:
    asked = {"Accept-Encoding": encoding}
    wanted = gateway.get(path, headers=asked)
    async with httpx.AsyncClient(base_url=nginx, trust_env=False) as asking:
        found = await asking.get(path, headers=asked)
    assert found.status_code == wanted.status_code
    if wanted.status_code == 200:
        assert found.content == wanted.content
        told = {name: (found.headers.get(name), wanted.headers.get(name)) for name in SAME}
        assert {name: each for name, each in told.items() if each[0] != each[1]} == {}


@pytest.mark.parametrize("path", ["/v1/dubs", "/docs", "/metrics", "/readyz", "/.well-known/x"])
async def test_what_is_the_apis_is_not_the_pages(nginx: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=nginx, trust_env=False) as asking:
        assert (await asking.get(path)).status_code == 404
