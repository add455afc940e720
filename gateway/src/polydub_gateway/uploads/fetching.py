"""Fetches what an address leads to: a file as such, or the video of a page."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio
import httpx

from polydub import telemetry
from polydub.errors import StageError
from polydub.store.base import CHUNK_BYTES
from polydub_gateway.uploads.guard import Guard, Rules, open_guard
from polydub_gateway.uploads.names import extension_of
from polydub_gateway.uploads.pages import Page, fetch_page

MAX_REDIRECTS = 5
MAX_URL_CHARACTERS = 4000
_TIMES = httpx.Timeout(30.0, connect=15.0)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "Mozilla/5.0 (compatible; Polydub)"}
_OVERHEAD = 1.1
_OVERHEAD_BYTES = 64 * 2**20
"""What may come beside the file: pages, TLS, fragments' headers."""
_FOLDER = "import-"
"""How folders begin into which pages are fetched."""
_PAGE_TYPES = ("text/html", "application/xhtml", "mpegurl", "dash+xml")
_PAGE_STATUSES = (401, 403, 405, 429)
"""Some sites answer only what looks like a browser; yt-dlp knows how to ask them."""
_EXTENSIONS = {
    "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "video/x-matroska": "mkv",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "audio/x-wav": "wav",
    "audio/flac": "flac", "audio/ogg": "ogg",
}  # fmt: skip

log = telemetry.logger(__name__)

Receive = Callable[[str, AsyncIterator[bytes]], Awaitable[None]]


@dataclass
class Progress:
    """How far a fetch got, and how far it may get.

    Args:
        room_bytes: how much its owner may store; None: as much as they like.
    """

    received_bytes: int = 0
    total_bytes: int | None = None
    room_bytes: int | None = None

    def note(self, received_bytes: int, total_bytes: int | None) -> None:
        """Says how far it got.

        Raises:
            StageError: ``quota_exceeded`` where more came than there is room for.
        """
        self.received_bytes, self.total_bytes = received_bytes, total_bytes
        self.check(received_bytes)

    def check(self, size_bytes: int) -> None:
        """Returns where there is room for a file of this size.

        Raises:
            StageError: ``quota_exceeded``.
        """
        if self.room_bytes is not None and size_bytes > self.room_bytes:
            raise StageError(
                "quota_exceeded",
                f"The file is larger than the {self.room_bytes} bytes that are left.",
                hint="Delete videos or dubs that are not needed, or ask an admin for more.",
            )

    @property
    def fraction(self) -> float:
        """Of the file, where its size is known."""
        if not self.total_bytes:
            return 0.0
        return min(1.0, self.received_bytes / self.total_bytes)


@dataclass(frozen=True)
class FetchLimits:
    """What a fetch may take."""

    bytes: int
    seconds: float
    pages: bool
    max_height: int


def host_of(url: str) -> str:
    """The host that an address names.

    Raises:
        StageError: ``invalid_request`` for what is no http or https address.
    """
    try:
        parts = urlsplit(url.strip())
        # Control characters mean something to those who read it after us.
        known = parts.scheme.lower() in ("http", "https") and url.strip().isprintable()
        known = known and parts.port != 0
    except ValueError:
        known = False
    if not known or not parts.hostname or len(url) > MAX_URL_CHARACTERS:
        raise StageError(
            "invalid_request", "This is no address of the web.", hint="Give one with https://."
        )
    return parts.hostname


