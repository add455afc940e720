"""The page as the gateway serves it: its files, its addresses, what browsers are told."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from polydub_gateway.app import create_app
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.unit

SCRIPT = b"console.log('polydub');"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / ".vite").mkdir()
    (built / "index.html").write_text("<!doctype html><title>Polydub</title>")
    (built / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (built / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (built / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    return built


@pytest.fixture
def page(folder: Path) -> TestClient:
    return TestClient(create_app(GatewaySettings(page=folder)), base_url="http://127.0.0.1")


@pytest.mark.parametrize("path", ["/", "/dubs", "/dubs/dub_9a7d24c8e6105b1c0e3f", "/no/such"])
def test_every_address_of_the_page_gives_the_page(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 200
    assert "<title>Polydub</title>" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_search_engines_are_told_nothing_of_links(page: TestClient) -> None:
    assert page.get("/shared/pds_abc").headers["x-robots-tag"].startswith("noindex")
    assert "x-robots-tag" not in page.get("/dubs").headers


def test_the_policy_lets_in_nothing_but_our_files(page: TestClient) -> None:
    answer = page.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_files_with_a_hash_are_kept_for_good(page: TestClient) -> None:
    answer = page.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert answer.content == SCRIPT
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


def test_the_compressed_form_is_sent_to_who_takes_it(page: TestClient) -> None:
    asked = {"Accept-Encoding": "br, gzip"}
    answer = page.get("/assets/index-1a2b.js", headers=asked)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == SCRIPT
    refused = page.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_what_has_not_changed_is_not_sent_again(page: TestClient) -> None:
    etag = page.get("/").headers["etag"]
    assert page.get("/", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-0000.js",
        "/.vite/manifest.json",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/favicon.ico%00.svg",
    ],
)
def test_other_files_are_not_given_out(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1", "/.well-known/nothing"])
def test_the_api_answers_for_its_own_paths(page: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = page.request(method, path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_description_stays_where_it_is(page: TestClient) -> None:
    assert page.get("/docs").status_code == 200
    assert "/{path}" not in page.get("/openapi.json").json()["paths"]


def test_changes_do_not_reach_the_page(page: TestClient) -> None:
    assert page.post("/dubs").status_code == 404
    assert page.head("/dubs").status_code == 200


def test_without_a_folder_there_is_no_page() -> None:
    bare = TestClient(create_app(GatewaySettings()), base_url="http://127.0.0.1")
    assert bare.get("/").status_code == 404


def test_a_page_that_was_not_built_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"no index\.html"):
        GatewaySettings(page=tmp_path)
