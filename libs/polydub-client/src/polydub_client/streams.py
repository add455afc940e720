"""What a follower of an event stream remembers between connections. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx

from polydub_client.decode import decode
from polydub_client.errors import ConnectionLost, PolydubError, from_response
from polydub_client.models import Dub, FeedMessage, LanguageProgress, Progress
from polydub_client.retry import Attempts, RetryPolicy
from polydub_client.sse import ServerSentEvent, SseParser


class Stream:
    """The last event id, and failures in a row.

    Both clients drive it: open a stream with :attr:`headers`, :meth:`begin` with the answer, pass
    what arrives to ``feed``, and after a break wait :meth:`delay_after` and open again.
    """

    def __init__(self, policy: RetryPolicy, last_event_id: str = "") -> None:
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

    def delay_after(self, error: PolydubError) -> float:
        """Seconds to wait before connecting again; raises ``error`` when patience is over."""
        return self._attempts.delay_after(error)

    def _events(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that ``chunk`` completes; a keep-alive comment is a sign of life, too."""
        self._attempts.progressed()
        return self._parser.feed(chunk)


class Watch(Stream):
    """A follower of one dub, which knows whether it has ended."""

    has_ended = False

    def feed(self, chunk: bytes) -> Iterator[Progress]:
        """The progress that ``chunk`` completes."""
        for event in self._events(chunk):
            progress = decode(Progress, _json(event.data))
            self.has_ended = progress.state.has_ended
            yield progress

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


class Feed(Stream):
    """A follower of all dubs; it has no end."""

    def feed(self, chunk: bytes) -> Iterator[FeedMessage]:
        """The messages that ``chunk`` completes."""
        for event in self._events(chunk):
            yield decode(FeedMessage, _json(event.data))

    def closed(self) -> float:
        """Seconds to wait before connecting again when the stream was closed in good order."""
        return self.delay_after(ConnectionLost("the event stream was closed"))


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