class Fetching:
    """Fetches through a guarded way only."""

    def __init__(self, rules: Rules, limits: FetchLimits, folder: Path) -> None:
        self.rules = rules
        self._limits = limits
        self._folder = folder.absolute()  # children work in it

    async def check(self, url: str) -> None:
        """Raises:
        StageError: ``invalid_request`` or ``address_refused`` when it may not be fetched.
        """
        host, parts = host_of(url), urlsplit(url.strip())
        await self.rules.addresses(host, parts.port or (443 if parts.scheme == "https" else 80))

    async def fetch(self, url: str, progress: Progress, receive: Receive) -> None:
        """Gives the file's name and bytes to ``receive``.

        Raises:
            StageError: ``address_refused``, ``media_too_large``, ``import_failed``; what
                ``receive`` raises.
        """
        allowance = int(self._limits.bytes * _OVERHEAD) + _OVERHEAD_BYTES
        async with open_guard(self.rules, limit_bytes=allowance) as guard:
            try:
                async with _within(self._limits.seconds):
                    if not await self._fetch_file(url, guard, progress, receive):
                        await self._fetch_page(url, guard, progress, receive)
            except StageError as error:
                if guard.refusal is not None and error.code == "import_failed":
                    raise guard.refusal from error
                raise

    async def _fetch_file(
        self, url: str, guard: Guard, progress: Progress, receive: Receive
    ) -> bool:
        """False where the address leads to a page."""
        async with _client(guard) as client, _answers(client, url, guard) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if _is_page(answer.status_code, kind, str(answer.url)):
                return False
            if answer.is_error:
                raise _failed(f"The address answers with {answer.status_code}.")
            announced = answer.headers.get("content-length", "")
            progress.total_bytes = int(announced) if announced.isdigit() else None
            if progress.total_bytes is not None and progress.total_bytes > self._limits.bytes:
                raise StageError("media_too_large", f"The file has {announced} bytes.")
            progress.check(progress.total_bytes or 0)
            await receive(_name_of(answer, kind), _counted(_body(answer), progress))
        return True

    async def _fetch_page(
        self, url: str, guard: Guard, progress: Progress, receive: Receive
    ) -> None:
        if not self._limits.pages:
            raise _failed("The address leads to a page, and pages are not imported here.")
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=_FOLDER) as folder:
            page = Page(
                url=url.strip(),
                proxy=guard.url,
                folder=Path(folder),
                limit_bytes=_lower(self._limits.bytes, progress.room_bytes),
                max_height=self._limits.max_height,
            )
            try:
                found = await fetch_page(page, self._limits.seconds, progress.note)
            except StageError as error:
                if error.code == "media_too_large" and page.limit_bytes < self._limits.bytes:
                    progress.check(page.limit_bytes + 1)
                raise
            await receive(found.name, _read(found.path))

    async def remove_leftovers(self, *, older_than_s: float) -> None:
        """Removes what processes that died left of pages, where nothing was written since."""
        await asyncio.to_thread(_remove_old, self._folder, time.time() - older_than_s)


def _lower(limit_bytes: int, room_bytes: int | None) -> int:
    return limit_bytes if room_bytes is None else min(limit_bytes, room_bytes)


def _remove_old(folder: Path, before_s: float) -> None:
    for left in folder.glob(f"{_FOLDER}*"):
        written_s = [each.stat().st_mtime for each in (left, *left.rglob("*")) if each.exists()]
        if written_s and max(written_s) < before_s:
            shutil.rmtree(left, ignore_errors=True)
            log.info("removed what was left of an import")


def _client(guard: Guard) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        proxy=httpx.Proxy(guard.url),
        trust_env=False,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=_TIMES,
        headers=_HEADERS,
    )


@asynccontextmanager
async def _answers(
    client: httpx.AsyncClient, url: str, guard: Guard
) -> AsyncIterator[httpx.Response]:
    try:
        async with client.stream("GET", url.strip()) as answer:
            if guard.refusal is not None:
                raise guard.refusal
            yield answer
    except httpx.TooManyRedirects as error:
        raise _failed(f"The address leads on more than {MAX_REDIRECTS} times.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise _failed("The address leads on to something that is not of the web.") from error
    except httpx.HTTPError as error:
        raise StageError(
            "import_failed",
            f"The address can't be fetched ({type(error).__name__}).",
            retryable=isinstance(error, httpx.TransportError),
        ) from error


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_bytes():
        yield chunk


async def _counted(chunks: AsyncIterator[bytes], progress: Progress) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        progress.note(progress.received_bytes + len(chunk), progress.total_bytes)
        yield chunk


async def _read(path: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        while chunk := await file.read(CHUNK_BYTES):
            yield chunk


def _is_page(status: int, kind: str, url: str) -> bool:
    if status in _PAGE_STATUSES:
        return True
    is_manifest = urlsplit(url).path.lower().endswith((".m3u8", ".mpd"))
    return status < 400 and (is_manifest or any(each in kind for each in _PAGE_TYPES))


def _name_of(answer: httpx.Response, kind: str) -> str:
    message = Message()
    message["Content-Disposition"] = answer.headers.get("content-disposition", "attachment")
    name = message.get_filename() or unquote(urlsplit(str(answer.url)).path.rsplit("/", 1)[-1])
    if extension_of(name) == "bin" and kind in _EXTENSIONS:
        name = f"{name or 'import'}.{_EXTENSIONS[kind]}"
    return name


def _failed(message: str) -> StageError:
    return StageError("import_failed", message)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    """Raises:
    StageError: ``import_failed`` when it takes longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise _failed(f"It took longer than {seconds:.0f} seconds.") from error
