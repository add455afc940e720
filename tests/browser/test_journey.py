"""From a file to a dub in the hand, in a browser, as people do it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browsing import DESKTOP, PHONE, CutLine, Site, Visitor, line_cut_once

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

DUBBED_WITHIN_MS = 240_000
PROGRESS = "Progress of the dub"
PERCENT = (
    f"Number(document.querySelector(\"[role=progressbar][aria-label='{PROGRESS}']\")"
    "?.ariaValueNow ?? 100)"
)
"""100 when the bar has gone."""
SAID = "Así lo dice la gente mayor."


def choose_file(page: Any, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(file)


def choose_target(page: Any, name: str) -> None:
    page.get_by_role("combobox", name="Dub into").fill(name)
    page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")


def watch_until_done(visitor: Visitor) -> None:
    """Waits for the dub that the page shows; nothing moves while it tells how far it is."""
    page = visitor.page
    # What was made before is there at once.
    page.get_by_role("progressbar", name=PROGRESS).or_(page.locator("video")).first.wait_for()
    visitor.forget_shifts()  # of the way here
    assert visitor.shifts_until(f"{PERCENT} >= 30", DUBBED_WITHIN_MS) == []
    page.get_by_role("progressbar", name=PROGRESS).wait_for(
        state="detached", timeout=DUBBED_WITHIN_MS
    )


def is_as_told(page: Any, path: Path, ending: str) -> None:
    """A file of the dub is, byte for byte, what the gateway has under its name."""
    dub = page.context.request.get(f"/v1/dubs/{dub_id(page)}").json()
    files = [file for language in dub["languages"] for file in language["artifacts"]]
    told = next(file for file in files if file["name"].endswith(ending))
    assert path.stat().st_size == told["size_bytes"]
    there = page.context.request.get(told["url"]).body()
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(there).digest()


def dub_id(page: Any) -> str:
    found = re.search(r"dub_\w+", page.url)
    assert found, page.url
    return found.group()


def test_a_video_comes_back_dubbed_and_corrected(
    chromium: Any, site: Site, footage: Path, tmp_path: Path
) -> None:
    with at_a_bad_line(chromium, site, footage, DESKTOP) as visitor:
        dub(visitor, "Spanish")
        visitor.page.locator("video").first.wait_for()
        assert SAID not in subtitles(visitor, tmp_path)

        visitor.page.get_by_role("link", name="Correct").click()
        visitor.page.get_by_role("grid").get_by_role("row").first.click()
        visitor.page.locator("textarea[data-wording]").first.fill(SAID)
        visitor.page.get_by_text("All saved").wait_for()
        visitor.page.get_by_role("button", name="Regenerate").click()
        dialog = visitor.page.get_by_role("dialog")
        dialog.get_by_text(SAID).wait_for()
        dialog.get_by_role("button", name="Start").click()
        visitor.page.wait_for_url(re.compile(r"/dubs/dub_\w+$"))
        watch_until_done(visitor)
        assert SAID in subtitles(visitor, tmp_path)


def test_a_phone_does_as_well(chromium: Any, site: Site, footage: Path, tmp_path: Path) -> None:
    with at_a_bad_line(chromium, site, footage, PHONE) as visitor:
        dub(visitor, "Catalan")
        visitor.page.locator("video").first.wait_for()
        assert "-->" in subtitles(visitor, tmp_path)


@contextmanager
def at_a_bad_line(
    chromium: Any, site: Site, file: Path, device: dict[str, Any]
) -> Iterator[Visitor]:
    """Somebody who is in and has brought a file, over a line that broke in the middle of it."""
    size = file.stat().st_size
    with line_cut_once(site.stack.stack.base_port, size * 2 // 3) as line:
        visitor = Visitor.arriving(chromium, line.url, **device)
        visitor.sign_in(site.email, site.password)
        bring(visitor, file, line, size)
        yield visitor
        assert visitor.complaints == []
        visitor.leave()


def bring(visitor: Visitor, file: Path, line: CutLine, size: int) -> None:
    """Uploads a file over a line that breaks: it goes on, and does not begin anew."""
    page = visitor.page
    offsets: list[int] = []
    page.on("request", lambda request: offsets.extend(upload_offset(request)))
    choose_file(page, file)
    row = page.get_by_role("list", name="Your videos").get_by_role("listitem")
    row.get_by_text(re.compile(r"0:09|0:10")).wait_for()  # its length: the gateway has read it
    assert line.cuts == 1
    # A browser may repeat a broken request on its own; the gateway refuses it, and tus goes on.
    assert offsets[0] == 0
    assert size / 3 < offsets[-1] < size


def upload_offset(request: Any) -> list[int]:
    """Where a request goes on with a file; nothing for other requests."""
    is_upload = request.method == "PATCH" and "/v1/uploads/" in request.url
    return [int(request.headers["upload-offset"])] if is_upload else []


def dub(visitor: Visitor, language: str) -> None:
    """Starts a dub of what is there, and watches it to its end."""
    choose_target(visitor.page, language)
    visitor.page.get_by_role("button", name="Start dubbing").click()
    visitor.page.wait_for_url("**/dubs/dub_*")
    watch_until_done(visitor)


def subtitles(visitor: Visitor, folder: Path) -> str:
    """Downloads them; they are, byte for byte, what the gateway has."""
    page, saved = visitor.page, folder / "lines.srt"
    with page.expect_download() as download:
        page.locator("a[download][href*='.srt']").first.click()
    download.value.save_as(saved)
    is_as_told(page, saved, ".srt")
    return saved.read_text()
