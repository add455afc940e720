"""What stages and the gateway say of a dub, in the language of who reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab, on
from held_to_axe import LACKS_AXE, looked_at
from served_page import NEEDED, PAGE

from polydub.errors import warning
from polydub.v1 import common_pb2

PATIENCE_MS = 20_000
LANGUAGES = ("de", "ar")
SPOKEN = ("en", "es", "de", "fr", "ru", "zh", "ar")
PHONE_WIDTHS = (390, 320)
CUT = """[...document.querySelectorAll('header nav a')].filter((link) => {
    const { left, right } = link.getBoundingClientRect();
    return left < 0 || right > innerWidth || link.scrollWidth > link.clientWidth;
}).map(({ innerText }) => innerText)"""
"""What of a phone's bar is not wholly in sight."""

pytestmark = [*NEEDED, pytest.mark.timeout(300)]

Visit = Callable[[str, str], Awaitable[Any]]


def unsure(line_id: str, percent: int) -> common_pb2.Warning:
    message = f"The recognition is unsure of this line ({percent} %)."
    return warning("low_confidence", message, stage="asr", line_id=line_id)


def of_spanish(code: str, message: str, stage: str, line_id: str = "") -> common_pb2.Warning:
    return warning(code, message, stage=stage, line_id=line_id, target_language="es")


UNTRANSLATED = "No engine could translate this line."
HURRIED = "2 of 9 lines had to be spoken much faster than is natural."
NEWER = "Something that only a newer stage knows of."
WARNINGS = (
    *(unsure(f"u000{number}", 30 + number) for number in range(4)),
    *(of_spanish("line_untranslated", UNTRANSLATED, "translation", each) for each in ("u1", "u2")),
    of_spanish("lines_hard_cap", HURRIED, "muxing"),
    of_spanish("loudness_off", "The dub's loudness is +1.8 LU off the original's.", "muxing"),
    common_pb2.Warning(code="of_the_future", message=NEWER, stage="muxing", target_language="es"),
    of_spanish("picture_reencoded", "The picture was encoded again: it is VP8.", "muxing"),
)


@pytest.fixture
def page() -> Path:
    return PAGE


@pytest.fixture
def visit(gateway: Any, tab: Tab) -> Visit:
    """Opens a path of the page in a language."""

    async def go(path: str, language: str) -> Any:
        tab.page.set_default_timeout(PATIENCE_MS)
        await tab.page.add_init_script(f"localStorage.setItem('polydub.language', '{language}')")
        await tab.page.goto(f"{gateway.http.base_url}{path}")
        return tab.page

    return go


@pytest.fixture
async def warned(gateway: Any, story_of: Any, tell: Any) -> dict[str, Any]:
    """A dub of which several stages have something to say."""
    dub = await gateway.dub("es")
    told = (await story_of(dub, parts=1)).whole()[1:]
    for event in told:
        if event.WhichOneof("outcome") == "completed":
            stage = event.envelope.stage
            event.completed.warnings.extend(each for each in WARNINGS if each.stage == stage)
    await tell(told)
    found: dict[str, Any] = await gateway.until(dub["id"], "completed_with_warnings")
    return found


async def in_english(page: Any, sentence: str) -> None:
    """Waits until a sentence is seen that is marked as English."""
    await page.locator("[lang=en]").get_by_text(sentence, exact=True).wait_for()


async def test_warnings_are_told_in_the_readers_language_each_kind_once(
    warned: dict[str, Any], visit: Visit
) -> None:
    page = await visit(f"/dubs/{warned['id']}", "de")
    await page.get_by_role("heading", name="6 Hinweise", exact=True).wait_for()
    shown = page.get_by_role("listitem")

    unclear = shown.filter(has_text="Undeutlich gehört: bitte gegenlesen")
    await unclear.get_by_text("4 Zeilen · Gesprochenes aufschreiben", exact=True).wait_for()
    unfolded = unclear.get_by_text("The recognition is unsure of this line (33 %).")
    assert await unfolded.is_hidden()
    await unclear.get_by_text("4 Einzelheiten", exact=True).click()
    await unfolded.wait_for()

    lost = shown.filter(has_text="Ließ sich nicht übersetzen")
    await lost.get_by_text("2 Zeilen · Übersetzen · Spanisch", exact=True).wait_for()
    await in_english(lost, UNTRANSLATED)
    hurried = shown.filter(has_text="Schneller gesprochen, als es natürlich klingt")
    await hurried.get_by_text("2 Zeilen · Zusammensetzen · Spanisch", exact=True).wait_for()
    await in_english(hurried, HURRIED)
    await shown.filter(has_text="Lauter oder leiser als das Original").wait_for()
    await in_english(page, NEWER)

    await page.get_by_role("button", name="1 weiteren zeigen").click()
    await shown.filter(has_text="Das Bild musste neu kodiert werden").wait_for()


async def test_a_phones_bar_has_room_for_its_words_in_every_language(
    tab: Tab, visit: Visit
) -> None:
    for language in SPOKEN:
        page = await visit("/usage", language)
        await page.get_by_role("heading", level=1).wait_for()
        for width in PHONE_WIDTHS:
            await tab.size(width, 640)
            assert await tab.run(CUT) == [], (language, width)
            assert await tab.run("document.querySelectorAll('header nav a').length") == 5


@LACKS_AXE
async def test_warnings_look_well_from_the_left_and_from_the_right(
    gateway: Any, tab: Tab, warned: dict[str, Any], visit: Visit
) -> None:
    for language in LANGUAGES:
        await visit(f"/dubs/{warned['id']}", language)
        await looked_at(tab, gateway, f"/dubs/{warned['id']}")


async def test_a_refusal_is_told_in_the_readers_language_and_the_gateways_words(
    gateway: Any, finished: Callable[[], Awaitable[dict[str, Any]]], visit: Visit
) -> None:
    dub = await finished()
    page = await visit(f"/dubs/{dub['id']}/edit?language=es", "de")
    await page.get_by_role("button", name="Sprecher", exact=True).click()
    row = page.get_by_role("dialog").get_by_role("listitem").first
    name = row.get_by_label("Name", exact=True)
    await name.fill("Eve")
    await name.press("Enter")
    keep = row.get_by_role("button", name="Ins Register aufnehmen")
    await on(keep)  # the page has looked who is in the registry
    await gateway.http.post("/v1/speakers", json={"name": "Eve"})  # by somebody else meanwhile
    await keep.click()
    refusal = page.get_by_role("alert")
    await refusal.get_by_text("Das ist beim jetzigen Stand nicht möglich.", exact=True).wait_for()
    await in_english(refusal, "There is a registered speaker 'Eve' already.")
