"""Child processes with a time limit that never outlive the task that started them."""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Finished:
    """A child that ended by itself."""

    returncode: int
    stdout: bytes
    stderr: bytes

    def complaint(self, limit: int = 400) -> str:
        """The end of what it wrote to standard error."""
        return self.stderr.decode(errors="replace").strip()[-limit:]


def limited(argv: Sequence[str], *, memory_bytes: int, cpu_s: float | None = None) -> list[str]:
    """The command behind ``prlimit``, where the system has it.

    Args:
        memory_bytes: of address space, for each process.
        cpu_s: seconds of all its threads together, for each process.
    """
    limiter = shutil.which("prlimit")
    if limiter is None:
        return list(argv)
    cpu = [] if cpu_s is None else [f"--cpu={math.ceil(cpu_s)}"]
    return [limiter, f"--as={memory_bytes}", "--core=0", *cpu, "--", *argv]


async def run_child(
    argv: Sequence[str],
    *,
    stdin: bytes | None = None,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Runs a command without a shell and collects its output.

    Raises:
        TimeoutError: it did not end in time; it and its children were killed.
        FileNotFoundError: there is no such command.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=None if env is None else {**os.environ, **env},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_s):
            stdout, stderr = await process.communicate(stdin)
    finally:
        await kill(process)
    assert process.returncode is not None
    return Finished(process.returncode, stdout, stderr)


async def kill(process: asyncio.subprocess.Process) -> None:
    """Kills a child started with ``start_new_session`` and its own children, if it still runs."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())
