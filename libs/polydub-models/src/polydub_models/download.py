"""Fetches one file, goes on where it was cut, and gives it its name only when it is right.

Not by huggingface_hub: its 2.x throws a cut download away (each process writes a file of its own
name and deletes it on failure), and half of the sources here are plain addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from polydub_models.errors import Corrupt, ModelsError, disk_errors
from polydub_models.hub import BUSY, Hub, unreachable
from polydub_models.plan import Wanted

OnBytes = Callable[[int], None]
TRIES = 4
"""How often in a row a connection may break without a byte having come."""
_LONGEST_PAUSE_S = 20.0


def part_of(target: Path) -> Path:
    """Where a file grows until it is whole and right."""
    return target.with_name(f"{target.name}.part")


def fetch(hub: Hub, wanted: Wanted, target: Path, on_bytes: OnBytes, pause_s: float = 1.0) -> None:
    """Puts the file at ``target``, by way of ``<target>.part`` beside it.

    Args:
        on_bytes: told how many bytes came now; less than 0 where some have to come again.
        pause_s: before the first repetition; doubled each time.

    Raises:
        ModelsError: it does not come, comes wrong twice, or can't be written.
    """
    part = part_of(target)
    with disk_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(2):
            _complete(hub, wanted, part, on_bytes, pause_s)
            problem = wanted.problem(part)
            if not problem:
                part.replace(target)
                return
            on_bytes(-part.stat().st_size)
            part.unlink()
    raise Corrupt(
        f"{wanted.source} came damaged twice: it {problem}. It was deleted.",
        "Run the same command again; if it stays so, a proxy in between may change files.",
    )


def _complete(hub: Hub, wanted: Wanted, part: Path, on_bytes: OnBytes, pause_s: float) -> None:
    """Fetches until all bytes are there."""
    tries = 0
    while True:
        before = size_of(part)
        try:
            _stream(hub, wanted, part, on_bytes)
            return
        except (_Busy, httpx.TransportError) as error:
            tries = tries + 1 if size_of(part) <= before else 1
            if tries >= TRIES:
                if isinstance(error, _Busy):
                    raise error.refusal from error
                raise unreachable(wanted.url, error) from error
            asked = error.retry_after_s if isinstance(error, _Busy) else 0.0
            time.sleep(min(max(pause_s * 2 ** (tries - 1), asked), _LONGEST_PAUSE_S))


def _stream(hub: Hub, wanted: Wanted, part: Path, on_bytes: OnBytes) -> None:
    """One request: the whole file, or what is missing of it."""
    have = size_of(part)
    if wanted.size and have >= wanted.size:
        return
    # Compressed on the way, ranges and lengths would not be those of the file.
    headers = {**hub.headers(wanted.url), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with hub.client.stream("GET", wanted.url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is there, or too much: the check that follows tells
        if response.status_code in BUSY:
            raise _Busy(response, hub.refusal(response, wanted.refusal_of))
        if not response.is_success:
            raise hub.refusal(response, wanted.refusal_of)
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        if have and not goes_on:
            on_bytes(-have)
        with part.open("ab" if goes_on else "wb") as file:
            for block in response.iter_raw():  # as it comes: a cut must not cost what came
                file.write(block)
                on_bytes(len(block))


class _Busy(Exception):
    """The server asks to come again."""

    def __init__(self, response: httpx.Response, refusal: ModelsError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        told = response.headers.get("retry-after", "")
        self.retry_after_s = float(told) if told.isdigit() else 0.0


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
