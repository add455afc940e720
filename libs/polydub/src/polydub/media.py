"""The one runner of ffmpeg and ffprobe: restricted, watched, and killed when not wanted any more.

Filter graphs are built where they are used; this module only runs them. Inputs are local files:
no network protocol is open to a file that comes from a stranger.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from polydub import process
from polydub.errors import MediaError, StageError

PROTOCOLS = "file"
FORMATS = ",".join(
    (
        # what people send
        "mov", "mp4", "matroska", "webm", "avi", "asf", "flv", "mpeg", "mpegts", "mpegvideo",
        "mxf", "gxf", "h264", "hevc", "ivf", "rm", "dv", "nut", "wtv",
        "mp3", "wav", "w64", "aac", "ac3", "eac3", "dts", "truehd", "flac", "ogg", "aiff", "au",
        "caf", "amr", "amrnb", "amrwb", "ape", "wv", "tta", "mpc", "mpc8", "aea", "oma", "loas",
        # what stages write and read again
        "srt", "webvtt", "ass", "ffmetadata", "yuv4mpegpipe",
    )
)  # fmt: skip
"""The demuxers that may read a file. None of them opens another file or an address, as playlists
(hls, dash, concat, imf), scripts and pictures with references (svg) do."""
MEMORY_LIMIT_BYTES = 8 * 2**30
"""Address space of a child. Far above what a decode takes; it stops a crafted file's explosion."""
MAX_ALLOC_BYTES = 2**30
"""The largest single block that ffmpeg may take: no header makes it take more."""
PROBE_TIMEOUT_S = 60.0
_STDERR_LIMIT = 64 * 1024

OnFraction = Callable[[float], Awaitable[None]]


async def probe(path: Path, *, timeout_s: float = PROBE_TIMEOUT_S) -> dict[str, Any]:
    """What ``ffprobe`` says of a file: its ``format`` and ``streams`` objects.

    Raises:
        MediaError: ``media_empty`` or ``media_unreadable``.
        StageError: ``engine_timeout``.
    """
    if path.stat().st_size == 0:
        raise MediaError("media_empty", "The file is empty.")
    argv = [
        "ffprobe", "-v", "error", "-max_alloc", str(MAX_ALLOC_BYTES),
        "-show_format", "-show_streams", "-of", "json", *input_file(path),
    ]  # fmt: skip
    argv = process.limited(argv, memory_bytes=MEMORY_LIMIT_BYTES, cpu_s=timeout_s)
    try:
        done = await process.run_child(argv, timeout_s=timeout_s)
    except TimeoutError as error:
        raise StageError("engine_timeout", "Reading the file's headers took too long.") from error
    if done.returncode != 0:
        raise MediaError("media_unreadable", f"The file can't be read: {_reason(done.complaint())}")
    found: dict[str, Any] = json.loads(done.stdout)
    if not found.get("streams"):
        raise MediaError("media_unreadable", "The file holds no audio and no video.")
    return found


async def run_ffmpeg(
    arguments: Sequence[str],
    *,
    timeout_s: float,
    duration_s: float | None = None,
    on_fraction: OnFraction | None = None,
) -> str:
    """Runs ``ffmpeg`` with these arguments (inputs, graph, outputs); what it complained of.

    Name inputs as ``file:...`` after ``-protocol_whitelist`` (:func:`input_file` does both).
    The task's cancellation kills the child.

    Args:
        duration_s: length of the output, which makes ``on_fraction`` possible.

    Raises:
        StageError: ``engine_timeout``, or ``engine_failed`` with the end of its complaint.
    """
    argv = [
        "ffmpeg", "-hide_banner", "-nostdin", "-y", "-v", "warning",
        "-max_alloc", str(MAX_ALLOC_BYTES), "-progress", "pipe:1", "-nostats", *arguments,
    ]  # fmt: skip
    # Every core may be busy until the time is up.
    cpu_s = timeout_s * (os.cpu_count() or 1)
    child = await asyncio.create_subprocess_exec(
        *process.limited(argv, memory_bytes=MEMORY_LIMIT_BYTES, cpu_s=cpu_s),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdout is not None and child.stderr is not None
    complaints = asyncio.create_task(_tail(child.stderr))
    try:
        async with asyncio.timeout(timeout_s):
            await _follow(child.stdout, duration_s, on_fraction)
            returncode = await child.wait()
            complaint = await complaints
    except TimeoutError as error:
        raise StageError("engine_timeout", "ffmpeg took too long.") from error
    finally:
        await process.kill(child)
        complaints.cancel()
    if returncode != 0:
        raise StageError("engine_failed", f"ffmpeg failed: {_reason(complaint)}", retryable=False)
    return complaint


def input_file(path: Path) -> list[str]:
    """The arguments that open a local file as input, with no other file or address in reach."""
    return ["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i", f"file:{path}"]


async def _follow(
    stdout: asyncio.StreamReader, duration_s: float | None, on_fraction: OnFraction | None
) -> None:
    async for line in stdout:
        name, _, value = line.decode(errors="replace").strip().partition("=")
        if name == "out_time_us" and duration_s and on_fraction and value.lstrip("-").isdigit():
            await on_fraction(min(1.0, max(0.0, int(value) / 1e6 / duration_s)))


async def _tail(stderr: asyncio.StreamReader) -> str:
    kept = b""
    while chunk := await stderr.read(8192):
        kept = (kept + chunk)[-_STDERR_LIMIT:]
    return kept.decode(errors="replace").strip()


def _reason(complaint: str) -> str:
    """The last line of a complaint, without the file's path."""
    line = complaint.splitlines()[-1] if complaint else "no reason given"
    return re.sub(r"(file:)?\S*/\S+: ", "", line)[:200]
