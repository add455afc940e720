"""Server-sent events: the parser, and what a watcher remembers between connections. No I/O."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from polydub_client.decode import decode
from polydub_client.errors import ConnectionLost, PolydubError, from_response
from polydub_client.models import Dub, LanguageProgress, Progress
from polydub_client.retry import Attempts, RetryPolicy

_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class ServerSentEvent:
    """One dispatched event; ``id`` is the last one seen, as the standard has it."""

    id: str
    event: str
    data: str


class SseParser:
    """The parsing rules of the HTML standard, section 9.2.6, over bytes cut anywhere.

    ``feed`` takes whatever arrived and gives the events that are complete. An event cut off by
    the end of the stream is never given, also as the standard has it.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        """Of the last whole event: one that was cut off must be sent again."""
        self._id = last_event_id
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        for line in self._lines(self._decoder.decode(chunk)):
            event = self._line(line)
            if event is not None:
                yield event

    def _lines(self, text: str) -> list[str]:
        """The lines that ``text`` completes; a CRLF may have been cut in its middle."""
        fresh = text.removeprefix("\n") if self._after_cr else text
        if text:
            self._after_cr = text.endswith("\r")
        *lines, self._rest = _LINE_END.split(self._rest + fresh)
        return lines

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, self._data = "\n".join(self._data), []
        event, self._event = self._event or "message", ""
        self.last_event_id = self._id
        return ServerSentEvent(self.last_event_id, event, data) if data else None


class Watch:
    """One watcher's memory: the last event id, whether the dub has ended, and failures in a row.

    Both clients drive it: open a stream with :attr:`headers`, pass what arrives to :meth:`feed`,
    and after a break wait :meth:`delay_after` and open again.
    """

    def __init__(self, policy: RetryPolicy, last_event_id: str = "") -> None:
        self.has_ended = False
        self._attempts = Attempts(policy)
        self._parser = SseParser(last_event_id)

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._parser.last_event_id:
            headers["Last-Event-ID"] = self._parser.last_event_id
        return headers

    def begin(self, response: httpx.Response) -> None:
        """A new connection stands; what was left of the old one is half an event.

        Raises:
            PolydubError: what the answer tells of.
        """
        if response.status_code >= 400:
            raise from_response(response)
        self._parser = SseParser(self._parser.last_event_id)

    def feed(self, chunk: bytes) -> Iterator[Progress]:
        """The progress that ``chunk`` completes; also a keep-alive comment is a sign of life."""
        self._attempts.progressed()
        for event in self._parser.feed(chunk):
            progress = decode(Progress, _json(event.data))
            self.has_ended = progress.state.has_ended
            yield progress

    def delay_after(self, error: PolydubError) -> float:
        """Seconds to wait before connecting again; raises ``error`` when patience is over."""
        return self._attempts.delay_after(error)

    def delay_until_known(self) -> float:
        """Seconds to wait while the server's database is still behind its event stream."""
        lag = PolydubError(
            "The dub has ended, but the server has not taken note of it yet.",
            code="not_settled",
            hint="Ask again in a moment.",
            retryable=True,
        )
        return self._attempts.delay_after(lag)

    def closed(self, dub: Dub) -> Progress:
        """The last word about ``dub`` when its stream ended without one.

        Raises:
            ConnectionLost: when the dub still goes on: connect again.
        """
        self._attempts.progressed()  # it has just been fetched: the server is well
        self.has_ended = dub.state.has_ended
        if not self.has_ended:
            raise ConnectionLost("the event stream was closed early")
        return _last_word(dub)


def _last_word(dub: Dub) -> Progress:
    return Progress(
        type="ended",
        job_id=dub.id,
        timestamp=dub.finished_at,
        state=dub.state,
        progress=dub.progress,
        stage=dub.stage,
        message=dub.message,
        languages=tuple(
            LanguageProgress(each.language, each.state, each.progress) for each in dub.languages
        ),
        error=dub.error,
    )


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise PolydubError(
            "The server sent an event that is not JSON.", code="bad_answer"
        ) from error
