"""Subtitles that people bring to the page, and a dub made anew from its own page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab, reads
from served_page import NEEDED, PAGE

PATIENCE_MS = 20_000
OLD = "1\n00:00:01,000 --> 00:00:02,000\n¿Qué tal?\n".encode("cp1252")

pytestmark = [*NEEDED, pytest.mark.timeout(300)]


@pytest.fixture
def page() -> Path:
    return PAGE


async def test_subtitles_may_be_in_any_language_that_is_heard_and_in_an_old_encoding(
    gateway: Any, tab: Tab
) -> None:
    page = tab.page
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{gateway.http.base_url}/")
    await page.get_by_role("button", name="More options", exact=True).click()
    chooser = page.get_by_label("Add a file", exact=True).and_(page.locator("input"))
    for _ in range(2):  # the same file, chosen again after it was taken out
        await chooser.set_input_files(
            {"name": "talk.en.srt", "mimeType": "application/x-subrip", "buffer": OLD}
        )
        chosen = page.get_by_label("Language of talk.en.srt", exact=True)
        await page.get_by_text("read as windows-1252").wait_for()
        await reads(chosen, "en")
        await page.get_by_role("button", name="Remove talk.en.srt", exact=True).click()
        await chosen.wait_for(state="detached")


async def test_a_dub_that_was_corrected_is_made_anew_from_its_own_page(
    gateway: Any, tab: Tab, finished: Callable[[], Awaitable[dict[str, Any]]]
) -> None:
    dub = await finished()
    path = f"/v1/dubs/{dub['id']}/segments"
    line = (await gateway.http.get(path, params={"language": "es"})).json()["segments"][0]
    changed = await gateway.http.patch(
        f"{path}/{line['id']}",
        json={"translations": {"es": "Otra cosa."}},
        headers={"If-Match": f'"{line["revision"]}"'},
    )
    assert changed.status_code == 200, changed.text
    page = tab.page
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{gateway.http.base_url}/dubs/{dub['id']}")
    await page.get_by_role("heading", level=1).wait_for()
    await page.locator("header").get_by_text("Changed since", exact=True).first.wait_for()
    await page.get_by_role("button", name="Regenerate", exact=True).click()
    await page.get_by_role("progressbar", name="Progress of the dub").wait_for()
    assert (await gateway.http.get(f"/v1/dubs/{dub['id']}")).json()["state"] in {
        "queued",
        "processing",
    }
