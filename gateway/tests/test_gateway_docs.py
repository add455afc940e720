"""The page of the API's description works without anything from elsewhere, and lets nothing in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Tab
from fastapi.testclient import TestClient

from polydub_gateway.app import create_app
from polydub_gateway.settings import GatewaySettings


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(GatewaySettings()), base_url="http://127.0.0.1:7700")


@pytest.mark.unit
def test_all_of_it_comes_from_here(client: TestClient) -> None:
    page = client.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(linked) == 4
    for address in linked:
        if address != "data:,":
            answer = client.get(address)
            assert answer.status_code == 200, address
            kind = answer.headers["content-type"].partition(";")[0]
            assert kind == ("text/css" if address.endswith(".css") else "text/javascript")


@pytest.mark.unit
@pytest.mark.parametrize("path", ["/docs/redoc.standalone.js", "/docs/..%2fcore.py", "/redoc"])
def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.browser
async def test_a_call_can_be_tried(gateway: Any, tab: Tab) -> None:
    told: list[str] = []
    asked: list[str] = []
    tab.page.on("console", lambda message: told.append(message.text))
    tab.page.on("request", lambda request: asked.append(request.url))
    await tab.page.goto(f"{gateway.http.base_url}/docs#/health/get_health")
    await tab.page.get_by_role("button", name="Try it out").click()
    await tab.page.get_by_role("button", name="Execute").click()
    await tab.page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    assert not [each for each in told if "Content Security Policy" in each]
    here = str(gateway.http.base_url).rstrip("/")
    assert not [each for each in asked if not each.startswith((here, "data:", "blob:"))]
