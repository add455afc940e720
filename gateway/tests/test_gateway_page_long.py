"""The editor with a script of hours: what a key does, and how much of the page is touched by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab
from served_page import NEEDED, PAGE

PATIENCE_MS = 20_000
LINES = 2_000
LINE_MS = 3_000
MOST_ROWS = 40
KEYS = "otra cosa"

pytestmark = [*NEEDED, pytest.mark.timeout(300)]

DRAWN = """window.drawn = 0;
const drawRect = CanvasRenderingContext2D.prototype.fillRect;
CanvasRenderingContext2D.prototype.fillRect = function (...box) {
  window.drawn++;
  drawRect.apply(this, box);
};"""
"""Counts what is drawn on the timeline."""
WATCH = """window.touched = new Set();
new MutationObserver((records) => {
  for (const { target } of records) {
    const part = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target);
    const row = part.closest("[role=row]");
    window.touched.add(row ? `row ${row.dataset.line}` : part.closest("[role=grid]") ? "grid" : "");
  }
}).observe(document.querySelector("main"),
  { subtree: true, childList: true, characterData: true, attributes: true });"""
"""Notes which rows, and whether the grid around them, are changed in any way."""


@pytest.fixture
def page() -> Path:
    return PAGE


async def lengthened(page: Any) -> None:
    """Every script that the page fetches from now on has lines for hours."""

    async def more_lines(route: Any) -> None:
        if route.request.method != "GET":
            await route.continue_()
            return
        answer = await route.fetch()
        script = await answer.json()
        first = script["segments"][0]
        made = (
            {
                **first,
                "id": f"{first['id']}x{n}",
                "start_ms": n * LINE_MS,
                "end_ms": n * LINE_MS + 900,
            }
            for n in range(1, LINES)
        )
        script["segments"] = [first, *made]
        await route.fulfill(response=answer, json=script)

    async def longer(route: Any) -> None:
        answer = await route.fetch()
        video = {**await answer.json(), "duration_s": LINES * LINE_MS / 1000}
        await route.fulfill(response=answer, json=video)

    await page.route("**/v1/dubs/*/segments?*", more_lines)
    await page.route("**/v1/videos/*", longer)


async def test_a_key_touches_its_own_line_alone_among_two_thousand(
    gateway: Any, tab: Tab, finished: Callable[[], Awaitable[dict[str, Any]]]
) -> None:
    dub = await finished()
    page = tab.page
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script(DRAWN)
    await lengthened(page)
    await page.goto(f"{gateway.http.base_url}/dubs/{dub['id']}/edit?language=es")
    grid = page.get_by_role("grid")
    await grid.get_by_text("Hola.").first.wait_for()
    assert await grid.get_attribute("aria-rowcount") == str(LINES)
    assert await grid.get_by_role("row").count() <= MOST_ROWS

    words = page.locator("textarea[data-wording]")
    await words.fill("")
    await page.get_by_text("All saved").wait_for()
    await tab.run(WATCH)
    drawn = await tab.run("window.drawn")
    assert drawn > 0
    await words.press_sequentially(KEYS)
    await grid.get_by_text(KEYS, exact=True).wait_for()
    touched = await tab.run("[...window.touched]")
    rows = [each for each in touched if each]
    assert len(rows) == 1, rows
    assert await tab.run("window.drawn") == drawn
