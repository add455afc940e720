"""A server on loopback that speaks OpenAI's and ElevenLabs' speech dialects, and can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from pydantic import SecretStr

from polydub.cloud import Key
from polydub.pcm import Samples, to_pcm, wav_header

SECRET = "s3cret-key"
KEY = Key("POLYDUB_TTS_TEST_KEY", SecretStr(SECRET))
RATE_HZ = 24_000
CHARACTER_S = 0.05


@dataclass(frozen=True)
class Fault:
    """What the server does instead of speaking.

    Attributes:
        cut: it breaks off in the middle of the sound.
        hang: it does not answer until the test ends.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    cut: bool = False
    hang: bool = False


@dataclass
class SpeechServerLog:
    """The server's address, what it was asked, and what it shall do to the next requests."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    listing_fault: Fault | None = None
    clones: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The account's cloned voices by their ids."""
    made: list[bytes] = field(default_factory=list)
    """The bodies of the requests that made them."""
    deleted: list[str] = field(default_factory=list)
    most_at_once: int = 0
    running: int = 0
    header: bytes | None = None
    """A WAV header to send instead of the right one."""
    end: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


def tone(text: str, speed: float, f0_hz: float = 200.0) -> Samples:
    """What the server says: 50 ms of a tone for each character."""
    count = round(len(text) * CHARACTER_S * RATE_HZ / speed)
    return (0.3 * np.sin(2 * np.pi * f0_hz * np.arange(count) / RATE_HZ)).astype(np.float32)


@contextmanager
def speech_server() -> Iterator[SpeechServerLog]:
    """The server, for as long as the context is open."""
    log = SpeechServerLog()

    class Handler(_Handler):
        server_log = log

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    log.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield log
    finally:
        log.end.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_log: SpeechServerLog

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        log = self.server_log
        if self.headers.get("xi-api-key") != SECRET:
            self._send(401, json.dumps({"detail": {"status": "invalid_api_key"}}).encode())
        elif log.listing_fault is not None:
            self._send(log.listing_fault.status, b"{}")
        else:
            found = [*_VOICES, *log.clones.values()]
            listed = {"has_more": False, "total_count": len(found), "voices": found}
            self._send(200, json.dumps(_MODELS if path == "/v1/models" else listed).encode())

    def do_DELETE(self) -> None:
        voice_id = urlsplit(self.path).path.rpartition("/")[2]
        self.server_log.deleted.append(voice_id)
        self.server_log.clones.pop(voice_id, None)
        self._send(200, b'{"status": "ok"}')

    def do_POST(self) -> None:
        log = self.server_log
        with log.lock:
            log.running += 1
            log.most_at_once = max(log.most_at_once, log.running)
        try:
            if self.path == "/v1/voices/add":
                self._clone(self.rfile.read(int(self.headers["content-length"])))
                return
            self._speak(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with log.lock:
                log.running -= 1

    def _clone(self, body: bytes) -> None:
        log = self.server_log
        log.made.append(body)
        voice_id = f"clone{len(log.made)}"
        head = b'name="name"\r\n\r\n'
        name = body[body.index(head) + len(head) :].partition(b"\r\n")[0].decode()
        log.clones[voice_id] = {
            "voice_id": voice_id,
            "name": name,
            "created_at_unix": int(time.time()),
        }
        self._send(200, json.dumps({"voice_id": voice_id, "requires_verification": False}).encode())

    def _speak(self, body: dict[str, Any]) -> None:
        log, target = self.server_log, urlsplit(self.path)
        voice_id = target.path.rpartition("/")[2]
        if voice_id.startswith("clone") and voice_id not in log.clones:
            gone = json.dumps({"detail": {"status": "voice_not_found"}}).encode()
            self._send(404, gone)
            return
        log.requests.append({"path": target.path, "query": parse_qs(target.query), **body})
        key = self.headers.get("xi-api-key") or self.headers.get("authorization", "")[7:]
        fault = log.faults.popleft() if log.faults else Fault()
        if key != SECRET:
            fault = Fault(401, body={"error": {"code": "invalid_api_key"}})
        if fault.hang:
            log.end.wait(60)
            return
        if fault.status != 200:
            self._send(fault.status, json.dumps(fault.body or {}).encode(), fault.headers)
            return
        self._send(200, self._sound(body, target.path), cut=fault.cut)

    def _sound(self, body: dict[str, Any], path: str) -> bytes:
        if path == "/v1/audio/speech":
            samples = tone(body["input"], body.get("speed", 1.0))
            header = self.server_log.header or wav_header(len(samples), RATE_HZ)
            return header + to_pcm(samples)
        return to_pcm(tone(body["text"], body["voice_settings"]["speed"]))

    def _send(
        self, status: int, data: bytes, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status != 200 else "audio/wav")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)


_MODELS = [
    {"model_id": "eleven_turbo_v2", "languages": [{"language_id": "en", "name": "English"}]},
    {
        "model_id": "eleven_multilingual_v2",
        "languages": [
            {"language_id": "en", "name": "English"},
            {"language_id": "es", "name": "Spanish"},
        ],
    },
]
_VOICES = [
    {
        "voice_id": "rachel1",
        "name": "Rachel",
        "labels": {"gender": "female", "language": "en"},
        "settings": {"stability": 0.3, "similarity_boost": 0.9},
    },
    {
        "voice_id": "mateo1",
        "name": "Mateo",
        "labels": {"gender": "male"},
        "verified_languages": [{"language": "es", "model_id": "eleven_multilingual_v2"}],
    },
]
