"""A gateway on loopback that speaks the real contract and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from polydub_client import RetryPolicy

VIDEO = {
    "id": "vid_1", "filename": "talk.mp4", "size_bytes": 6, "duration_s": 2.0,
    "container": "mp4", "frame_rate": 29.97, "width": 640, "height": 360,
    "channels": 2, "sample_rate_hz": 48000, "streams": {"audio": [], "video": []},
    "created_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
REPORT = {
    "schema_version": 1, "target_language": "es", "lines": 7,
    "onset_offset_ms": {"p50": 12.0, "p95": 48.0, "max": 60.0},
    "tempo": {"p50": 1.0, "p95": 1.21, "max": 1.25},
    "overflow_ms": 30, "truncated_ms": 0, "clashes": 1, "loudness_delta_lu": -0.3,
    "true_peak_dbtp": -1.4, "duration_delta_ms": 5.0, "picture": "copied",
    "low_confidence_lines": 2,
}  # fmt: skip
ENGINES = [
    {
        "stage": "tts",
        "engines": [
            {
                "id": "espeak", "name": "eSpeak", "version": "1", "available": True,
                "unavailable_reason": "", "remedy": "", "quality": "draft",
                "languages": ["es", "ca"], "pairs": [], "neural": False, "cloning": False,
                "device": "cpu", "licence": "GPL-3.0", "commercial_use": True,
                "limits": ["It can't clone a voice."],
            },
            {
                "id": "xtts", "name": "XTTS", "version": "2", "available": False,
                "unavailable_reason": "No model.", "remedy": "Run `make models`.",
                "quality": "studio", "languages": ["es"], "licence": "CPML",
                "commercial_use": False, "limits": [],
            },
        ],
    }
]  # fmt: skip
NO_PAIR = {
    "type": "about:blank", "title": "Unsupported", "status": 422, "detail": "en>xx is no pair.",
    "code": "unsupported_language_pair", "hint": "See `polydub languages`.", "stage": None,
    "retryable": False,
}  # fmt: skip


def sse(sequence: int, **values: Any) -> bytes:
    """One event as the gateway writes it."""
    data = {"type": "progress", "job_id": "dub_1", "state": "processing", **values}
    return f"id: {sequence}\ndata: {json.dumps(data)}\n\n".encode()


@dataclass
class Seen:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Fault = Callable[["Handler"], None]


@dataclass
class FakeGateway:
    """Its state, its faults to come, and what it saw."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    state: str = "completed"
    states_to_tell: deque[str] = field(default_factory=deque)
    """What the next answers about the dub say, before ``state``."""
    languages: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    events: list[bytes] = field(default_factory=list)
    hold_events: bool = False
    """Keep the stream open behind the events until the dub is canceled."""
    files: dict[str, bytes] = field(default_factory=dict)
    etag: str = '"v1"'
    keys: dict[str, str] = field(default_factory=dict)
    canceled: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """What a call such as ``GET /v1/usage`` is answered with."""
    uploads: dict[str, bytearray] = field(default_factory=dict)
    upload_lengths: dict[str, int] = field(default_factory=dict)
    processing: int = 0
    """How often an upload that is whole is still being read."""
    access: str = ""
    """The access token that holds; empty: nobody needs one."""
    refresh: str = ""
    """The refresh token that was not spent."""

    def next_time(self, call: str, *faults: Fault) -> None:
        """What happens to the next requests of a call such as ``GET /v1/dubs/dub_1``."""
        self.faults.setdefault(call, deque()).extend(faults)

    def asked(self, call: str) -> list[Seen]:
        return [each for each in self.seen if f"{each.method} {each.path}" == call]

    def dub(self) -> dict[str, Any]:
        state = self.states_to_tell.popleft() if self.states_to_tell else self.state
        return {
            "id": "dub_1", "video_id": "vid_1", "filename": "talk.mp4", "state": state,
            "progress": 1.0, "stage": "", "message": "", "eta_s": None,
            "source_language": "auto", "detected_language": "en", "languages": self.languages,
            "engines_used": [{"stage": "tts", "id": "espeak", "version": "1"}],
            "warnings": self.warnings, "error": self.error,
            "created_at": "2026-01-01T00:00:00Z", "finished_at": None,
        }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def _handle(self) -> None:
        gateway = self.server.gateway
        parts = urlsplit(self.path)
        self.plain_path = unquote(parts.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        call = f"{self.command} {self.plain_path}"
        fault = gateway.faults[call].popleft() if gateway.faults.get(call) else None
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        gateway.seen.append(Seen(self.command, self.plain_path, query, headers, body))
        try:
            if fault:
                self.body = body
                fault(self)
            elif gateway.access and not self._may_come(call, headers):
                self.answer(401, {"code": "unauthenticated", "detail": "Who are you?"})
            elif call in gateway.answers:
                self.answer(*gateway.answers[call])
            elif self.plain_path.startswith("/v1/uploads"):
                self._upload(body, headers)
            else:
                self._route(call, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = _handle  # noqa: N815

    def _route(self, call: str, body: bytes, headers: dict[str, str]) -> None:
        gateway = self.server.gateway
        match call:
            case "PUT /v1/videos":
                self.answer(201, {**VIDEO, "size_bytes": len(body)})
            case "POST /v1/dubs":
                gateway.keys.setdefault(headers["idempotency-key"], "dub_1")
                self.answer(202, gateway.dub())
            case "GET /v1/dubs":
                self.answer(200, {"dubs": [gateway.dub()], "next_cursor": None})
            case "GET /v1/dubs/dub_1":
                self.answer(200, gateway.dub())
            case "POST /v1/dubs/dub_1/retry":
                self.answer(202, gateway.dub())
            case "POST /v1/dubs/dub_1/cancel":
                gateway.state = "canceled"
                gateway.canceled.set()
                self.answer(200, gateway.dub())
            case "GET /v1/dubs/dub_1/events":
                self._stream(int(headers.get("last-event-id", 0)))
            case "GET /v1/dubs/dub_1/artifacts":
                self.answer(200, {"artifacts": [self._artifact(n) for n in gateway.files]})
            case "POST /v1/auth/refresh":
                self._refresh(json.loads(body)["refresh_token"])
            case "GET /v1/engines":
                self.answer(200, {"stages": ENGINES})
            case "GET /v1/languages":
                pairs = [{"source": "en", "target": "gl", "via": ["es"]}]
                self.answer(200, {"pairs": pairs, "silent_stages": ["tts"]})
            case _ if self.plain_path.startswith("/files/"):
                self.send_file()
            case _:
                self.answer(404, {"code": "not_found", "detail": "No such thing."})

    def _may_come(self, call: str, headers: dict[str, str]) -> bool:
        shown = headers.get("authorization") == f"Bearer {self.server.gateway.access}"
        return shown or call.startswith("POST /v1/auth")

    def _refresh(self, shown: str) -> None:
        gateway = self.server.gateway
        if shown != gateway.refresh:
            gateway.access = gateway.refresh = "nothing holds any longer"
            self.answer(401, {"code": "unauthenticated", "detail": "The session has ended."})
            return
        generation = int(shown.rpartition("-")[2]) + 1
        gateway.access, gateway.refresh = f"access-{generation}", f"refresh-{generation}"
        tokens = {"access_token": gateway.access, "refresh_token": gateway.refresh}
        self.answer(200, {**tokens, "expires_in": 900, "organisation_id": "local"})

    def _upload(self, body: bytes, headers: dict[str, str]) -> None:
        """tus, as the gateway speaks it."""
        gateway, upload_id = self.server.gateway, self.plain_path.rpartition("/")[2]
        if self.command == "POST":
            upload_id = f"upl_{len(gateway.uploads) + 1}"
            gateway.uploads[upload_id] = bytearray()
            gateway.upload_lengths[upload_id] = int(headers["upload-length"])
            self._bare(201, Location=f"/v1/uploads/{upload_id}")
        elif upload_id not in gateway.uploads:
            self._bare(410)
        elif self.command == "GET":
            self._upload_state(upload_id)
        elif self.command == "HEAD" or self._fits(upload_id, body, headers):
            has, of = gateway.uploads[upload_id], gateway.upload_lengths[upload_id]
            has += body
            self._bare(200, Upload_Offset=str(len(has)), Upload_Length=str(of))

    def _fits(self, upload_id: str, body: bytes, headers: dict[str, str]) -> bool:
        if int(headers["upload-offset"]) != len(self.server.gateway.uploads[upload_id]):
            self._bare(409)
            return False
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if headers["upload-checksum"] != f"sha256 {digest}":
            self.answer(460, {"code": "checksum_mismatch", "detail": "Other bytes came."})
            return False
        return True

    def _upload_state(self, upload_id: str) -> None:
        gateway = self.server.gateway
        whole = len(gateway.uploads[upload_id]) == gateway.upload_lengths[upload_id]
        gateway.processing -= whole
        done = whole and gateway.processing < 0
        state = "completed" if done else "processing" if whole else "receiving"
        video = {**VIDEO, "size_bytes": len(gateway.uploads[upload_id])} if done else None
        self.answer(200, {"id": upload_id, "state": state, "video": video, "error": None})

    def _bare(self, status: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _artifact(self, name: str) -> dict[str, Any]:
        size = len(self.server.gateway.files[name])
        return {
            "name": name, "kind": "video", "language": "es", "size_bytes": size,
            "media_type": "video/mp4", "url": f"/files/{name}",
        }  # fmt: skip

    def answer(self, status: int, body: Any, **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        kind = "application/problem+json" if status >= 400 else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, after: int) -> None:
        gateway = self.server.gateway
        self.begin_stream()
        self.wfile.write(b"retry: 2000\n\n" + b"".join(gateway.events[after:]))
        if gateway.hold_events:
            gateway.canceled.wait(30)
            self.wfile.write(sse(len(gateway.events) + 1, state="canceled"))

    def begin_stream(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def send_file(self, *, cut_at: int | None = None) -> None:
        """The file, or its range; cut off after ``cut_at`` bytes of the answer."""
        gateway = self.server.gateway
        data = gateway.files[self.plain_path.removeprefix("/files/")]
        start = self._range_start(gateway.etag, len(data))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if gateway.etag:
            self.send_header("ETag", gateway.etag)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:] if cut_at is None else data[start : start + cut_at])
        self.close_connection = cut_at is not None

    def _range_start(self, etag: str, size: int) -> int:
        asked = self.headers.get("Range", "")
        if not asked or self.headers.get("If-Range", etag) != etag:
            return 0
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        return start if start < size else 0


class Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: FakeGateway


def cut(handler: Handler) -> None:
    """Hangs up without an answer."""
    handler.close_connection = True


def status(code: int, /, **problem: Any) -> Fault:
    """Answers with an error."""
    return lambda handler: handler.answer(code, problem)


def cut_file(after: int) -> Fault:
    return lambda handler: handler.send_file(cut_at=after)


def cut_events(data: bytes) -> Fault:
    """Sends this much of the stream and hangs up."""

    def fault(handler: Handler) -> None:
        handler.begin_stream()
        handler.wfile.write(data)

    return fault


def cut_upload(after: int) -> Fault:
    """Takes so many bytes of a piece in and hangs up."""

    def fault(handler: Handler) -> None:
        upload_id = handler.plain_path.rpartition("/")[2]
        handler.server.gateway.uploads[upload_id] += handler.body[:after]
        handler.close_connection = True

    return fault


def lose_uploads(handler: Handler) -> None:
    """Forgets every upload, as one that expired."""
    handler.server.gateway.uploads.clear()
    handler.answer(410, {"code": "gone", "detail": "It waited too long."})


@dataclass(frozen=True)
class Faults:
    """The faults, for the tests: a conftest can't be imported."""

    cut = staticmethod(cut)
    status = staticmethod(status)
    cut_file = staticmethod(cut_file)
    cut_events = staticmethod(cut_events)
    cut_upload = staticmethod(cut_upload)
    lose_uploads = staticmethod(lose_uploads)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    server = Server(("127.0.0.1", 0), Handler)
    server.gateway = FakeGateway(url=f"http://127.0.0.1:{server.server_port}")
    server.gateway.languages = [
        {"language": "es", "state": "completed", "progress": 1.0, "error": None, "report": REPORT}
    ]
    server.gateway.events = [
        sse(1, progress=0.25, stage="asr", stage_progress=0.5, eta_s=90.0),
        sse(2, progress=0.75, stage="tts"),
        sse(3, progress=1.0, state="completed"),
    ]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.gateway
    server.gateway.canceled.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make_event() -> Callable[..., bytes]:
    return sse


@pytest.fixture
def no_pair() -> dict[str, Any]:
    return NO_PAIR


@pytest.fixture
def brisk() -> RetryPolicy:
    """As persistent as the default, without its waits."""
    return RetryPolicy(attempts=4, base_s=0.001, cap_s=0.002)


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of whoever runs the tests is read or written."""
    folder = tmp_path / "state"
    monkeypatch.setenv("POLYDUB_STATE_DIR", str(folder))
    return folder
