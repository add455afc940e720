"""The page over plain http under a name of the network, where browsers keep much from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import new_tab
from served_page import NEEDED, PAGE

HOST = "dub.example"
PATIENCE_MS = 20_000

pytestmark = [*NEEDED, pytest.mark.timeout(300)]


@pytest.fixture
async def gateway(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Callable[..., Any]
) -> AsyncIterator[Any]:
    """One that serves the page, and is known by a name."""
    settings = {"page": PAGE, "allowed_hosts": HOST}
    async with start_gateway(tmp_path, nats_url, stages.address, **settings) as running:
        await running.ready()
        yield running


@pytest.fixture
async def open_at(gateway: Any) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """Opens a path of the page under the gateway's name."""
    switches = (f"--host-resolver-rules=MAP {HOST} 127.0.0.1", "--no-proxy-server")
    async with new_tab(*switches) as tab:
        tab.page.set_default_timeout(PATIENCE_MS)

        async def go(path: str) -> Any:
            await tab.page.goto(f"http://{HOST}:{gateway.http.base_url.port}{path}")
            assert await tab.run("isSecureContext") is False
            return tab.page

        yield go


async def press(page: Any, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def test_a_video_is_brought_and_dubbed(open_at: Any) -> None:
    page = await open_at("/")
    async with page.expect_file_chooser() as choosing:
        await press(page, "Choose files")
    file = {"name": "talk.mp4", "mimeType": "video/mp4", "buffer": b"video"}
    await (await choosing.value).set_files([file])
    target = page.get_by_role("combobox", name="Dub into")
    await target.fill("Spanish")
    await page.get_by_role("option", name="Spanish").first.click()
    await page.keyboard.press("Escape")
    await press(page, "Start dubbing")
    await page.wait_for_url("**/dubs/dub_*")
    await page.get_by_role("heading", name="talk.mp4").wait_for()


async def test_a_glossary_is_made(gateway: Any, open_at: Any) -> None:
    page = await open_at("/glossaries/new")
    await page.get_by_label("Name", exact=True).fill("Names")
    await press(page, "Save")
    await page.wait_for_url("**/glossaries/glo_*")
    told = (await gateway.http.get("/v1/glossaries")).json()
    assert [each["name"] for each in told["glossaries"]] == ["Names"]


async def test_a_link_is_made_and_not_offered_to_be_copied(finished: Any, open_at: Any) -> None:
    dub = await finished()
    page = await open_at(f"/dubs/{dub['id']}")
    await press(page, "Share")
    await press(page, "Make a link")
    assert f"http://{HOST}" in await page.get_by_label("The link").input_value()
    assert await page.get_by_role("button", name="Copy").count() == 0
