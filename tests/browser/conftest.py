"""A browser, a stack with accounts that serves the page as it is built now, and a clip."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sample
from browsing import CHROMIUM, Site, Visitor
from running import ROOT, started

EMAIL = "ada@example.com"
CLIP_S = 9.5
"""Two lines of the sample."""
SIZE_MB = int(os.environ.get("POLYDUB_TEST_UPLOAD_MB", "12"))


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built if it is not current; a copy, so that no build changes it under the tests."""
    subprocess.run([ROOT / "deploy/local/page.sh", "build"], check=True, timeout=300)
    copy = tmp_path_factory.mktemp("page") / "dist"
    shutil.copytree(ROOT / "frontend/dist", copy, ignore=shutil.ignore_patterns(".next-*"))
    return copy


@pytest.fixture(scope="session")
def site(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    password = secrets.token_urlsafe(16)
    kept = tmp_path_factory.mktemp("secret") / "password"
    kept.write_text(password)
    settings = {
        "POLYDUB_GATEWAY_ACCOUNTS": "true",
        "POLYDUB_GATEWAY_FIRST_ADMIN_EMAIL": EMAIL,
        "POLYDUB_GATEWAY_FIRST_ADMIN_PASSWORD_FILE": str(kept),
        "POLYDUB_GATEWAY_PAGE": str(page_folder),
    }
    for stack in started(tmp_path_factory.mktemp("browsed"), **settings):
        yield Site(stack, EMAIL, password)


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's beginning, made as large as a video of minutes: the rest is an empty box."""
    folder = tmp_path_factory.mktemp("footage")
    whole, short = folder / "whole.mp4", folder / "talk.mp4"
    sample.make(whole)
    cut = ["ffmpeg", "-v", "error", "-i", whole, "-t", str(CLIP_S), "-c", "copy", short]
    subprocess.run(cut, check=True)
    padding = SIZE_MB * 10**6 - short.stat().st_size
    with short.open("ab") as file:
        if padding >= 8:  # ISO/IEC 14496-12, 8.1.2: free space is a box that readers skip
            file.write(padding.to_bytes(4, "big") + b"free")
            file.truncate(SIZE_MB * 10**6)
    return short


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        # Containers often allow no sandbox; nothing but our own page is opened.
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Any, site: Site, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Somebody at the page who is not signed in; parametrized with a `Device`."""
    visitor = Visitor.arriving(chromium, site.url, **getattr(request, "param", {}))
    yield visitor
    visitor.leave()
