"""A local server that speaks the vendors' protocols, with faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """An answer that is not the one wanted."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = '{"message": "no"}'
    cut: bool = False
    """The connection ends in the middle of the body."""
    until: threading.Event | None = None
    """No answer before this is set."""


@dataclass
class Vendor:
    """What a server was asked, and what it answers: faults first, then ``answer``."""

    answer: Callable[[Body], Any]
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[Body] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Callable[[Body], Any]) -> Iterator[Vendor]:
    """A server on loopback for as long as the context is open."""
    vendor = Vendor(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            vendor.asked.append(body)
            vendor.paths.append(self.path)
            vendor.keys.append(self.headers.get("Authorization", ""))
            fault = vendor.faults.pop(0) if vendor.faults else None
            if fault is None:
                self.give(Fault(body=json.dumps(vendor.answer(body))))
            else:
                self.give(fault)

        def give(self, fault: Fault) -> None:
            if fault.until is not None:
                fault.until.wait(30)
            data = fault.body.encode()
            self.send_response(fault.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data) + (100 if fault.cut else 0)))
            for name, value in fault.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = self.close_connection or fault.cut

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
