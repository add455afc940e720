"""What people do at the page, in Chromium, over a real gateway whose stages the test plays."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, no_time_passing

from polydub.artifacts import dump_document
from polydub.store import ObjectStore
from polydub.testing import poll_until
from polydub.v1 import diarization_pb2, events_pb2, muxing_pb2

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(os.environ.get("POLYDUB_TEST_PAGE", ROOT / "frontend" / "dist"))
FFMPEG = shutil.which("ffmpeg")
DESKTOP = {"width": 1280, "height": 900}
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not (PAGE / "index.html").is_file(), reason="the page is not built"),
]

NOTES = """window.notes = [];
const Given = window.Notification;
window.Notification = class extends Given {
  constructor(title, options) {
    super(title, options);
    window.notes.push(title);
  }
};"""
"""Keeps the titles of the notes that the browser was asked to show."""

Finished = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
async def gateway(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Callable[..., Any]
) -> AsyncIterator[Any]:
    """One that serves the page."""
    async with start_gateway(tmp_path, nats_url, stages.address, page=PAGE) as running:
        await running.ready()
        yield running


@pytest.fixture
async def visit(gateway: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Opens a path of the page as somebody who was never here before; all are gone in the end."""
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    async with playwright.async_playwright() as running:
        # Containers often allow no sandbox; nothing but our own page is opened.
        browser = await running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        async def arrive(path: str, script: str = "", **options: Any) -> Any:
            context = await browser.new_context(
                base_url=str(gateway.http.base_url),
                reduced_motion="reduce",
                **{"viewport": DESKTOP, **options},
            )
            context.set_default_timeout(PATIENCE_MS)
            await context.add_init_script(script)
            page = await context.new_page()
            await page.goto(path)
            return page

        yield arrive
        await browser.close()


async def shown(page: Any, text: str) -> None:
    await page.get_by_text(text, exact=True).first.wait_for()


async def told_of_changes(page: Any) -> None:
    """Loads the page anew, until it hears of every change from then on."""
    is_told = asyncio.Event()
    page.on("websocket", lambda feed: feed.on("framereceived", lambda _: is_told.set()))
    await page.reload()
    await is_told.wait()


