"""Corrections at the page that nobody may lose: a dub made anew meanwhile, and leaving."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab, held_back, off, reads
from served_page import NEEDED, PAGE

from polydub.store import ObjectStore
from polydub.testing import poll_until
from polydub_gateway.uploads.names import source_key

FFMPEG = shutil.which("ffmpeg")
FILM = "document.querySelector('video')"
PATIENCE_MS = 20_000
CONTROL_YA = """(grid) => grid.dispatchEvent(new KeyboardEvent("keydown", {
  key: "я", code: "KeyZ", ctrlKey: true, bubbles: true, cancelable: true,
}))"""
"""Control and the key that is Z on Latin keyboards."""

pytestmark = [*NEEDED, pytest.mark.timeout(300)]

Finished = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
def page() -> Path:
    return PAGE


@pytest.fixture
def correct(gateway: Any, tab: Tab) -> Callable[[dict[str, Any]], Awaitable[Any]]:
    """Opens the Spanish lines of a dub in the tab."""

    async def go(dub: dict[str, Any]) -> Any:
        tab.page.set_default_timeout(PATIENCE_MS)
        await tab.page.goto(f"{gateway.http.base_url}/dubs/{dub['id']}/edit?language=es")
        await wording(tab.page).wait_for()
        return tab.page

    return go


def wording(page: Any) -> Any:
    return page.locator("textarea[data-wording]")


def tone(path: Path) -> bytes:
    """Ten seconds of sound that can be played from anywhere."""
    assert FFMPEG is not None
    source = ["-f", "lavfi", "-i", "sine=duration=10", "-c:a", "aac", "-movflags", "+faststart"]
    subprocess.run([FFMPEG, "-v", "error", *source, str(path)], check=True, timeout=60)
    return path.read_bytes()


def original(page: Any) -> Any:
    return page.get_by_label("Original (English)", exact=True)


async def press(page: Any, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def shown(page: Any, text: str) -> None:
    await page.get_by_text(text, exact=True).first.wait_for()


async def select(field: Any, characters: int) -> None:
    """Selects the first characters of a text, as people do with the keyboard."""
    await field.press("Control+Home")
    for _ in range(characters):
        await field.press("Shift+ArrowRight")


async def first_line(gateway: Any, dub: dict[str, Any]) -> tuple[str, str]:
    """What is said in a dub's first line, and how in Spanish."""
    script = (await gateway.http.get(f"/v1/dubs/{dub['id']}/segments")).json()
    line = script["segments"][0]
    return line["text"], line["translations"]["es"]["text"]


async def first_line_is(gateway: Any, dub: dict[str, Any], text: str, words: str) -> None:
    async def look() -> bool:
        return await first_line(gateway, dub) == (text, words)

    await poll_until(look, f"the first line to be {text!r}, {words!r}")


async def test_what_was_not_saved_stays_while_the_dub_is_made_anew_elsewhere(
    gateway: Any, finished: Finished, story_of: Any, tell: Any, correct: Any
) -> None:
    dub = await finished()
    page = await correct(dub)
    path = f"/v1/dubs/{dub['id']}"
    script = (await gateway.http.get(f"{path}/segments")).json()
    second = script["segments"][1]
    async with held_back(page, f"**{path}/segments/**", "PATCH") as is_asked:
        await wording(page).fill("Lo que B escribe.")
        await is_asked.wait()
        await gateway.http.patch(
            f"{path}/segments/{second['id']}",
            json={"translations": {"es": "¿Y usted?"}},
            headers={"If-Match": f'"{second["revision"]}"'},
        )
        again = (await gateway.http.post(f"{path}/regenerate")).json()["dub"]
    await shown(page, "This dub is being made")
    await page.get_by_text("What you wrote stays here and is saved then.").wait_for()
    await shown(page, "Not saved")
    await reads(wording(page), "Lo que B escribe.")
    assert await first_line(gateway, dub) == ("Hello there.", "Hola.")

    await tell((await story_of(again)).whole()[1:])
    await first_line_is(gateway, dub, "Hello there.", "Lo que B escribe.")
    await shown(page, "All saved")
    await page.get_by_role("grid").get_by_text("¿Y usted?").wait_for()
    await page.get_by_text("This dub is being made").wait_for(state="detached")


async def test_a_dub_made_anew_before_the_page_listens_is_seen_to_be(
    gateway: Any, finished: Finished, correct: Any, tab: Tab
) -> None:
    dub = await finished()
    may_listen = asyncio.Event()

    async def hold(feed: Any) -> None:
        await may_listen.wait()
        feed.connect_to_server()

    await tab.page.route_web_socket("**/v1/ws/**", hold)
    page = await correct(dub)
    path = f"/v1/dubs/{dub['id']}"
    line = (await gateway.http.get(f"{path}/segments")).json()["segments"][0]
    await gateway.http.patch(
        f"{path}/segments/{line['id']}",
        json={"translations": {"es": "Otra cosa."}},
        headers={"If-Match": f'"{line["revision"]}"'},
    )
    made = await gateway.http.post(f"{path}/regenerate")
    assert made.status_code == 202, made.text
    may_listen.set()
    await shown(page, "This dub is being made")


