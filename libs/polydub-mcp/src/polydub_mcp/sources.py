"""From what an assistant names to a video on the server."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from pathlib import Path

from mcp.server.mcpserver import Context

from polydub_client import AsyncPolydub
from polydub_client.importing import ImportWatch
from polydub_mcp.roots import Roots

_VIDEO_ID = re.compile(r"vid_[0-9A-Za-z]+")


async def video_id_of(client: AsyncPolydub, roots: Roots, source: str, ctx: Context) -> str:
    """The id of a video, once the server has it; tells how far that is.

    Raises:
        ToolError: for a path that is not allowed.
        PolydubError: why no video came of it.
    """
    if _VIDEO_ID.fullmatch(source):
        return source
    if source.startswith(("http://", "https://")):
        return await _fetched(client, source, ctx)
    return await _sent(client, roots.file(source), ctx)


async def _sent(client: AsyncPolydub, file: Path, ctx: Context) -> str:
    told: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    async def tell() -> None:
        while True:
            done, total = await told.get()
            await ctx.report_progress(done, total, f"Sending {file.name}")

    telling = asyncio.create_task(tell())
    try:
        moved = lambda done, total: told.put_nowait((done, total))  # noqa: E731 - one use
        return (await client.upload_video(file, progress=moved)).id
    finally:
        telling.cancel()


async def _fetched(client: AsyncPolydub, url: str, ctx: Context) -> str:
    begun = await client.videos.begin_import(url)
    now = begun
    async with aclosing(client.videos.watch_import(begun.id)) as looks:
        async for now in looks:
            await ctx.report_progress(now.progress, 1.0, f"Fetching from {now.host}")
    return ImportWatch.video_of(now).id
