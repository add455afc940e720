"""A server on loopback that speaks Replicate's API, and can misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "r8_s3cret-token"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a signing secret").decode()
FILES, PREDICTIONS, DELIVERY = "/v1/files", "/v1/predictions", "/delivery"


@dataclass(frozen=True)
class Fault:
    """What the server does instead of answering as it should.

    Attributes:
        cut: it breaks off in the middle of the body.
        hang: it does not answer until the test ends.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    cut: bool = False
    hang: bool = False


@dataclass
class Prediction:
    """One prediction as the server keeps it."""

    id: str
    body: dict[str, Any]
    status: str = "starting"
    looks: int = 0


@dataclass
class ReplicateServer:
    """The server's address, what it was asked, and how its model behaves."""

    url: str = ""
    result: bytes = b""
    looks: int = 2
    """How often a prediction is looked at until it has ended; 0: it never ends by itself."""
    ending: str = "succeeded"
    error: str | None = None
    several_outputs: bool = False
    predict_time: float | None = 3.5
    faults: dict[tuple[str, str], deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    """Method and path's beginning -> what to do to the next such requests."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    uploads: dict[str, bytes] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    predictions: dict[str, Prediction] = field(default_factory=dict)
    end: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, method: str, path: str, *faults: Fault) -> None:
        self.faults[(method, path)].extend(faults)

    def asked(self, method: str, path: str) -> int:
        return sum(m == method and p.startswith(path) for m, p in self.requests)

    def fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for (wanted, beginning), faults in self.faults.items():
                if wanted == method and path.startswith(beginning) and faults:
                    return faults.popleft()
        return None

    def finish(self, prediction: Prediction, *, secret: str = WEBHOOK_SECRET) -> int:
        """The prediction ends; the status with which its webhook is answered."""
        prediction.status = self.ending
        return self.call_back(prediction, secret=secret)

    def call_back(self, prediction: Prediction, *, secret: str, age_s: int = 0) -> int:
        body = json.dumps(self.shown(prediction)).encode()
        stamp = str(int(time.time()) - age_s)
        key = base64.b64decode(secret.partition("_")[2])
        signed = f"msg_1.{stamp}.{body.decode()}".encode()
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
            "Content-Type": "application/json",
        }
        return post(prediction.body["webhook"], body, headers)

    def shown(self, prediction: Prediction) -> dict[str, Any]:
        url = f"{self.url}{DELIVERY}/{prediction.id}.mp4"
        good = prediction.status == "succeeded"
        over = prediction.status in ("succeeded", "failed", "canceled")
        return {
            "id": prediction.id,
            "model": "acme/lips",
            "version": "v",
            "status": prediction.status,
            "input": prediction.body.get("input"),
            "output": ([url + ".preview", url] if self.several_outputs else url) if good else None,
            "logs": f"\n {40 * prediction.looks}%|####    | {prediction.looks}/3 [00:01<00:02]\n",
            "error": self.error if prediction.status == "failed" else None,
            "metrics": {"predict_time": self.predict_time} if over else {},
            "created_at": "2026-01-01T00:00:00Z",
            "urls": {},
        }


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def replicate_server() -> Iterator[ReplicateServer]:
    """The server, for as long as the context is open."""
    state = ReplicateServer()

    class Handler(_Handler):
        server_state = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.end.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_state: ReplicateServer

    def do_POST(self) -> None:
        self._handle("POST")

    def do_GET(self) -> None:
        self._handle("GET")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests are quiet."""

    def _handle(self, method: str) -> None:
        state = self.server_state
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else self._chunked()
        with state.lock:
            state.requests.append((method, self.path))
            state.tokens.add(self.headers.get("Authorization"))
        fault = state.fault(method, self.path)
        if fault is not None:
            self._misbehave(fault)
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, {"detail": "Unauthenticated"})
        else:
            self._answer(method, body)

    def _answer(self, method: str, body: bytes) -> None:
        state = self.server_state
        name = self.path.split("/")[-1]
        if method == "POST" and self.path == FILES:
            self._upload(body)
        elif method == "DELETE":
            state.deleted.append(name)
            self._send(204, None)
        elif method == "POST" and self.path == PREDICTIONS:
            made = Prediction(f"p{len(state.predictions)}", json.loads(body))
            state.predictions[made.id] = made
            self._send(201, state.shown(made))
        elif method == "POST" and name == "cancel":
            made = state.predictions[self.path.split("/")[-2]]
            made.status = "canceled"
            self._send(200, state.shown(made))
        elif self.path.startswith(PREDICTIONS):
            self._look(state.predictions[name])
        elif self.path.startswith(DELIVERY):
            self._send_bytes(200, state.result, "video/mp4")
        else:
            self._send(404, {"detail": "no such thing"})

    def _look(self, made: Prediction) -> None:
        state = self.server_state
        made.looks += 1
        if made.status in ("starting", "processing"):
            made.status = (
                state.ending if state.looks and made.looks >= state.looks else "processing"
            )
        self._send(200, state.shown(made))

    def _upload(self, body: bytes) -> None:
        state = self.server_state
        with state.lock:
            name = f"f{len(state.uploads)}"
            state.uploads[name] = body
        self._send(
            201,
            {
                "id": name, "name": name, "content_type": "video/mp4", "size": len(body),
                "etag": "e", "checksums": {}, "metadata": {}, "created_at": "2026-01-01",
                "expires_at": None, "urls": {"get": f"{state.url}{FILES}/{name}"},
            },
        )  # fmt: skip

    def _chunked(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return b""
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _misbehave(self, fault: Fault) -> None:
        if fault.hang:
            self.server_state.end.wait(60)
            return
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(fault.body) + (100 if fault.cut else 0)))
        self.end_headers()
        self.wfile.write(fault.body)

    def _send(self, status: int, answer: Any) -> None:
        self._send_bytes(
            status, b"" if answer is None else json.dumps(answer).encode(), "text/json"
        )

    def _send_bytes(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
