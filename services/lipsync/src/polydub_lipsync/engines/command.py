"""A lip sync program on this machine, of whatever kind: Wav2Lip, LatentSync, MuseTalk."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from polydub import artifacts, process
from polydub.blocking import OnProgress
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed, EngineUnavailable
from polydub_lipsync.engines.base import LipsyncEngine, SyncTask

VARIABLE = "POLYDUB_LIPSYNC_COMMAND"
PLACEHOLDERS = ("{video}", "{audio}", "{output}")
_PERCENT = re.compile(rb"(\d{1,3}(?:\.\d+)?)\s?%")
_BLOCK_BYTES = 4096
_COMPLAINT_BYTES = 2000


class CommandEngine(LipsyncEngine):
    """Runs a command line for each video and takes the file that it writes.

    The line is split as a shell would, then the placeholders are filled in; no shell runs. What
    the program prints like ``37%`` is its progress.

    Args:
        command: with ``{video}``, ``{audio}`` and ``{output}`` in it.
    """

    id: ClassVar[str] = "command"

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = command

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="A program on this machine",
            version=artifacts.digest(command=self._command)[:8],
            quality=Quality.STANDARD,
            licence="that of the program and of its model",
            commercial_use=True,
            neural=True,
            device="local",
            limits=("Its licence is the operator's to check: Wav2Lip's weights, for one, are not "
                    "for commercial use.",),
        )  # fmt: skip

    def available(self) -> Availability:
        sync = "sync --video {video} --audio {audio} -o {output}"
        example = f"Set {VARIABLE} to `{sync}` or the like."
        if not self._command.strip():
            return Availability.no("no program is named", example)
        try:
            words = shlex.split(self._command)
        except ValueError:
            return Availability.no(f"{VARIABLE} has a quote that is not closed", example)
        missing = [name for name in PLACEHOLDERS if not any(name in word for word in words)]
        if missing:
            return Availability.no(f"{VARIABLE} does not say {', '.join(missing)}", example)
        if shutil.which(words[0]) is None:
            return Availability.no(
                "the program is not there", f"Install the program that {VARIABLE} names."
            )
        return Availability.yes()

    async def _sync(self, task: SyncTask, on_progress: OnProgress) -> Path:
        here = self.available()
        if not here.ok:
            raise EngineUnavailable(f"command: {here.reason}.", hint=here.remedy)
        output = task.folder / "picture.mp4"
        child = await asyncio.create_subprocess_exec(
            *self._words(task, output),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=task.folder,
            env=_environment(),
            start_new_session=True,
        )
        assert child.stdout is not None and child.stderr is not None
        try:
            async with asyncio.TaskGroup() as reading:
                reading.create_task(_follow(child.stdout, on_progress))
                complaint = reading.create_task(_tail(child.stderr))
            returncode = await child.wait()
        finally:
            await process.kill(child)
        if returncode != 0:
            raise EngineFailed(f"The lip sync program failed: {_reason(complaint.result())}")
        return output

    def _words(self, task: SyncTask, output: Path) -> list[str]:
        values = dict(zip(PLACEHOLDERS, (task.video, task.audio, output), strict=True))
        return [_filled(word, values) for word in shlex.split(self._command)]


def _filled(word: str, values: Mapping[str, Path]) -> str:
    for name, value in values.items():
        word = word.replace(name, str(value.absolute()))
    return word


def _environment() -> dict[str, str]:
    """Ours without our own settings, among which are keys."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POLYDUB_")}


async def _follow(stdout: asyncio.StreamReader, on_progress: OnProgress) -> None:
    tail = b""
    while block := await stdout.read(_BLOCK_BYTES):
        tail = tail[-16:] + block
        if found := _PERCENT.findall(tail):
            await on_progress(min(1.0, float(found[-1]) / 100))


async def _tail(stderr: asyncio.StreamReader) -> bytes:
    kept = b""
    while block := await stderr.read(_BLOCK_BYTES):
        kept = (kept + block)[-_COMPLAINT_BYTES:]
    return kept


def _reason(complaint: bytes) -> str:
    """The last line of a complaint, without paths."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    return re.sub(r"\S*/\S+", "...", lines[-1])[:200] if lines else "it gave no reason"
