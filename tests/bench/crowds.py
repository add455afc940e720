"""A thousand clients at once on one gateway: what fails, and what each takes of its memory.

``python tests/bench/crowds.py URL DUB CLIENTS SECONDS`` is one of the processes that load it.
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import processes
from jobs import clip_of, dub
from stack import Stack
from tables import table

CLIENTS = 1000
SECONDS = 60.0
_LOADERS = 2
_SPARE_FILES = 100
_THINK_S = 2.0
"""Between a client's calls, as between a person's."""


@dataclass
class Seen:
    """What clients saw."""

    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    streams: int = 0
    """Event streams that said something and then stayed open to the end."""


def crowds(stack: Stack, folder: Path) -> None:
    """Of each four clients one looks at a dub, one at its history, one at the list of dubs; the
    fourth holds the list's event stream open."""
    job_id = dub(stack, clip_of(folder, 12)).id
    gateway = processes.pids(stack)["gateway"]
    _load(stack.url, job_id, 50, 3.0)  # what is made on first use is made
    before_mb, _ = processes.resident_mb(gateway)
    began = time.perf_counter()
    with processes.watched_memory({"gateway": gateway}) as memory:
        seen = _load(stack.url, job_id, CLIENTS, SECONDS)
    took_s = time.perf_counter() - began
    after_mb, _ = processes.resident_mb(gateway)
    peak_mb = memory.alone["gateway"]
    cuts = statistics.quantiles(seen.seconds, n=100)
    table(
        f"{CLIENTS} clients at once for {SECONDS:g} s, {_LOADERS} processes of them",
        ("", ""),
        [
            ("calls answered", sum(seen.calls.values())),
            ("errors", dict(seen.errors) or 0),
            ("event streams held to the end", seen.streams),
            ("calls a second", f"{sum(seen.calls.values()) / took_s:.0f}"),
            ("an answer takes ms, p50 / p95 / p99",
             " / ".join(f"{1000 * cuts[at]:.0f}" for at in (49, 94, 98))),
            ("gateway MB, before / peak / after",
             f"{before_mb:.0f} / {peak_mb:.0f} / {after_mb:.0f}"),
            ("KB for each client at the peak", f"{1024 * (peak_mb - before_mb) / CLIENTS:.0f}"),
        ],
    )  # fmt: skip


def _load(url: str, job_id: str, clients: int, seconds: float) -> Seen:
    share = math.ceil(clients / _LOADERS)
    command = [sys.executable, __file__, url, job_id, str(share), str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(_LOADERS)]
    whole = Seen()
    for each in running:
        output, _ = each.communicate(timeout=seconds * 4 + 120)
        if each.returncode:
            raise SystemExit("The clients could not be played: see above.")
        told = json.loads(output)
        whole.calls.update(told["calls"])
        whole.errors.update(told["errors"])
        whole.seconds += told["seconds"]
        whole.streams += told["streams"]
    return whole


# --- one of the processes --------------------------------------------------------------------


async def _crowd(url: str, job_id: str, clients: int, seconds: float) -> Seen:
    """So many clients, each with connections of its own, who begin one after the other."""
    seen, until = Seen(), time.monotonic() + seconds
    path = f"/v1/dubs/{job_id}"
    kinds = (_looks(path), _looks(f"{path}/events"), _looks("/v1/dubs?limit=20"), _follows)

    async def client(number: int) -> None:
        await asyncio.sleep(number / clients * _THINK_S)
        # No certificates are looked at over http; reading them for each client takes long.
        async with httpx.AsyncClient(
            base_url=url, timeout=60, trust_env=False, verify=False
        ) as http:
            await kinds[number % len(kinds)](http, seen, until)

    await asyncio.gather(*map(client, range(clients)))
    return seen


def _looks(path: str) -> Callable[[httpx.AsyncClient, Seen, float], Awaitable[None]]:
    async def look(client: httpx.AsyncClient, seen: Seen, until: float) -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                answer = await client.get(path)
            except httpx.TransportError as error:
                seen.errors[type(error).__name__] += 1
            else:
                seen.seconds.append(time.perf_counter() - began)
                if answer.status_code == 200:
                    seen.calls[path] += 1
                else:
                    seen.errors[str(answer.status_code)] += 1
            await asyncio.sleep(_THINK_S)

    return look


async def _follows(client: httpx.AsyncClient, seen: Seen, until: float) -> None:
    """The list's event stream, which does not end by itself."""
    heard = False
    try:
        async with asyncio.timeout(until - time.monotonic()):
            async with client.stream("GET", "/v1/events") as answer:
                if answer.status_code != 200:
                    seen.errors[str(answer.status_code)] += 1
                    return
                async for line in answer.aiter_lines():
                    heard = heard or line.startswith("data: ")
        seen.errors["stream ended"] += 1
    except TimeoutError:
        seen.streams += heard
        seen.errors.update({} if heard else {"silent stream": 1})
    except httpx.TransportError as error:
        seen.errors[type(error).__name__] += 1


def _raise_file_limit(needed: int) -> None:
    """As many open files as clients; ends the process where the system allows fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"{needed} open files are needed and {hard} allowed: raise it with `ulimit -Hn`.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))


def main() -> None:
    url, job_id, clients, seconds = sys.argv[1:]
    _raise_file_limit(int(clients) + _SPARE_FILES)
    seen = asyncio.run(_crowd(url, job_id, int(clients), float(seconds)))
    print(json.dumps(vars(seen)))


if __name__ == "__main__":
    main()