async def press(page: Any, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


def picture() -> bytes:
    """A frame as separation would take it."""
    assert FFMPEG is not None
    command = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=480x270", "-frames:v", "1"]
    made = subprocess.run([*command, "-f", "mjpeg", "-"], check=True, capture_output=True)
    return made.stdout


# --- one dub ---------------------------------------------------------------------------------


async def test_language_and_speakers_are_told_as_soon_as_they_are_known(
    gateway: Any, story_of: Any, tell: Any, visit: Any
) -> None:
    dub = await gateway.dub("es")
    told = await story_of(dub, parts=1)
    page = await visit(f"/dubs/{dub['id']}")
    await shown(page, "Speakers: not known yet")
    await shown(page, "Spoken: not known yet")

    heard = diarization_pb2.DiarizationProducts(speaker_ids=["S1", "S2"])
    products = events_pb2.Products(diarization=heard)
    before = told.shared()
    await tell([before[2], told.completed("diarization", part=0, products=products)])
    await shown(page, "2 speakers")
    await shown(page, "Speaker 2")
    await tell(before[-1:])
    await shown(page, "Spoken: English")


async def test_a_dub_is_canceled_and_started_again(gateway: Any, visit: Any) -> None:
    dub = await gateway.dub("es")
    page = await visit(f"/dubs/{dub['id']}")
    await press(page, "Cancel the dub")
    await press(page.get_by_role("alertdialog"), "Cancel the dub")
    await shown(page, "Canceled")
    assert (await gateway.until(dub["id"], "canceled"))["revision"] == 0

    await press(page, "Try again")
    await page.get_by_role("progressbar", name="Progress of the dub").wait_for()
    assert (await gateway.until(dub["id"], "queued"))["revision"] == 1


async def test_a_language_is_added_to_a_dub_that_is_done(
    gateway: Any, story_of: Any, tell: Any, visit: Any
) -> None:
    dub = await gateway.dub("es")
    await tell((await story_of(dub)).whole()[1:])
    await gateway.until(dub["id"], "completed")
    page = await visit(f"/dubs/{dub['id']}")
    await page.get_by_role("combobox", name="Add a language").select_option("fr")
    await press(page, "Add")
    await page.get_by_role("heading", name="French", exact=True).wait_for()

    again = await gateway.until(dub["id"], "queued")
    assert again["target_languages"] == ["es", "fr"]
    await tell((await story_of(again)).whole()[1:])
    await page.locator("a[download][href$='.fr.mp4']").first.wait_for()


async def test_who_asked_for_it_is_notified_of_the_end(
    gateway: Any, story_of: Any, tell: Any, visit: Any
) -> None:
    dub = await gateway.dub("es")
    page = await visit(f"/dubs/{dub['id']}", NOTES, permissions=["notifications"])
    await told_of_changes(page)
    await press(page, "Tell me when it is ready")
    await shown(page, "You will be told")
    await page.get_by_role("link", name="Usage", exact=True).click()
    await tell((await story_of(dub)).whole()[1:])

    async def notes() -> Any:
        return await page.evaluate("window.notes")

    assert await poll_until(notes, "a note") == ["Your dub is ready"]


async def test_a_link_is_made_and_opened_by_somebody_else(finished: Finished, visit: Any) -> None:
    dub = await finished()
    page = await visit(f"/dubs/{dub['id']}")
    await press(page, "Share")
    await press(page, "Make a link")
    link = await page.get_by_label("The link").input_value()
    await page.keyboard.press("Escape")

    guest = await visit(link)
    await guest.get_by_role("heading", name="talk.mp4").wait_for()
    assert await guest.get_by_role("link", name="Library").count() == 0
    await press(page, "Share")
    await page.get_by_role("button", name="End this link").click()
    await page.get_by_role("button", name="End this link").wait_for(state="detached")
    await guest.reload()
    await shown(guest, "This link does not lead anywhere")


# --- the library -----------------------------------------------------------------------------


@pytest.fixture
async def sixty(gateway: Any, stages: Any) -> list[str]:
    """Dubs of three videos, of which those of one are canceled; the videos' names."""
    stages.picture = picture()
    names = ["Interview.mp4", "Lecture.mp4", "Trailer.mp4"]
    videos = [(await gateway.upload(name.encode(), name)).json()["id"] for name in names]

    for n in range(60):
        asked = {"video_id": videos[n % 3], "target_languages": ["es"]}
        made = await gateway.http.post("/v1/dubs", json=asked)
        assert made.status_code == 202, made.text
        if n % 3 == 2:
            await gateway.http.post(f"/v1/dubs/{made.json()['id']}/cancel")
    return names


async def rows_are(page: Any, count: int, of: str = "") -> None:
    """Waits until so many dubs are listed, all of them of one video."""

    async def look() -> bool:
        names = await page.get_by_role("main").get_by_role("heading", level=2).all_inner_texts()
        return len(names) == count and all(of in name for name in names)

    await poll_until(look, f"{count} rows {of}")


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
async def test_the_library_is_scrolled_searched_filtered_and_cleared(
    gateway: Any, sixty: list[str], visit: Any
) -> None:
    page = await visit("/dubs")
    await rows_are(page, 24)
    first = page.get_by_role("main").locator("img").first
    await first.wait_for()
    assert await first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 480
    await shown(page, "0:13")
    for count in (48, 60):
        await page.get_by_role("button", name="Show more").scroll_into_view_if_needed()
        await rows_are(page, count)

    await page.get_by_role("searchbox").fill("lect")
    await rows_are(page, 20, "Lecture")
    await page.get_by_role("searchbox").fill("")
    await page.get_by_role("link", name="Failed or canceled").click()
    await rows_are(page, 20, "Trailer")
    assert "state=failed" in page.url
    await page.reload()
    await rows_are(page, 20, "Trailer")

    await deleted_and_taken_back(page)
    await deleted_for_good(gateway, page)


async def deleted_and_taken_back(page: Any) -> None:
    async with no_time_passing(page):
        await page.get_by_role("button", name="Delete Trailer.mp4").first.click()
        await rows_are(page, 19)
        await press(page, "Undo")
        await rows_are(page, 20)


async def deleted_for_good(gateway: Any, page: Any) -> None:
    row = page.get_by_role("main").get_by_role("listitem").first
    path = f"/v1{await row.get_by_role('link').get_attribute('href')}"
    async with no_time_passing(page):
        await row.get_by_role("button", name="Delete Trailer.mp4").click()
        await rows_are(page, 19)
        assert (await gateway.http.get(path)).status_code == 200  # it can still be taken back
    await page.goto("/usage")  # who leaves has not

    async def look() -> bool:
        return (await gateway.http.get(path)).status_code == 404

    await poll_until(look, "the dub to be deleted")


# --- the editor ------------------------------------------------------------------------------


async def words(gateway: Any, dub: dict[str, Any]) -> list[str]:
    """The Spanish lines as the gateway has them."""
    script = (await gateway.http.get(f"/v1/dubs/{dub['id']}/segments")).json()
    return [line["translations"]["es"]["text"] for line in script["segments"]]


async def saved(gateway: Any, dub: dict[str, Any], *lines: str) -> None:
    async def look() -> bool:
        return await words(gateway, dub) == list(lines)

    await poll_until(look, f"the gateway to have {lines}")


async def test_words_are_found_replaced_and_brought_back(
    gateway: Any, finished: Finished, visit: Any
) -> None:
    dub = await finished()
    page = await visit(f"/dubs/{dub['id']}/edit?language=es")
    await press(page, "Find and replace")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Find", exact=True).fill("hola")
    await shown(dialog, "1 place")
    await dialog.get_by_label("Replace with").fill("Buenas")
    await press(dialog, "Replace all")
    await shown(dialog, "0 places")
    await page.keyboard.press("Escape")
    await saved(gateway, dub, "Buenas.", "¿Qué tal?", "Es tarde.")

    await press(page, "Undo")
    await page.get_by_role("grid").get_by_text("Hola.").wait_for()
    await saved(gateway, dub, "Hola.", "¿Qué tal?", "Es tarde.")
    await press(page, "Redo")
    await saved(gateway, dub, "Buenas.", "¿Qué tal?", "Es tarde.")


async def test_two_people_at_one_line_lose_nothing(
    gateway: Any, finished: Finished, visit: Any
) -> None:
    dub = await finished()
    path = f"/dubs/{dub['id']}/edit?language=es"
    ada, grace = await visit(path), await visit(path)
    await wording(ada).wait_for()
    await wording(grace).wait_for()
    await wording(ada).fill("De Ada.")
    await saved(gateway, dub, "De Ada.", "¿Qué tal?", "Es tarde.")

    await wording(grace).fill("De Grace.")
    await shown(grace, "Somebody else changed the same")
    panel = grace.get_by_role("complementary", name="Line", exact=True)
    await shown(panel, "De Ada.")
    await shown(panel, "De Grace.")
    await saved(gateway, dub, "De Ada.", "¿Qué tal?", "Es tarde.")
    await press(grace, "Keep yours")
    await saved(gateway, dub, "De Grace.", "¿Qué tal?", "Es tarde.")


def wording(page: Any) -> Any:
    return page.locator("textarea[data-wording]")


async def test_why_a_line_is_flagged_is_told_in_the_pages_language(
    finished: Finished, store: ObjectStore, visit: Any
) -> None:
    dub = await finished()
    report = muxing_pb2.ReportDocument(target_language="es")
    report.line_reports.add(id="u0001", tempo=1.25, flags=["hard_cap", "of the future"])
    await store.put_bytes(f"videos/{dub['video_id']}/muxing/es/report.json", dump_document(report))
    german = await visit(f"/dubs/{dub['id']}/edit?language=es", locale="de-DE")
    await shown(german.get_by_role("grid"), "Gehetzt")
    await german.get_by_role("grid").get_by_role("row").nth(1).click()
    await shown(german, "Viel schneller gesprochen als natürlich")
    await german.get_by_text("25 % schneller gesprochen, damit es passt.").wait_for()
    await german.get_by_text("Sollte vor dem Veröffentlichen angehört werden.").wait_for()
    told = await german.get_by_role("main").inner_text()
    assert "hard_cap" not in told
    assert "of the future" not in told
