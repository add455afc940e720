"""Registered speakers at the page: kept in the library, given to a dub, and kept from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab, held_back, in_focus, no_time_passing, off, reads
from served_page import NEEDED, PAGE

from polydub.testing import poll_until

ADA = {"name": "Ada", "voices": {"es": "espeak/es"}}
PATIENCE_MS = 20_000

pytestmark = [*NEEDED, pytest.mark.timeout(300)]

Finished = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
def page() -> Path:
    return PAGE


@pytest.fixture
def open_at(gateway: Any, tab: Tab) -> Callable[[str], Awaitable[Any]]:
    """Opens a path of the page in the tab."""

    async def go(path: str) -> Any:
        tab.page.set_default_timeout(PATIENCE_MS)
        await tab.page.goto(f"{gateway.http.base_url}{path}")
        return tab.page

    return go


async def press(page: Any, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def registry(gateway: Any) -> dict[str, dict[str, str]]:
    """Names in the registry, and the voices of each."""
    told = (await gateway.http.get("/v1/speakers")).json()
    return {each["name"]: each["voices"] for each in told["speakers"]}


async def names_are(gateway: Any, *wanted: str) -> None:
    """Waits until these are in the registry."""

    async def look() -> bool:
        return list(await registry(gateway)) == list(wanted)

    await poll_until(look, f"{wanted} to be in the registry")


async def speaker_is(gateway: Any, dub: dict[str, Any], **wanted: Any) -> None:
    """Waits until the dub's first speaker is so."""

    async def look() -> bool:
        script = (await gateway.http.get(f"/v1/dubs/{dub['id']}/segments")).json()
        return {name: script["speakers"][0][name] for name in wanted} == wanted

    await poll_until(look, f"the speaker to be {wanted}")


async def test_speakers_are_kept_changed_and_deleted_in_the_library(
    gateway: Any, open_at: Any
) -> None:
    page = await open_at("/speakers")
    await page.get_by_role("heading", name="No speakers yet").wait_for()
    await page.get_by_role("link", name="New speaker").click()
    await page.get_by_label("Name", exact=True).fill("Ada")
    await page.get_by_label("Language", exact=True).select_option("es")
    await press(page, "Add a voice")
    chosen = page.get_by_label("Spanish", exact=True)
    await in_focus(chosen)
    await chosen.select_option("espeak/es")
    await press(page, "Save")
    await page.wait_for_url("**/speakers/spk_*")
    assert await registry(gateway) == {"Ada": ADA["voices"]}

    await changed_by_others(gateway, page)
    await page.get_by_role("link", name="Speakers").click()
    await page.get_by_role("link", name="New speaker").click()
    await page.get_by_label("Name", exact=True).fill("ada l.")
    await press(page, "Save")
    await page.get_by_text("There is a speaker of this name already.").wait_for()
    assert list(await registry(gateway)) == ["Ada L."]

    page = await open_at("/speakers")
    await page.get_by_role("button", name="Delete Ada L.").wait_for()
    async with no_time_passing(page):
        await press(page, "Delete Ada L.")
        await page.get_by_role("heading", name="No speakers yet").wait_for()
        await press(page, "Undo")
    await press(page, "Delete Ada L.")
    await page.goto(f"{gateway.http.base_url}/dubs")  # who leaves has not taken it back
    await names_are(gateway)


async def changed_by_others(gateway: Any, page: Any) -> None:
    """Somebody else saves first, and is written over when that is wanted."""
    path = f"/v1/speakers/{page.url.rsplit('/', 1)[1]}"
    await page.get_by_label("Name", exact=True).fill("Ada L.")
    await gateway.http.put(path, json={**ADA, "name": "Grace"}, headers={"If-Match": '"1"'})
    await press(page, "Save")
    await page.get_by_text("Someone else saved this speaker meanwhile").wait_for()
    assert list(await registry(gateway)) == ["Grace"]
    await press(page, "Save mine over it")
    await names_are(gateway, "Ada L.")


async def test_who_leaves_while_it_is_being_saved_is_not_asked(gateway: Any, open_at: Any) -> None:
    page = await open_at("/speakers/new")
    for name in ("Ada", "Ada L."):  # made, and changed
        await page.get_by_role("button", name="Save").wait_for()
        async with no_time_passing(page):  # nobody loses patience with what takes long
            async with held_back(page, "**/v1/speakers**", "POST", "PUT") as is_asked:
                await page.get_by_label("Name", exact=True).fill(name)
                await press(page, "Save")
                await is_asked.wait()
                await page.get_by_role("link", name="Speakers").click()
                await reads(page.get_by_label("Name", exact=True), name)
            await page.get_by_role("link", name="New speaker").wait_for()
        assert list(await registry(gateway)) == [name]
        await page.get_by_role("link", name=name).click()
        await page.get_by_role("heading", name=name).wait_for()

    await page.get_by_label("Name", exact=True).fill("Eve")
    await page.get_by_role("link", name="Speakers").click()
    await press(page, "Leave without saving")
    await page.get_by_role("link", name="Ada L.").wait_for()


async def test_a_dubs_speaker_is_given_a_registered_one_and_kept_as_one(
    gateway: Any, finished: Finished, open_at: Any
) -> None:
    dub = await finished()
    ada = (await gateway.http.post("/v1/speakers", json=ADA)).json()
    page = await open_at(f"/dubs/{dub['id']}/edit?language=es")
    await press(page, "Speakers")
    row = page.get_by_role("dialog").get_by_role("listitem").first
    name, who = row.get_by_label("Name", exact=True), row.get_by_label("Registered as")
    await who.focus()
    await who.select_option(label="Ada")
    await speaker_is(gateway, dub, name="Ada", voices=ADA["voices"], registered_id=ada["id"])
    await reads(name, "Ada")
    await in_focus(who)
    await page.keyboard.press("Escape")
    await page.get_by_role("grid").get_by_text("Ada").first.wait_for()
    await press(page, "Undo")
    await page.get_by_role("grid").get_by_text("Speaker 1").first.wait_for()
    await speaker_is(gateway, dub, name="S1", voices={}, registered_id=None)

    await press(page, "Speakers")
    keep = row.get_by_role("button", name="Keep in the registry")
    await row.get_by_text("Give them a name to keep them").wait_for()
    await off(keep)
    await name.fill("Eve")
    await name.press("Enter")
    await keep.click()
    await page.get_by_text("Eve is in the registry").wait_for()
    await in_focus(who)
    spoken = {"es": "espeak/es", "fr": "espeak/fr"}
    assert await registry(gateway) == {"Ada": ADA["voices"], "Eve": spoken}
    await who.select_option(label="Nobody in the registry")
    await speaker_is(gateway, dub, name="Eve", registered_id=None)
    await row.get_by_text("Someone of this name is in the registry.").wait_for()
