"""Running an engine that hears talks in a child process of its own.

A process of its own can be stopped at once, gives all its memory back, and takes nobody with it
when a library ends its process.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import structlog

from polydub import process
from polydub.blocking import OnProgress
from polydub.errors import EngineFailed
from polydub_diarization.engines.chunks import Chunk, chunk_of

log = structlog.get_logger(__name__)

_LONGEST_LINE = 2**26


async def listen(
    module: ModuleType, orders: Mapping[str, Any], on_progress: OnProgress | None
) -> list[Chunk]:
    """Runs ``python -m <module> <orders as JSON>`` and collects what it tells.

    Raises:
        EngineFailed: it could not load its models, or broke off.
    """
    heard: list[Chunk] = []
    told: set[str] = set()
    async with _child(module, orders) as child:
        async for line in _lines(child):
            told |= line.keys()
            if "chunk" in line:
                heard.append(chunk_of(line["chunk"]))
            elif "note" in line:
                log.warning("diarization engine", note=line["note"])
            elif "done" in line and on_progress is not None:
                await on_progress(line["done"])
        await child.wait()
    if "loaded" not in told:
        raise EngineFailed(
            "The model's files are damaged, or of another kind than they should be.",
            retryable=False,
        )
    if "end" not in told:
        raise EngineFailed(f"The engine's process broke off (status {child.returncode}).")
    return heard


@asynccontextmanager
async def _child(
    module: ModuleType, orders: Mapping[str, Any]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The running child; killed where the caller does not wait for its end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module.__name__, json.dumps(orders),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        await process.kill(child)


async def _lines(child: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    assert child.stdout is not None
    async for line in child.stdout:
        fields: dict[str, Any] = json.loads(line)
        yield fields
