"""The client for ordinary code. :class:`AsyncPolydub` is its twin for asyncio."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar, Unpack

import httpx

from polydub_client import calls
from polydub_client.calls import Call
from polydub_client.connection import DEFAULT_URL, Connection
from polydub_client.errors import PolydubError
from polydub_client.files import ByteProgress, Download, blocks, silent, target_in
from polydub_client.models import (
    Artifact,
    Dub,
    DubPage,
    Languages,
    Progress,
    StageEngines,
    Video,
)
from polydub_client.options import DubOptions
from polydub_client.retry import PATIENT, Attempts, RetryPolicy
from polydub_client.sse import Watch

T = TypeVar("T")


class Polydub:
    """A Polydub server.

    Calls that may be repeated are, with back-off, when the connection breaks or the server says
    that trying again will help. Every method raises :class:`PolydubError`.

    Args:
        base_url: where the gateway listens.
        api_key: sent as ``X-Api-Key``; not needed on one machine.
        timeout_s: the longest silence within one answer.
        retry: for calls.
        stream_retry: for event streams and downloads, counted from the last progress they made.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout_s: float = 60.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        stream_retry: RetryPolicy = PATIENT,
    ) -> None:
        self._connection = Connection(base_url, api_key, timeout_s)
        self._retry = retry
        self._stream_retry = stream_retry
        self._http = httpx.Client(
            **self._connection.arguments(), event_hooks={"request": [self._connection.sign]}
        )

    def __enter__(self) -> Polydub:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def check(self) -> None:
        """Returns when the server answers; unlike other calls it tries only once."""
        self._once(calls.list_dubs(1, ""), None)

    def upload_video(self, path: Path | str, *, progress: ByteProgress = silent) -> Video:
        """Sends a file, a block at a time; the same bytes again give the same video."""
        path = Path(path)
        size_bytes = path.stat().st_size
        call = calls.upload_video(path.name, size_bytes)
        with path.open("rb") as file:
            return self._do(call, lambda: blocks(file, size_bytes, progress))

    def create_dub(
        self,
        video_id: str,
        target_languages: Sequence[str],
        *,
        idempotency_key: str | None = None,
        **options: Unpack[DubOptions],
    ) -> Dub:
        """Starts a job. The same ``idempotency_key`` again gives the same job.

        Args:
            video_id: of :meth:`upload_video`.
            target_languages: BCP-47 tags.
            idempotency_key: made by the client when None.
            options: see :class:`DubOptions`.
        """
        key = idempotency_key or str(uuid.uuid4())
        call = calls.create_dub(video_id, target_languages, options, idempotency_key=key)
        return self._do(call)

    def get_dub(self, dub_id: str) -> Dub:
        return self._do(calls.get_dub(dub_id))

    def list_dubs(self, *, limit: int = 20, cursor: str = "") -> DubPage:
        """One page, newest first."""
        return self._do(calls.list_dubs(limit, cursor))

    def cancel_dub(self, dub_id: str) -> Dub:
        return self._do(calls.cancel_dub(dub_id))

    def retry_dub(self, dub_id: str) -> Dub:
        """Starts a failed job again; what was done before is not done twice."""
        return self._do(calls.retry_dub(dub_id))

    def watch(self, dub_id: str, *, last_event_id: str = "") -> Iterator[Progress]:
        """The dub's progress until it has ended, across broken connections.

        When the last one has been given, :meth:`get_dub` knows of the end too.
        """
        watch = Watch(self._stream_retry, last_event_id)
        while not watch.has_ended:
            try:
                yield from self._events(dub_id, watch)
                if not watch.has_ended:
                    yield watch.closed(self.get_dub(dub_id))
            except PolydubError as error:
                time.sleep(watch.delay_after(error))
        while not self.get_dub(dub_id).state.has_ended:
            time.sleep(watch.delay_until_known())

    def list_artifacts(self, dub_id: str) -> tuple[Artifact, ...]:
        return self._do(calls.list_artifacts(dub_id))

    def download(
        self, artifact: Artifact, folder: Path | str, *, progress: ByteProgress = silent
    ) -> Path:
        """Saves a file under its name in ``folder``; goes on where a cut download stopped."""
        target = target_in(Path(folder), artifact.name)
        download = Download(target, artifact.size_bytes, progress, self._stream_retry)
        while True:
            try:
                self._fetch(artifact.url, download)
                return download.finish()
            except PolydubError as error:
                time.sleep(download.delay_after(error))

    def list_engines(self) -> tuple[StageEngines, ...]:
        """Every stage's engines, in the order in which ``auto`` tries them."""
        return self._do(calls.list_engines())

    def list_languages(self) -> Languages:
        """The pairs that this deployment can dub."""
        return self._do(calls.list_languages())

    def _do(self, call: Call[T], content: Callable[[], Iterable[bytes]] | None = None) -> T:
        attempts = Attempts(self._retry, idempotent=call.idempotent)
        while True:
            try:
                return self._once(call, content)
            except PolydubError as error:
                time.sleep(attempts.delay_after(error))

    def _once(self, call: Call[T], content: Callable[[], Iterable[bytes]] | None) -> T:
        limits = self._connection.timeout(read_s=call.read_s)
        with self._connection.errors():
            response = self._http.request(
                **call.arguments(), content=content and content(), timeout=limits
            )
        return call.answer(response)

    def _events(self, dub_id: str, watch: Watch) -> Iterator[Progress]:
        with (
            self._connection.errors(),
            self._http.stream("GET", calls.events_path(dub_id), headers=watch.headers) as response,
        ):
            if response.is_error:
                response.read()
            watch.begin(response)
            for chunk in response.iter_bytes():
                yield from watch.feed(chunk)
                if watch.has_ended:
                    return

    def _fetch(self, url: str, download: Download) -> None:
        with (
            self._connection.errors(),
            self._http.stream(
                "GET", url, headers=download.headers, follow_redirects=True
            ) as response,
        ):
            if response.is_error:
                response.read()
            download.begin(response)
            with download.open() as file:
                for block in response.iter_bytes():
                    download.write(file, block)