async def test_who_leaves_with_a_line_that_cannot_be_saved_is_asked(
    gateway: Any, finished: Finished, correct: Any
) -> None:
    dub = await finished()
    page = await correct(dub)
    await original(page).fill("")
    await wording(page).fill("Buenas.")
    await first_line_is(gateway, dub, "Hello there.", "Buenas.")
    await page.get_by_label("Language", exact=True).select_option("fr")
    await page.get_by_role("grid").get_by_text("Bonjour.").wait_for()
    await reads(original(page), "")  # nobody has left

    leave = page.get_by_role("link", name="Back to the dub")
    await leave.click()
    await shown(page, "Leave your corrections?")
    await press(page, "Stay")
    await page.get_by_role("dialog").wait_for(state="detached")
    await reads(original(page), "")
    await leave.click()
    await press(page, "Leave without saving")
    await page.wait_for_url(f"**/dubs/{dub['id']}")

    await correct(dub)
    await original(page).fill("Good morning.")
    await leave.click()  # what can still be saved is, and nobody is asked
    await page.wait_for_url(f"**/dubs/{dub['id']}")
    assert (await first_line(gateway, dub))[0] == "Good morning."


async def test_a_term_is_kept_from_what_is_selected_in_both_texts(
    gateway: Any, finished: Finished, correct: Any
) -> None:
    page = await correct(await finished())
    await select(original(page), 5)
    await select(wording(page), 4)
    await press(page, "Add to a glossary")
    dialog = page.get_by_role("dialog")
    await reads(dialog.get_by_label("What is said"), "Hello")
    await reads(dialog.get_by_label("Its translation"), "Hola")
    await dialog.get_by_label("Name of the new glossary").fill("Greetings")
    await press(dialog, "Keep")
    await shown(page, "The term is kept")
    (kept,) = (await gateway.http.get("/v1/glossaries")).json()["glossaries"]
    assert kept["terms"] == [{"source": "Hello", "target": "Hola", "target_language": "es"}]


async def test_whole_words_are_replaced_and_brought_back_from_a_cyrillic_keyboard(
    gateway: Any, finished: Finished, correct: Any
) -> None:
    dub = await finished()
    page = await correct(dub)
    await wording(page).fill("La sala, hola, la.")
    await press(page, "Find and replace")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Find", exact=True).fill("la")
    await shown(dialog, "4 places")
    await dialog.get_by_text("Whole words only").click()
    await shown(dialog, "2 places")
    await dialog.get_by_label("Replace with").fill("una")
    await press(dialog, "Replace all")
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    await first_line_is(gateway, dub, "Hello there.", "una sala, hola, una.")

    await page.get_by_role("grid").evaluate(CONTROL_YA)
    await first_line_is(gateway, dub, "Hello there.", "La sala, hola, la.")


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
async def test_the_original_is_heard_at_the_same_moment(
    finished: Finished, store: ObjectStore, correct: Any, tab: Tab, tmp_path: Path
) -> None:
    dub = await finished()
    sound = tone(tmp_path / "tone.mp4")
    await store.put_bytes(source_key(dub["video_id"], "talk.mp4"), sound)
    await store.put_bytes(f"videos/vid_1/muxing/{dub['id']}/talk.es.mp4", sound)
    page = await correct(dub)
    await tab.until(f"{FILM}.readyState > 0 && {FILM}.src.includes('/artifacts/')", "the dub")
    await page.get_by_role("grid").get_by_text("Es tarde.").click()
    await tab.until(f"{FILM}.currentTime === 5", "the line's moment")
    await press(page, "Original")
    await tab.until(f"{FILM}.src.endsWith('/original') && {FILM}.readyState > 0", "the original")
    await tab.until(f"{FILM}.currentTime === 5", "the same moment")
    await press(page, "Dub")
    await tab.until(f"{FILM}.src.includes('/artifacts/') && {FILM}.currentTime === 5", "the dub")


async def test_an_original_that_the_browser_cannot_play_is_told(
    finished: Finished, correct: Any, tab: Tab
) -> None:
    page = await correct(await finished())  # its original is no video
    await press(page, "Original")
    await shown(page, "The original can’t be played here.")
    await off(page.get_by_role("button", name="Original", exact=True))
    await tab.until(f"{FILM}.src.includes('/artifacts/')", "the dub")
