"""A model hub on loopback, with what goes wrong with real ones, and a catalogue of toy models."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from polydub_models import cli, download
from polydub_models.catalogue import Catalogue, parse

BIG = bytes(range(256)) * 4096
"""A megabyte."""
SMALL = b'{"a": 1}\n'
FIRST, LATER = "1" * 40, "2" * 40


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    range: str
    authorization: str
    sent: int


@dataclass
class ToyHub:
    """What the server gives, and what it was asked."""

    url: str = ""
    commit: str = FIRST
    files: dict[str, dict[str, bytes]] = field(
        default_factory=lambda: {
            FIRST: {"model.bin": BIG, "config.json": SMALL},
            LATER: {"model.bin": BIG[::-1], "config.json": SMALL},
        }
    )
    token: str = ""
    cut_after: int | None = None
    cuts: int = 0
    damaged: int = 0
    refuses: bool = False
    requests: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, ending: str) -> list[Asked]:
        return [each for each in self.requests if each.path.endswith(ending)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: ToyHub

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.hub, self.path.split("?")[0]
        if hub.refuses:
            self._refuse(503, "")
        elif path.startswith("/api/models/"):
            self._info(path)
        elif hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._refuse(401, "GatedRepo")
        elif "/resolve/" in path:
            _, _, rest = path.partition("/resolve/")
            commit, _, name = rest.partition("/")
            self._file(hub.files.get(commit, {}).get(name), commit)
        else:
            self._file(BIG if path == "/plain/weights.th" else None, "")

    def _info(self, path: str) -> None:
        commit = path.rpartition("/revision/")[2] if "/revision/" in path else "main"
        commit = self.hub.commit if commit == "main" else commit
        siblings = [_sibling(name, data) for name, data in self.hub.files[commit].items()]
        body = json.dumps({"sha": commit, "siblings": siblings}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self._note(len(body))

    def _file(self, data: bytes | None, commit: str) -> None:
        if data is None:
            self._refuse(404, "EntryNotFound")
            return
        hub, wanted = self.hub, self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(data) and start:
            self._refuse(416, "")
            return
        body = data[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        with hub.lock:
            if hub.damaged and len(data) > 1000:
                hub.damaged -= 1
                body = body[:500] + bytes([body[500] ^ 1]) + body[501:]
            cut = hub.cut_after if hub.cuts and len(body) > (hub.cut_after or 0) else None
            if cut is not None:
                hub.cuts -= 1
        self.wfile.write(body if cut is None else body[:cut])
        self._note(len(body) if cut is None else cut)
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True

    def _refuse(self, status: int, code: str) -> None:
        self._note(0)  # before the answer: who has it may look at once
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _note(self, sent: int) -> None:
        given = {name: self.headers.get(name, "") for name in ("Range", "Authorization")}
        with self.hub.lock:
            self.hub.requests.append(
                Asked(self.command, self.path.split("?")[0], *given.values(), sent)
            )


def _sibling(name: str, data: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    told: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": blob}
    if len(data) > 1000:
        told["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return told


@pytest.fixture
def hub() -> Iterator[ToyHub]:
    toy = ToyHub()
    handler = type("ToyHandler", (Handler,), {"hub": toy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    toy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield toy
    server.shutdown()
    thread.join()
    server.server_close()


def toy_catalogue(hub_url: str) -> Catalogue:
    """`toy` is pinned by nobody, `plain` by a checksum; the others have terms."""
    common = 'about = "a toy"\nlicence = "MIT"\nstage = "asr"\nengine = "faster-whisper"\n'
    both = 'files = [{ remote = "model.bin" }, { remote = "config.json" }]\n'
    digest = hashlib.sha256(BIG).hexdigest()
    return parse(
        f"""
[[model]]
id = "toy"
folder = "asr/faster-whisper/toy"
repo = "acme/toy"
commercial_use = true
profiles = ["light"]
languages = ["es"]
{common}{both}
[model.generated]
"polydub.json" = '{{"revision": "@COMMIT@"}}'

[[model]]
id = "plain"
folder = "separation/htdemucs"
page = "x"
commercial_use = true
profiles = ["light"]
{common}files = [{{ url = "{hub_url}/plain/weights.th", sha256 = "{digest}", size = {len(BIG)} }}]

[[model]]
id = "closed"
folder = "diarization/pyannote/closed"
repo = "acme/closed"
commercial_use = true
gated = true
{common}{both}
[[model]]
id = "noncommercial"
folder = "tts/xtts/v2"
repo = "acme/nc"
commercial_use = false
{common}{both}
"""
    )


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "var" / "models"


@pytest.fixture
def polydub(hub: ToyHub, models: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls `polydub models ...`; the environment is what the call names."""
    for name in ("HF_TOKEN", "OFFLINE", "HF_HUB_OFFLINE", "POLYDUB_ALLOW_NONCOMMERCIAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("POLYDUB_MODEL_MIRROR", raising=False)
    monkeypatch.setattr(cli, "shipped", lambda: toy_catalogue(hub.url))
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)

    def run(*arguments: object, **environment: str) -> Any:
        env = {"POLYDUB_MODEL_DIR": str(models), "HF_ENDPOINT": hub.url, "COLUMNS": "200"}
        runner = CliRunner(env={**env, **environment})
        return runner.invoke(cli.app, [str(each) for each in arguments], catch_exceptions=False)

    return run
