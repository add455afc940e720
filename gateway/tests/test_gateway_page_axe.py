"""Every route of the built page in a real browser: nothing that axe-core finds, in both themes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab
from held_to_axe import LACKS_AXE, looked_at
from served_page import NEEDED, PAGE

from polydub_gateway.accounts.settings import AccountSettings

PASSWORD = "correct horse battery"

pytestmark = [*NEEDED, LACKS_AXE, pytest.mark.timeout(400)]

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
