"""Server-sent events: the parser. No I/O."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

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
