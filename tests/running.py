"""A whole stack of the tests' own, started as people start it, and the command line to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stack import Stack

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """What a command did."""

    status: int
    output: str
    errors: str

    @property
    def result(self) -> dict:  # type: ignore[type-arg]
        """The last JSON object on standard output."""
        return json.loads(self.output.strip().splitlines()[-1])

    @property
    def error(self) -> dict:  # type: ignore[type-arg]
        """What went wrong: refused at once, or the job's own error."""
        return self.result if self.result["type"] == "error" else self.result["dub"]["error"]


@dataclass(frozen=True)
class RunningStack:
    """A stack and the command line that talks to it."""

    stack: Stack

    def polydub(self, *arguments: str | Path, timeout_s: float = 400) -> Run:
        done = subprocess.run(
            [str(BIN / "polydub"), *map(str, arguments), "--server", self.stack.url],
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def dub(self, file: Path, out: Path, *to: str, **options: str) -> Run:
        """Dubs a file; progress and result as JSON lines."""
        targets = [word for language in to for word in ("--to", language)]
        extra = [word for name, value in options.items() for word in (f"--{name}", value)]
        return self.polydub("dub", file, *targets, *extra, "-o", out, "--json")

    def pid(self, process: str) -> int:
        """The process id of one of the stack's processes."""
        return next(int(p["pid"]) for p in self.stack.processes() if p["name"] == process)


def free_base_port() -> int:
    """A base port from which all of a stack's ports are free."""
    for base in range(21000, 60000, 100):
        stack = Stack(Path("unused"), base, 1)
        if all(map(_free, stack.ports().values())):
            return base
    raise AssertionError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def started(var: Path, *, replicas: int = 1, **settings: str) -> Iterator[RunningStack]:
    """A stack with these settings in its environment, until the generator is closed."""
    base = free_base_port()
    environment = {**os.environ, "POLYDUB_VAR": str(var), "POLYDUB_PORT": str(base), **settings}
    program = [sys.executable, str(ROOT / "deploy/local/stack.py")]
    try:
        subprocess.run([*program, "up", f"--replicas={replicas}"], env=environment, check=True)
        yield RunningStack(Stack(var, base, replicas))
    finally:
        subprocess.run([*program, "down"], env=environment, check=True)
