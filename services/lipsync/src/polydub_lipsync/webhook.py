"""Where Replicate calls when a prediction has ended, so that nobody need wait for the next poll."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from polydub import telemetry
from polydub.cloud import Key
from polydub.engines import Availability

REPLAY_S = 300
"""How old a call may be (Standard Webhooks: five minutes)."""
_LIMIT_BYTES = 4 * 2**20
_PATIENCE_S = 15.0
_BLOCK_BYTES = 64 * 1024

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class WebhookAddress:
    """Where calls come in, and how they prove who they are from.

    Args:
        url: as Replicate reaches it.
        host: the address to listen on; port 0: any free one.
        secret: the account's signing secret, ``whsec_...``.
    """

    url: str
    host: str
    port: int
    secret: Key


@dataclass
class Ear:
    """One who waits for one prediction."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, longest_s: float) -> None:
        """Returns when it rings, or after so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self.rung.wait()
        self.rung.clear()


class Bell:
    """Tells those who wait for a prediction that there is news of it."""

    def __init__(self) -> None:
        self._ears: dict[str, Ear] = {}

    @contextmanager
    def listen(self, prediction_id: str) -> Iterator[Ear]:
        ear = self._ears.setdefault(prediction_id, Ear())
        try:
            yield ear
        finally:
            self._ears.pop(prediction_id, None)

    def ring(self, prediction_id: str) -> None:
        """Where nobody waits for it, another replica does, and looks for itself."""
        if (ear := self._ears.get(prediction_id)) is not None:
            ear.rung.set()


class WebhookListener:
    """A small HTTP server. It believes only who has signed, and of that only which prediction."""

    def __init__(self, address: WebhookAddress) -> None:
        self.bell = Bell()
        self._address = address
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()

    @property
    def url(self) -> str | None:
        """Where Replicate should call; None where we can't listen."""
        return self._address.url if self._server else None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def available(self) -> Availability:
        here = self._address.secret.available()
        if here.ok:
            return here
        return Availability.no(f"for the webhook, {here.reason}", here.remedy)

    async def start(self) -> None:
        """Listens, if it does not yet. Where the port is taken, polling has to do."""
        async with self._starting:
            if self._server is not None:
                return
            try:
                self._server = await asyncio.start_server(
                    self._serve, self._address.host, self._address.port
                )
            except OSError as error:
                log.warning("no webhook", reason=type(error).__name__, port=self._address.port)
                return
            log.info("webhook", port=self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import h11

        try:
            async with asyncio.timeout(_PATIENCE_S):
                status = await self._answer(reader)
                connection = h11.Connection(h11.SERVER)
                headers = [("Content-Length", "0"), ("Connection", "close")]
                writer.write(connection.send(h11.Response(status_code=status, headers=headers)))
                await writer.drain()
        except (TimeoutError, OSError) as error:
            log.info("webhook broken off", reason=type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> int:
        """The status that a call deserves."""
        import h11

        connection = h11.Connection(h11.SERVER)
        headers: dict[str, str] = {}
        body = b""
        try:
            while not isinstance(event := connection.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    connection.receive_data(await reader.read(_BLOCK_BYTES))
                elif isinstance(event, h11.Request):
                    if event.method != b"POST":
                        return 405
                    headers = {name.decode(): value.decode() for name, value in event.headers}
                elif isinstance(event, h11.Data):
                    body += event.data
                else:
                    return 400
                if len(body) > _LIMIT_BYTES:
                    return 413
        except (h11.RemoteProtocolError, UnicodeDecodeError):
            return 400
        return self._accept(headers, body)

    def _accept(self, headers: dict[str, str], body: bytes) -> int:
        from replicate.webhook import Webhooks, WebhookSigningSecret

        try:
            secret = WebhookSigningSecret(key=self._address.secret.read())
            Webhooks.validate(
                headers=headers, body=body.decode(), secret=secret, tolerance=REPLAY_S
            )
            prediction = json.loads(body)
        except (ValueError, OSError):  # a wrong signature is a ValueError, too
            log.warning("webhook refused")
            return 401
        if isinstance(prediction, dict) and isinstance(prediction.get("id"), str):
            self.bell.ring(prediction["id"])
        return 204
