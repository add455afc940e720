"""What the stack's processes and all their children take, read from /proc (see proc(5))."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stack import Stack

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
_LOOK_EVERY_S = 0.5
_RESET_PEAK = "5"


@dataclass
class Memory:
    """The highest resident memory of each of the stack's processes, in MB."""

    alone: dict[str, float] = field(default_factory=dict)
    """The kernel's own high-water mark."""
    with_children: dict[str, float] = field(default_factory=dict)
    """As seen twice a second; pages that a child shares with its parent count twice."""


def pids(stack: Stack) -> dict[str, int]:
    """The stack's processes by name."""
    return {str(p["name"]): int(p["pid"]) for p in stack.processes()}


def resident_mb(pid: int) -> tuple[float, float]:
    """Resident memory of one process now and at its highest, children not counted."""
    status = Path(f"/proc/{pid}/status").read_text()
    sizes = {
        line.split(":")[0]: int(line.split()[1]) / 1024
        for line in status.splitlines()
        if line.startswith(("VmRSS", "VmHWM"))
    }
    return sizes["VmRSS"], sizes["VmHWM"]


def cpu_s(processes: Mapping[str, int]) -> dict[str, float]:
    """Seconds of CPU that each process and its children have taken so far, dead children too."""
    trees = _trees(processes)
    return {name: sum(_cpu_s(pid) for pid in tree) for name, tree in trees.items()}


@contextmanager
def watched_memory(processes: Mapping[str, int]) -> Iterator[Memory]:
    """Fills in the highest resident memory while the block runs."""
    memory = Memory()
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            for name, tree in _trees(processes).items():
                now = sum(map(_resident_mb, tree))
                memory.with_children[name] = max(now, memory.with_children.get(name, 0.0))

    for pid in processes.values():
        Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        over.set()
        watcher.join()
        memory.alone = {name: resident_mb(pid)[1] for name, pid in processes.items()}


def _trees(processes: Mapping[str, int]) -> dict[str, list[int]]:
    """Each process with its living descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (found := _stat(int(folder.name))):
            children.setdefault(int(found[1]), []).append(int(folder.name))
    return {name: list(_descent(pid, children)) for name, pid in processes.items()}


def _descent(pid: int, children: Mapping[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _descent(child, children)


def _cpu_s(pid: int) -> float:
    """Own time and that of children it has waited for: utime, stime, cutime, cstime."""
    found = _stat(pid)
    return sum(map(int, found[11:15])) / _TICKS_PER_S if found else 0.0


def _resident_mb(pid: int) -> float:
    found = _stat(pid)
    return int(found[21]) * _PAGE_MB if found else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on; empty where the process has gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        # The second field is the program's name in brackets, which may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []
