"""Every route as a visitor's first: what it loads, and that it holds the content policy."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import DESKTOP, PHONE, SETTLED, Site, Visitor, is_refusal

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCRIPT_BYTES = 250_000
FORBIDDEN_SCRIPT = """
() => document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"""
ROUTES = (
    "/",
    "/dubs",
    "/glossaries",
    "/memory",
    "/speakers",
    "/usage",
    "/settings",
    "/settings/members",
    "/settings/keys",
    "/settings/webhooks",
    "/settings/limits",
    "/settings/audit",
    "/settings/engines",
)


@pytest.fixture(scope="module")
def session(chromium: Any, site: Site) -> Any:
    """The cookies of somebody who is signed in."""
    visitor = Visitor.arriving(chromium, site.url)
    visitor.sign_in(site.email, site.password)
    state = visitor.context.storage_state()
    visitor.leave()
    return state


def first_visit(browser: Any, site: Site, path: str, **options: Any) -> None:
    """Opens a path with nothing in any cache, and holds it to what every route keeps."""
    visitor = Visitor.arriving(browser, site.url, **options)
    scripts: list[Any] = []
    visitor.page.on(
        "requestfinished",
        lambda request: request.resource_type == "script" and scripts.append(request),
    )
    visitor.page.goto(path)
    visitor.page.get_by_role("heading", level=1).wait_for()
    visitor.page.wait_for_function(f"() => {SETTLED}")
    loaded = sum(request.sizes()["responseBodySize"] for request in scripts)
    assert visitor.page.get_by_role("heading", name="There is nothing here").count() == 0
    assert 0 < loaded <= SCRIPT_BYTES
    assert visitor.complaints == []
    width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= visitor.page.viewport_size["width"], "the page can be pushed sideways"
    visitor.leave()


@pytest.mark.parametrize("path", ROUTES)
def test_a_route_keeps_to_its_limits(path: str, chromium: Any, site: Site, session: Any) -> None:
    first_visit(chromium, site, path, storage_state=session)


@pytest.mark.parametrize("path", ["/", "/dubs", "/settings"])
def test_a_route_fits_a_phone(path: str, chromium: Any, site: Site, session: Any) -> None:
    first_visit(chromium, site, path, storage_state=session, **PHONE)


@pytest.mark.parametrize("path", ["/sign-in", "/join"])
def test_the_way_in_keeps_to_the_limits(path: str, chromium: Any, site: Site) -> None:
    first_visit(chromium, site, path, **DESKTOP)


def test_the_policy_is_strict_and_is_felt(visitor: Visitor) -> None:
    answer = visitor.page.goto("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    with visitor.page.expect_console_message(is_refusal):
        visitor.page.evaluate(FORBIDDEN_SCRIPT)
    assert visitor.complaints, "the browser has not told of a forbidden script"
