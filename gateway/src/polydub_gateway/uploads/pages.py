"""The video of a page, by yt-dlp as a child process that reaches nothing but our guarded way."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from polydub import media, process
from polydub.errors import StageError

MEMORY_BYTES = 2 * 2**30
_KEPT_COMPLAINT = 16 * 1024
_PROGRESS, _TITLE = "polydub-progress", "polydub-title"
_TOO_LARGE = "File is larger than max-filesize"
_PARTIAL = (".part", ".ytdl", ".temp", ".tmp")

OnBytes = Callable[[int, int | None], None]

_REASONS: tuple[tuple[str, str], ...] = (
    # yt-dlp has no error codes; its messages are its sites' own words, which these patterns know.
    (r"private video|video is private", "The video is private."),
    (r"confirm your age|age.restricted|inappropriate for some", "The video has an age limit and "
     "is only shown to people who sign in."),
    (r"sign in|log ?in|logged.in|cookies|registered users|account", "The page shows its video only "
     "to people who sign in."),
    (r"members.only|join this channel|premium|subscribe", "The video is for paying members only."),
    (r"geo.?restrict|not available in your country|not made this video available in your",
     "The video is not shown where this server stands."),
    (r"drm", "The video is protected against copying (DRM)."),
    (r"live event|is live|premieres in|does not pass filter", "The video is live, or has not "
     "begun yet."),
    (r"removed|no longer available|video unavailable|does not exist|has been terminated",
     "The video is not there any more."),
    (r"http error 404|http error 410", "The address leads to nothing (404)."),
    (r"http error 429|too many requests", "The site refuses more requests for now."),
    (r"unsupported url|no video|no media|requested format|no formats", "No video was found at "
     "this address."),
    (r"timed? ?out", "The site does not answer in time."),
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """What is to be fetched, by which way, where to, and how much of it."""

    url: str
    proxy: str
    folder: Path
    limit_bytes: int
    max_height: int


@dataclass(frozen=True)
class PageFile:
    """A file that was fetched, and how it should be called."""

    path: Path
    name: str


async def fetch_page(page: Page, timeout_s: float, on_bytes: OnBytes) -> PageFile:
    """Fetches the one video of a page.

    Raises:
        StageError: ``import_failed``, saying why in plain words; ``media_too_large``.
    """
    title = await _download(page, on_bytes)
    files = sorted(
        (each for each in page.folder.iterdir() if each.suffix not in _PARTIAL and each.is_file()),
        key=lambda each: -each.stat().st_size,
    )
    if not files:
        raise StageError("import_failed", "No video was found at this address.")
    path = files[0] if len(files) == 1 else await _joined(files[:2], page.folder, timeout_s)
    return PageFile(path, f"{title or 'import'}{path.suffix}")


async def _download(page: Page, on_bytes: OnBytes) -> str:
    """The video's title; the folder holds what was downloaded."""
    child = await asyncio.create_subprocess_exec(
        *process.limited(
            [sys.executable, "-I", "-m", "yt_dlp", *_options(page)], memory_bytes=MEMORY_BYTES
        ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=page.folder,
        env=_environment(page.folder),
        start_new_session=True,
    )
    assert child.stdin and child.stdout and child.stderr
    complaints = asyncio.create_task(_tail(child.stderr))
    try:
        # By its input, because everyone on this machine can read a process's arguments.
        child.stdin.write(f"--proxy {page.proxy}\n{shlex.quote(page.url)}\n".encode())
        child.stdin.close()
        title = await _follow(child.stdout, on_bytes)
        returncode = await child.wait()
        complaint = await complaints
    finally:
        await process.kill(child)
        complaints.cancel()
    if returncode != 0:
        raise _explained(complaint)
    return title


def _options(page: Page) -> list[str]:
    """What yt-dlp may do: no configuration, plugins, cookies, playlists, nor other programs."""
    small = f"[height<=?{page.max_height}]"
    single = f"b{small}/b"
    # Sound and picture may come apart only where we can join them.
    formats = f"bv*{small}+ba/{single}" if shutil.which("ffmpeg") else single
    return [
        "--ignore-config", "--config-locations", "-", "--no-plugin-dirs", "--no-cache-dir",
        "--no-cookies", "--no-cookies-from-browser", "--no-playlist", "--playlist-items", "1",
        "--match-filters", "!is_live", "--no-mtime", "--no-abort-on-error",
        # It would run ffmpeg on strangers' files without our restrictions.
        "--ffmpeg-location", str(page.folder / "none"), "--fixup", "never",
        "--downloader", "native", "--socket-timeout", "30", "--retries", "3",
        "--max-filesize", str(page.limit_bytes), "--format", formats,
        "--paths", str(page.folder), "--output", "media.%(ext)s", "--restrict-filenames",
        "--no-simulate", "--no-quiet", "--no-warnings", "--color", "never",
        "--progress", "--newline",
        "--print", f"before_dl:{_TITLE} %(title).150s",
        "--progress-template", f"download:{_PROGRESS} %(progress.downloaded_bytes)s "
        "%(progress.total_bytes)s %(progress.total_bytes_estimate)s",
    ]  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: our environment holds keys."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
    }


async def _follow(stdout: asyncio.StreamReader, on_bytes: OnBytes) -> str:
    title = ""
    async for line in stdout:
        kind, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        if kind == _TITLE:
            title = rest
        elif _TOO_LARGE in rest:  # no error to yt-dlp, which goes on to its next file
            raise StageError("media_too_large", "The video is larger than this deployment accepts.")
        elif kind == _PROGRESS:
            received, total, estimate = (_number(each) for each in (*rest.split(), "", "", "")[:3])
            on_bytes(received or 0, total or estimate)
    return title


def _number(text: str) -> int | None:
    try:
        return int(float(text))
    except ValueError:
        return None


async def _tail(stderr: asyncio.StreamReader) -> str:
    kept = b""
    while chunk := await stderr.read(8192):
        kept = (kept + chunk)[-_KEPT_COMPLAINT:]
    return kept.decode("utf-8", "replace")


async def _joined(files: list[Path], folder: Path, timeout_s: float) -> Path:
    """Picture and sound in one file, nothing encoded anew."""
    path = folder / "joined.mkv"
    inputs = [argument for each in files for argument in media.input_file(each)]
    try:
        await media.run_ffmpeg(
            [*inputs, "-map", "0:v?", "-map", "0:a?", "-map", "1:v?", "-map", "1:a?",
             "-c", "copy", str(path)],
            timeout_s=timeout_s,
        )  # fmt: skip
    except StageError as error:
        raise StageError("import_failed", "Its picture and sound can't be joined.") from error
    return path


def _explained(complaint: str) -> StageError:
    errors = [line for line in complaint.splitlines() if line.startswith("ERROR:")]
    lowered = "\n".join(errors or [complaint]).lower()
    for pattern, words in _REASONS:
        if re.search(pattern, lowered):
            return StageError("import_failed", words)
    return StageError("import_failed", "The page's video can't be fetched.")
