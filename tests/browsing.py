"""People at the page: what they see, and what the browser notes of it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from running import RunningStack

from polydub.testing import poll_until

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-headless-shell")
        if (path := Path("/usr/lib/chromium") / name).exists()
    ),
    None,
)
"""Debian's browser, or the smaller one without windows."""
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

_WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (shift.hadRecentInput) continue;
    const box = ({ x, y, width, height }) => [x, y, width, height].join(" ");
    const of = shift.sources.map(({ node, previousRect, currentRect }) =>
      `${node?.className ?? node}: ${box(previousRect)} -> ${box(currentRect)}`);
    window.shifts.push({ value: shift.value, of });
  }
}).observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
"""Notes what moved without anybody's doing, and what the content policy refused."""
_SHOWN_AND_FORGOTTEN = """new Promise((done) => {
  const nextFrame = (act) => requestAnimationFrame(() => setTimeout(act));
  nextFrame(() => nextFrame(() => done(window.shifts.splice(0).length)));
})"""
"""What moved in a frame is told after it."""


SETTLED = """document.querySelector('h1')
    && !document.querySelector('[class*=skeleton], [aria-busy=true]')"""
"""Nothing that stands for what is still to come."""


def is_refusal(message: Any) -> bool:
    """Whether a line in the console tells of the content policy."""
    told = message.text
    is_ours = "ontent policy" in told or "Content Security Policy" in told
    return bool(message.type == "error" and is_ours)


@dataclass(frozen=True)
class Site:
    """A stack with its page, and who may come in."""

    stack: RunningStack
    email: str
    password: str

    @property
    def url(self) -> str:
        return self.stack.stack.url


@dataclass
class Visitor:
    """A browser's context with one page."""

    context: Any
    page: Any
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arriving(cls, browser: Any, url: str, **device: Any) -> Visitor:
        context = browser.new_context(base_url=url, **{**DESKTOP, **device})
        context.set_default_timeout(30_000)
        context.add_init_script(_WATCH)
        visitor = cls(context, context.new_page())
        visitor.page.on("console", visitor._hear)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    def _hear(self, message: Any) -> None:
        if is_refusal(message):
            self.complaints.append(message.text)

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Dub a video").wait_for()

    def forget_shifts(self) -> None:
        """From now on counts what moves on the page; the frames that are under way do not."""
        self.page.evaluate(_SHOWN_AND_FORGOTTEN)

    def shifts_until(self, script: str, timeout_ms: float) -> list[dict[str, Any]]:
        """What moved on the page before an expression was true, and nothing of later."""
        seen = self.page.wait_for_function(
            f"() => ({script}) && {{ moved: window.shifts.splice(0) }}", timeout=timeout_ms
        )
        moved: list[dict[str, Any]] = seen.json_value()["moved"]
        return moved

    def leave(self) -> None:
        self.context.close()


@dataclass
class Tab:
    """One tab of a browser, for tests that are coroutines."""

    page: Any

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        return await self.page.evaluate(script)

    async def until(self, script: str, what: str) -> None:
        """Waits until an expression is true. The content policy keeps Playwright from it."""

        async def look() -> bool:
            return bool(await self.run(f"Boolean({script})"))

        await poll_until(look, what)

    async def size(self, width: int, height: int) -> None:
        await self.page.set_viewport_size({"width": width, "height": height})

    async def press(self, key: str) -> None:
        await self.page.keyboard.press(key)


@asynccontextmanager
async def new_tab(*switches: str) -> AsyncIterator[Tab]:
    """A tab of a new browser, in which nothing moves only to look nice.

    Args:
        switches: Chromium's.
    """
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    async with playwright.async_playwright() as running:
        # Containers often allow no sandbox; nothing but our own page is opened.
        args = ["--no-sandbox", *switches]
        browser = await running.chromium.launch(executable_path=CHROMIUM, args=args)
        context = await browser.new_context(reduced_motion="reduce")
        yield Tab(await context.new_page())
        await browser.close()


async def reads(field: Any, value: str) -> None:
    """Waits until a field of a form holds a value."""

    async def look() -> bool:
        return bool(await field.input_value() == value)

    await poll_until(look, f"a field to hold {value!r}")


async def until_it(element: Any, is_so: str, what: str) -> None:
    """Waits until a function in the page is true of an element."""

    async def look() -> bool:
        return bool(await element.evaluate(is_so))

    await poll_until(look, what)


async def in_focus(element: Any) -> None:
    """Waits until the keys go to an element."""
    await until_it(element, "(each) => each === document.activeElement", "the focus")


async def off(control: Any) -> None:
    """Waits until a control takes nothing."""
    await until_it(control, "(each) => each.disabled", "a control to be off")


async def on(control: Any) -> None:
    """Waits until a control can be used."""
    await until_it(control, "(each) => !each.disabled", "a control to be on")


@asynccontextmanager
async def held_back(page: Any, address: str, *methods: str) -> AsyncIterator[asyncio.Event]:
    """What a page asks of an address waits for as long as the block lasts.

    Args:
        page: Playwright's.
        address: A glob of addresses.
        methods: Only requests of these methods wait.

    Yields:
        What is set as soon as a request waits.
    """
    is_asked, may_pass = asyncio.Event(), asyncio.Event()

    async def hold(route: Any) -> None:
        if route.request.method in methods:
            is_asked.set()
            await may_pass.wait()
        await route.continue_()

    await page.route(address, hold)
    try:
        yield is_asked
    finally:
        may_pass.set()


@asynccontextmanager
async def no_time_passing(page: Any) -> AsyncIterator[None]:
    """What a page begins to wait for in the block does not come due in it.

    Args:
        page: Playwright's, with everything there: what still comes may need time.
    """
    await page.clock.install()
    await page.clock.pause_at(await page.evaluate("Date.now() + 1000"))
    try:
        yield
    finally:
        await page.clock.resume()


@dataclass
class CutLine:
    """A proxy that breaks one connection off, once so much has gone up."""

    port: int
    after_bytes: int
    sent_bytes: int = 0
    cuts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_due(self, more: int) -> bool:
        """Counts what goes up; whether the line breaks now."""
        self.sent_bytes += more
        if self.cuts or self.sent_bytes < self.after_bytes:
            return False
        self.cuts += 1
        return True


@contextmanager
def line_cut_once(port: int, after_bytes: int) -> Iterator[CutLine]:
    """The way to a port, which breaks once after so many bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = CutLine(server.getsockname()[1], after_bytes)
        threading.Thread(target=_accept, args=(server, port, line), daemon=True).start()
        yield line


def _accept(server: socket.socket, port: int, line: CutLine) -> None:
    with suppress(OSError):  # the server is closed when the test has ended
        while True:
            near, _ = server.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for source, sink in ((near, far), (far, near)):
                counted = line if source is near else None
                threading.Thread(target=_pass_on, args=(source, sink, counted), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket, line: CutLine | None) -> None:
    with suppress(OSError), source, sink:
        while data := source.recv(65536):
            if line and line.is_due(len(data)):
                return
            sink.sendall(data)
