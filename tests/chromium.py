"""A headless Chromium, driven by its own protocol (CDP), to look at the page as people do."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from polydub.testing import poll_until

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_START_S = 60.0
_ANSWER_S = 60.0


def program() -> str | None:
    """The path of a Chromium that is installed here, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class PageError(Exception):
    """A script that ran in the page has thrown."""


@dataclass
class Tab:
    """One tab."""

    socket: ClientConnection
    _calls: int = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What a call of the protocol answers."""
        self._calls += 1
        await self.socket.send(json.dumps({"id": self._calls, "method": method, "params": params}))
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), _ANSWER_S))
            if message.get("id") != self._calls:
                continue
            if "error" in message:
                raise PageError(f"{method}: {message['error']['message']}")
            result: dict[str, Any] = message["result"]
            return result

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited.

        Raises:
            PageError: it has thrown.
        """
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            told = answer["exceptionDetails"]
            raise PageError(told.get("exception", {}).get("description", told["text"]))
        return answer["result"].get("value")

    async def until(self, script: str, what: str, timeout_s: float = 30.0) -> None:
        """Waits until an expression is true in the page."""

        async def look() -> bool:
            try:
                return bool(await self.run(f"Boolean({script})"))
            except PageError:
                return False  # the page is just being replaced by another

        await poll_until(look, what, timeout_s=timeout_s)

    async def text(self) -> str:
        """What stands in the page."""
        return str(await self.run("document.body.innerText"))

    async def open(self, url: str) -> None:
        """Goes to an address."""
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'", f"{url} to be loaded")

    async def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Makes the window as large, in CSS pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    async def offline(self, is_offline: bool) -> None:
        """Takes the network away, or gives it back."""
        await self.call("Network.enable")
        await self.call(
            "Network.emulateNetworkConditions",
            offline=is_offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    async def picture(self, path: Path) -> None:
        """Keeps what is seen as a PNG."""
        taken = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(taken["data"]))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Tab]:
    """A tab of a new browser, which ends with it.

    Args:
        folder: where it keeps what browsers keep.
    """
    found = program()
    assert found is not None
    process = await asyncio.create_subprocess_exec(
        found, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--no-first-run", "--disable-background-networking", "--disable-extensions",
        "--no-proxy-server", "--lang=en", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = await _tab_address(folder, process)
        async with connect(address, max_size=None, proxy=None) as socket:
            yield Tab(socket)
    finally:
        process.terminate()
        await process.wait()


async def _tab_address(folder: Path, process: asyncio.subprocess.Process) -> str:
    """Where a tab listens; the browser writes its port into a file."""
    told = folder / "DevToolsActivePort"

    def lines() -> list[str]:
        assert process.returncode is None, "Chromium has ended"
        return told.read_text().splitlines() if told.is_file() else []

    async def look() -> bool:
        return len(lines()) >= 2

    await poll_until(look, "Chromium to start", timeout_s=_START_S)
    port, path = lines()[:2]
    async with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None) as browser:
        made = await Tab(browser).call("Target.createTarget", url="about:blank")
    return f"ws://127.0.0.1:{port}/devtools/page/{made['targetId']}"
