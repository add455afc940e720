"""One Apertium language pair as a persistent child process."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from polydub.blocking import Tick

_END = b"\0"
_TAIL = "[][\n]"
"""What ``apertium-destxt`` puts behind a text: an empty blank, which makes the analyser finish
the last word, and the line's end as formatting."""
_CHUNK_BYTES = 65_536
_TICK_S = 0.2
_CLOSE_WAIT_S = 2.0


class ChildDied(Exception):
    """The child ended, or was never able to start. A new one may do better."""


class ChildTimeout(Exception):
    """The child did not answer in time; it was killed, since its next answer would be stale."""


def pipeline_of(mode_file: Path) -> str:
    """The shell pipeline of a mode with ``-z`` in every program, so that NUL flushes it.

    ``apertium -f none -z`` can't be used for this: its gawk wrapper buffers what comes out.

    Raises:
        ChildDied: when the mode can't be read.
    """
    done = subprocess.run(
        ["apertium-wblank-mode", "-z", str(mode_file)],
        capture_output=True,
        check=False,
        timeout=30,
    )
    script = done.stdout.decode().strip()
    if done.returncode != 0 or not script:
        raise ChildDied(f"the mode {mode_file.stem} can't be read")
    return script


class ApertiumChild:
    """A running language pair. Threads take turns; one request is under way at a time.

    Request: escaped text and NUL. Answer: translated text, with marks, and NUL.
    """

    def __init__(self, mode_file: Path) -> None:
        self.mode = mode_file.stem
        self.last_used = time.monotonic()
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            ["bash", "-c", pipeline_of(mode_file), self.mode, "-g", ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)

    @property
    def pid(self) -> int:
        """The child's process, which leads its process group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._stdin.closed and self._process.poll() is None

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    def request(self, escaped: str, *, timeout_s: float, tick: Tick) -> str:
        """The answer to one line.

        Raises:
            ChildDied: the child ended before or while it answered.
            ChildTimeout: it did not answer in time.
        """
        deadline = time.monotonic() + timeout_s
        self._acquire(deadline, tick)
        try:
            self.last_used = time.monotonic()
            answer = self._exchange((escaped + _TAIL).encode() + _END, deadline, tick)
        except BaseException:
            # Half an answer may be on its way: whoever asks next must not get it.
            self._end()
            raise
        finally:
            self._lock.release()
        return answer.decode(errors="replace").replace(_TAIL, "")

    def kill(self) -> None:
        """Ends the child and all programs of its pipeline; a request under way fails."""
        if not self._lock.acquire(blocking=False):
            self._signal()
            return
        try:
            # At the end of its input the pipeline ends by itself, and its shell reaps it.
            self._stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_WAIT_S)
            self._end()
        finally:
            self._lock.release()

    def _end(self) -> None:
        """Frees the pipes too. Only for the thread whose turn it is."""
        self._signal()
        self._stdin.close()
        self._stdout.close()

    def _signal(self) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _acquire(self, deadline: float, tick: Tick) -> None:
        while not self._lock.acquire(timeout=_TICK_S):
            tick(0.0)
            if time.monotonic() > deadline:
                raise ChildTimeout(self.mode)

    def _exchange(self, request: bytes, deadline: float, tick: Tick) -> bytes:
        """Writes and reads in turns as the pipes allow, so that neither side blocks the other."""
        if not self.alive:
            raise ChildDied(self.mode)
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdin, selectors.EVENT_WRITE)
            selector.register(self._stdout, selectors.EVENT_READ)
            while not answer.endswith(_END):
                for key, _ in selector.select(_TICK_S):
                    if key.fileobj is self._stdout:
                        answer += self._read()
                    else:
                        request = request[self._write(request) :]
                        if not request:
                            selector.unregister(self._stdin)
                tick(0.0)
                if time.monotonic() > deadline:
                    raise ChildTimeout(self.mode)
        if answer.count(_END) != 1 or _TAIL.encode() not in answer:
            # What is left of a pipeline when one of its programs has died.
            raise ChildDied(self.mode)
        return bytes(answer[:-1])

    def _read(self) -> bytes:
        chunk = os.read(self._stdout.fileno(), _CHUNK_BYTES)
        if not chunk:
            raise ChildDied(self.mode)
        return chunk

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._stdin.fileno(), data[:_CHUNK_BYTES])
        except BrokenPipeError as error:
            raise ChildDied(self.mode) from error
