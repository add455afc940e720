"""How fast uploads come in, beside nginx taking the same bytes into a file."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from stack import Stack
from tables import table
from tusclient.client import TusClient

from polydub.testing.servers import free_port

SIZE_MIB = int(os.environ.get("POLYDUB_TEST_UPLOAD_MIB", "300"))
_MIB = 2**20
_TIMES = 3
_BLOCK_BYTES = _MIB
_NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; {user}
worker_processes 1; events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {folder}/temp;
  server {{
    listen 127.0.0.1:{port};
    location / {{ root {folder}/files; dav_methods PUT; create_full_put_path on; }}
  }}
}}
"""


def uploading(stack: Stack, folder: Path) -> None:
    """The same bytes by each way, the fastest of a few times; a row is skipped with its reason."""
    ways: dict[str, Callable[[Path], None]] = {
        "`PUT /v1/videos`": lambda film: _put(f"{stack.url}/v1/videos?filename=film.mp4", film),
        "tus, one request": lambda film: _tus(stack, film, chunk_mib=None),
        "tus, chunks of 32 MiB": lambda film: _tus(stack, film, chunk_mib=32),
    }
    with _nginx(folder / "nginx") as url:
        nginx_s = _fastest(folder, lambda film: _put(f"{url}/film.mp4", film)) if url else None
    took = {name: _fastest(folder, way) for name, way in ways.items()}
    rows = [("nginx, PUT to a file", nginx_s)] if nginx_s else []
    table(
        f"{SIZE_MIB} MiB uploaded over loopback, the median of {_TIMES}",
        ("", "MiB a second", "ratio to nginx"),
        (
            (name, f"{SIZE_MIB / took_s:.0f}", f"{nginx_s / took_s:.2f}" if nginx_s else "-")
            for name, took_s in (*rows, *took.items())
        ),
    )


def _fastest(folder: Path, way: Callable[[Path], None]) -> float:
    times = []
    for _ in range(_TIMES):
        film = _film(folder / "film.mp4")
        began = time.perf_counter()
        way(film)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _film(path: Path) -> Path:
    """A video that nobody has uploaded, filled up to the size with a free box (ISO 14496-12)."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=64x64:duration=1",
         "-f", "lavfi", "-i", "sine=duration=1", "-movflags", "+faststart", "-shortest",
         str(path)],
        check=True,
    )  # fmt: skip
    rest = SIZE_MIB * _MIB - path.stat().st_size
    with path.open("ab") as file:
        file.write(rest.to_bytes(4, "big") + b"free" + os.urandom(_MIB))
        filling = os.urandom(_MIB)
        while file.tell() < SIZE_MIB * _MIB:
            file.write(filling[: SIZE_MIB * _MIB - file.tell()])
    return path


def _put(url: str, film: Path) -> None:
    def blocks() -> Iterator[bytes]:
        with film.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block

    headers = {"Content-Length": str(film.stat().st_size)}
    with httpx.Client(timeout=300, trust_env=False) as client:
        client.put(url, content=blocks(), headers=headers).raise_for_status()


def _tus(stack: Stack, film: Path, *, chunk_mib: int | None) -> None:
    client = TusClient(f"{stack.url}/v1/uploads")
    size = {} if chunk_mib is None else {"chunk_size": chunk_mib * _MIB}
    client.uploader(str(film), metadata={"filename": "film.mp4"}, **size).upload()


@contextmanager
def _nginx(folder: Path) -> Iterator[str | None]:
    """Where nginx takes files; None where it can't be had, and says why."""
    program = shutil.which("nginx") or _installed()
    if program is None:
        yield None
        return
    (folder / "files").mkdir(parents=True)
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, user=user))
    child = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait()


def _installed() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("Without nginx: install it (`apt-get install nginx-light`) for its row.")
        return None
    print("Installing nginx (apt-get install nginx-light); it is not started as a service.")
    # Debian's package would start it on port 80.
    policy = Path("/usr/sbin/policy-rc.d")
    mine = not policy.exists()
    if mine:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"]
        done = subprocess.run(command, capture_output=True, text=True)
    finally:
        if mine:
            policy.unlink()
    if done.returncode:
        print(f"Without nginx: apt-get failed: {done.stderr.strip().splitlines()[-1:]}")
    return shutil.which("nginx")


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("nginx does not listen")
