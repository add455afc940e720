"""The built page held to axe-core, and photographed where that is wanted."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from browsing import SETTLED, Tab
from served_page import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LACKS_AXE = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)")
DESKTOP, PHONE = (1280, 900), (390, 844)
SCREENSHOTS = os.environ.get("POLYDUB_TEST_SCREENSHOTS", "")
"""A folder that gets a picture of every route."""
FOUND = """axe.run(document, {resultTypes: ['violations'], runOnly: %s}).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) =>
        `${id}: ${target.join(' ')}: ${failureSummary}`)))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def looked_at(tab: Tab, gateway: Any, *routes: str) -> None:
    """Opens routes one after the other.

    Raises:
        AssertionError: with all that axe-core found in any of them.
    """
    found: list[str] = []
    for route in routes:
        await tab.size(*DESKTOP)
        await tab.page.goto(f"{gateway.http.base_url}{route}")
        await tab.until(SETTLED, f"{route} to be there")
        await tab.run(AXE.read_text())
        await shown(tab, "light")
        found += [f"{route}: {told}" for told in await tab.run(FOUND % json.dumps(RULES))]
        await tab.size(*PHONE)
        await shown(tab, "dark")
        found += [f"{route}, dark: {told}" for told in await tab.run(FOUND % json.dumps(RULES))]
        if SCREENSHOTS:
            await photographed(tab, Path(SCREENSHOTS), route)
    assert not found, "\n".join(found)


async def photographed(tab: Tab, folder: Path, route: str) -> None:
    """Keeps the page as it looks in both themes, on a desktop and on a phone."""
    language = await tab.run("document.documentElement.lang")
    name = re.sub(r"\W+", "-", f"{language}{route}").strip("-")
    for device, size in (("desktop", DESKTOP), ("phone", PHONE)):
        await tab.size(*size)
        for theme in ("light", "dark"):
            await shown(tab, theme)
            await tab.page.screenshot(path=folder / f"{name}-{device}-{theme}.png", full_page=True)


async def shown(tab: Tab, theme: str) -> None:
    """Shows the page in a theme, with no colour on its way to another."""
    await tab.run(f"document.documentElement.dataset.theme = {json.dumps(theme)}")
    quiet = "document.getAnimations().every(each => each.playState !== 'running')"
    await tab.until(quiet, "the theme to be there")
