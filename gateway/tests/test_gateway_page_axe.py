"""Every route of the built page in a real browser: nothing that axe-core finds, in both themes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab
from served_page import NEEDED, PAGE, ROOT

from polydub_gateway.accounts.settings import AccountSettings

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "correct horse battery"
DESKTOP, PHONE = (1280, 900), (390, 844)
SCREENSHOTS = os.environ.get("POLYDUB_TEST_SCREENSHOTS", "")
"""A folder that gets a picture of every route."""

pytestmark = [
    *NEEDED,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci)"),
]

SETTLED = """document.querySelector('h1')
    && !document.querySelector('[class*=skeleton], [aria-busy=true]')"""
"""Nothing that stands for what is still to come."""
FOUND = """axe.run(document, {resultTypes: ['violations'], runOnly: %s}).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) =>
        `${id}: ${target.join(' ')}: ${failureSummary}`)))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIGN_IN = """fetch('/v1/auth/login', {method: 'POST', body: JSON.stringify(%s),
    headers: {'Content-Type': 'application/json', 'X-Polydub-Request': '1'}}).then(({ok}) => ok)"""


@pytest.fixture
def page() -> Path:
    return PAGE


@pytest.fixture
async def guarded(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Callable[..., Any]
) -> AsyncIterator[Any]:
    """One with accounts, and its first admin."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    sign_in = AccountSettings(
        accounts=True, first_admin_email="ada@example.com", first_admin_password_file=secret
    )
    async with start_gateway(
        tmp_path, nats_url, stages.address, page=PAGE, sign_in=sign_in
    ) as running:
        await running.ready()
        yield running


async def test_what_everyone_meets(
    gateway: Any, tab: Tab, finished: Callable[[], Awaitable[dict[str, Any]]]
) -> None:
    dub = await finished()
    glossary = {"name": "Products", "terms": [{"source": "bed", "target": "cama"}] * 3}
    made = (await gateway.http.post("/v1/glossaries", json=glossary)).json()
    named = {"name": "Ada", "voices": {"es": "espeak/es"}}
    speaker = (await gateway.http.post("/v1/speakers", json=named)).json()
    hooked = await gateway.http.post("/v1/webhooks", json={"url": "https://1.1.1.1/hook"})
    webhook = hooked.json()["webhook"]
    await looked_at(
        tab,
        gateway,
        "/", "/dubs", f"/dubs/{dub['id']}", f"/dubs/{dub['id']}/edit",
        "/glossaries", "/glossaries/new", f"/glossaries/{made['id']}", "/memory", "/usage",
        "/speakers", "/speakers/new", f"/speakers/{speaker['id']}",
        "/settings", "/settings/webhooks", f"/settings/webhooks/{webhook['id']}",
        "/settings/limits", "/settings/engines", "/settings/members", "/no/such",
    )  # fmt: skip


async def test_what_accounts_add(guarded: Any, tab: Tab) -> None:
    await looked_at(tab, guarded, "/sign-in", "/join")
    me = {"email": "ada@example.com", "password": PASSWORD, "cookie": True}
    assert await tab.run(SIGN_IN % json.dumps(me))
    await looked_at(
        tab, guarded, "/settings", "/settings/members", "/settings/keys", "/settings/audit"
    )


async def test_the_page_opens_without_a_network(gateway: Any, tab: Tab) -> None:
    url = str(gateway.http.base_url)
    await tab.page.goto(f"{url}/dubs")
    await tab.until("navigator.serviceWorker.controller", "the service worker")
    await tab.run("fetch('/v1/dubs')")
    gateway.stopping.set()
    await gateway.serving

    await tab.page.goto(f"{url}/settings")
    await tab.until(
        "document.body.innerText.includes('No way to the server')", "the page to say so"
    )
    kept = await tab.run(
        """caches.keys().then(names => Promise.all(names.map(async name =>
            (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname))))"""
    )
    paths = [path for cache in kept for path in cache]
    assert "/" in paths
    assert not [path for path in paths if path.startswith("/v1")]


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
    name = re.sub(r"\W+", "-", route).strip("-") or "start"
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
