"""The client for asyncio: the same calls as :class:`polydub_client.client.Polydub`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar, Unpack

import httpx

from polydub_client import calls
from polydub_client.calls import Call
from polydub_client.connection import DEFAULT_URL, Connection
from polydub_client.errors import PolydubError
from polydub_client.files import BLOCK_BYTES, ByteProgress, Download, silent, target_in
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


class AsyncPolydub:
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
        self._http = httpx.AsyncClient(
            **self._connection.arguments(), event_hooks={"request": [self._sign]}
        )

    async def __aenter__(self) -> AsyncPolydub:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def check(self) -> None:
        """Returns when the server answers; unlike other calls it tries only once."""
        await self._once(calls.list_dubs(1, ""), None)

    async def upload_video(self, path: Path | str, *, progress: ByteProgress = silent) -> Video:
        """Sends a file, a block at a time; the same bytes again give the same video."""
        path = Path(path)
        size_bytes = path.stat().st_size
        call = calls.upload_video(path.name, size_bytes)
        with await asyncio.to_thread(path.open, "rb") as file:
            return await self._do(call, lambda: _blocks(file, size_bytes, progress))

    async def create_dub(
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
        return await self._do(call)

    async def get_dub(self, dub_id: str) -> Dub:
        return await self._do(calls.get_dub(dub_id))

    async def list_dubs(self, *, limit: int = 20, cursor: str = "") -> DubPage:
        """One page, newest first."""
        return await self._do(calls.list_dubs(limit, cursor))

    async def cancel_dub(self, dub_id: str) -> Dub:
        return await self._do(calls.cancel_dub(dub_id))

    async def retry_dub(self, dub_id: str) -> Dub:
        """Starts a failed job again; what was done before is not done twice."""
        return await self._do(calls.retry_dub(dub_id))

    async def watch(self, dub_id: str, *, last_event_id: str = "") -> AsyncIterator[Progress]:
        """The dub's progress until it has ended, across broken connections.

        When the last one has been given, :meth:`get_dub` knows of the end too.
        """
        watch = Watch(self._stream_retry, last_event_id)
        while not watch.has_ended:
            try:
                async with aclosing(self._events(dub_id, watch)) as events:
                    async for progress in events:
                        yield progress
                if not watch.has_ended:
                    yield watch.closed(await self.get_dub(dub_id))
            except PolydubError as error:
                await asyncio.sleep(watch.delay_after(error))
        # Nothing tells when the server's database has caught up: it has to be asked.
        while not (await self.get_dub(dub_id)).state.has_ended:  # noqa: ASYNC110
            await asyncio.sleep(watch.delay_until_known())

    async def list_artifacts(self, dub_id: str) -> tuple[Artifact, ...]:
        return await self._do(calls.list_artifacts(dub_id))

    async def download(
        self, artifact: Artifact, folder: Path | str, *, progress: ByteProgress = silent
    ) -> Path:
        """Saves a file under its name in ``folder``; goes on where a cut download stopped."""
        target = target_in(Path(folder), artifact.name)
        download = Download(target, artifact.size_bytes, progress, self._stream_retry)
        while True:
            try:
                await self._fetch(artifact.url, download)
                return download.finish()
            except PolydubError as error:
                await asyncio.sleep(download.delay_after(error))

    async def list_engines(self) -> tuple[StageEngines, ...]:
        """Every stage's engines, in the order in which ``auto`` tries them."""
        return await self._do(calls.list_engines())

    async def list_languages(self) -> Languages:
        """The pairs that this deployment can dub."""
        return await self._do(calls.list_languages())

    async def _do(
        self, call: Call[T], content: Callable[[], AsyncIterator[bytes]] | None = None
    ) -> T:
        attempts = Attempts(self._retry, idempotent=call.idempotent)
        while True:
            try:
                return await self._once(call, content)
            except PolydubError as error:
                await asyncio.sleep(attempts.delay_after(error))

    async def _once(self, call: Call[T], content: Callable[[], AsyncIterator[bytes]] | None) -> T:
        limits = self._connection.timeout(read_s=call.read_s)
        with self._connection.errors():
            response = await self._http.request(
                **call.arguments(), content=content and content(), timeout=limits
            )
        return call.answer(response)

    async def _events(self, dub_id: str, watch: Watch) -> AsyncGenerator[Progress, None]:
        path = calls.events_path(dub_id)
        with self._connection.errors():
            async with self._http.stream("GET", path, headers=watch.headers) as response:
                if response.is_error:
                    await response.aread()
                watch.begin(response)
                async for chunk in response.aiter_bytes():
                    for progress in watch.feed(chunk):
                        yield progress
                    if watch.has_ended:
                        return

    async def _fetch(self, url: str, download: Download) -> None:
        stream = self._http.stream("GET", url, headers=download.headers, follow_redirects=True)
        with self._connection.errors():
            async with stream as response:
                if response.is_error:
                    await response.aread()
                download.begin(response)
                with download.open() as file:
                    async for block in response.aiter_bytes():
                        download.write(file, block)

    async def _sign(self, request: httpx.Request) -> None:
        self._connection.sign(request)


async def _blocks(file: BinaryIO, total: int, progress: ByteProgress) -> AsyncIterator[bytes]:
    """The twin of :func:`polydub_client.files.blocks`; reading does not hold up the loop."""
    file.seek(0)
    done = 0
    progress(0, total)
    while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
        yield block
        done += len(block)
        progress(done, total)
