"""The client for ordinary code. :class:`AsyncPolydub` is its twin for asyncio."""

from __future__ import annotations

import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Unpack

from polydub_client.calls import deployment, dubs
from polydub_client.connection import DEFAULT_URL, Connection
from polydub_client.errors import PolydubError
from polydub_client.files import ByteProgress, Download, silent, target_in
from polydub_client.keeping.sessions import MemorySession, SessionKeeper
from polydub_client.models import (
    Artifact,
    Dub,
    DubPage,
    DubTrace,
    Estimate,
    FeedMessage,
    Languages,
    Progress,
    StageEngines,
    Video,
    Voice,
)
from polydub_client.options import DubFilter, DubOptions
from polydub_client.retry import PATIENT, RetryPolicy
from polydub_client.streams import Feed, Watch
from polydub_client.topics.accounts import Account, Organisation
from polydub_client.topics.scripts import Scripts
from polydub_client.topics.sharing import Shares
from polydub_client.topics.speakers import Speakers
from polydub_client.topics.usage import UsageRecord
from polydub_client.topics.videos import Videos
from polydub_client.topics.webhooks import Webhooks
from polydub_client.topics.words import Glossaries, Memory
from polydub_client.transport import Transport


class Polydub:
    """A Polydub server.

    Calls that may be repeated are, with back-off, when the connection breaks or the server says
    that trying again will help. Every method raises :class:`PolydubError`.

    Args:
        base_url: where the gateway listens.
        api_key: sent as ``X-Api-Key``; not needed on one machine.
        timeout_s: the longest silence within one answer.
        retry: for calls.
        stream_retry: for event streams, large uploads and downloads, counted from the last
            progress they made.
        session: where the tokens lie of who signed in by ``account.login``; None: in memory.

    Attributes:
        videos: uploads, imports, and what is known of files.
        scripts: corrections, and making a dub again.
        shares: links to dubs for people without an account.
        speakers: registered speakers, whom the speakers of dubs may be.
        glossaries: terms that dubs name.
        memory: corrections that are used again.
        usage: what was used, and what it costs.
        webhooks: addresses that are told what happens.
        account: signing in and out.
        organisation: members, invitations, keys.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout_s: float = 60.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        stream_retry: RetryPolicy = PATIENT,
        session: SessionKeeper | None = None,
    ) -> None:
        connection = Connection(base_url, api_key, timeout_s, session or MemorySession())
        self._transport = Transport(connection, retry, stream_retry)
        self.videos = Videos(self._transport)
        self.scripts = Scripts(self._transport)
        self.shares = Shares(self._transport)
        self.speakers = Speakers(self._transport)
        self.glossaries = Glossaries(self._transport)
        self.memory = Memory(self._transport)
        self.usage = UsageRecord(self._transport)
        self.webhooks = Webhooks(self._transport)
        self.account = Account(self._transport)
        self.organisation = Organisation(self._transport)

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
        self._transport.close()

    def check(self) -> None:
        """Returns when the server answers; unlike other calls it tries only once."""
        self._transport.once(dubs.list_dubs(1, "", {}))

    def upload_video(self, path: Path | str, *, progress: ByteProgress = silent) -> Video:
        """Sends a file; the same bytes again give the same video. See ``videos.upload``."""
        return self.videos.upload(path, progress=progress)

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
        call = dubs.create_dub(video_id, target_languages, options, idempotency_key=key)
        return self._transport.send(call)

    def estimate(
        self, video_id: str, target_languages: Sequence[str], **options: Unpack[DubOptions]
    ) -> Estimate:
        """How long a dub would take and what it would cost; it is not started."""
        return self._transport.send(dubs.estimate(video_id, target_languages, options))

    def get_dub(self, dub_id: str) -> Dub:
        return self._transport.send(dubs.get_dub(dub_id))

    def get_dub_trace(self, dub_id: str) -> DubTrace:
        """Where a dub's time went: by stage, part and language, waiting and working."""
        return self._transport.send(dubs.get_dub_trace(dub_id))

    def list_dubs(
        self, *, limit: int = 20, cursor: str = "", **wanted: Unpack[DubFilter]
    ) -> DubPage:
        """One page, newest first unless told; narrowed by :class:`DubFilter`."""
        return self._transport.send(dubs.list_dubs(limit, cursor, wanted))

    def iter_dubs(self, **wanted: Unpack[DubFilter]) -> Generator[Dub, None]:
        """All dubs that are wanted, page by page."""
        page = self.list_dubs(limit=100, **wanted)
        while True:
            yield from page.dubs
            if not page.next_cursor:
                return
            page = self.list_dubs(limit=100, cursor=page.next_cursor, **wanted)

    def add_languages(self, dub_id: str, target_languages: Sequence[str]) -> Dub:
        """Makes a dub in more languages; what all languages share is not made again."""
        return self._transport.send(dubs.add_languages(dub_id, target_languages))

    def cancel_dub(self, dub_id: str) -> Dub:
        return self._transport.send(dubs.cancel_dub(dub_id))

    def retry_dub(self, dub_id: str) -> Dub:
        """Starts a failed job again; what was done before is not done twice."""
        return self._transport.send(dubs.retry_dub(dub_id))

    def delete_dub(self, dub_id: str) -> None:
        """Deletes a dub that has ended, with what was made for it alone. The video stays."""
        self._transport.send(dubs.delete_dub(dub_id))

    def watch(self, dub_id: str, *, last_event_id: str = "") -> Generator[Progress, None]:
        """The dub's progress until it has ended, across broken connections.

        When the last one has been given, :meth:`get_dub` knows of the end too.
        """
        watch = Watch(self._transport.stream_retry, last_event_id)
        while not watch.has_ended:
            try:
                with closing(self._progress(dub_id, watch)) as messages:
                    yield from messages
                if not watch.has_ended:
                    yield watch.closed(self.get_dub(dub_id))
            except PolydubError as error:
                time.sleep(watch.delay_after(error))
        # Nothing tells when the server's database has caught up: it has to be asked.
        while not (self.get_dub(dub_id)).state.has_ended:
            time.sleep(watch.delay_until_known())

    def feed(self, *, last_event_id: str = "") -> Generator[FeedMessage, None]:
        """What changes in the list of dubs, from now on or behind an id; it has no end."""
        feed = Feed(self._transport.stream_retry, last_event_id)
        while True:
            try:
                with closing(self._changes(feed)) as messages:
                    yield from messages
                time.sleep(feed.closed())
            except PolydubError as error:
                time.sleep(feed.delay_after(error))

    def list_artifacts(self, dub_id: str) -> tuple[Artifact, ...]:
        return self._transport.send(dubs.list_artifacts(dub_id))

    def read_artifact(self, artifact: Artifact) -> bytes:
        """A small file's content: subtitles, a transcript, a report."""
        return self._transport.send(dubs.read_artifact(artifact))

    def download(
        self, artifact: Artifact, folder: Path | str, *, progress: ByteProgress = silent
    ) -> Path:
        """Saves a file under its name in ``folder``; goes on where a cut download stopped."""
        target = target_in(Path(folder), artifact.name)
        download = Download(target, artifact.size_bytes, progress, self._transport.stream_retry)
        while True:
            try:
                self._fetch(artifact.url, download)
                return download.finish()
            except PolydubError as error:
                time.sleep(download.delay_after(error))

    def list_engines(self) -> tuple[StageEngines, ...]:
        """Every stage's engines, in the order in which ``auto`` tries them."""
        return self._transport.send(deployment.list_engines())

    def list_languages(self) -> Languages:
        """The pairs that this deployment can dub."""
        return self._transport.send(deployment.list_languages())

    def list_voices(self, language: str = "") -> tuple[Voice, ...]:
        """The voices that speakers can be given; of all languages without one."""
        return self._transport.send(deployment.list_voices(language))

    def _progress(self, dub_id: str, watch: Watch) -> Generator[Progress, None]:
        with self._transport.stream(dubs.events_path(dub_id), watch.headers) as response:
            watch.begin(response)
            for chunk in response.iter_bytes():
                yield from watch.feed(chunk)
                if watch.has_ended:
                    return

    def _changes(self, feed: Feed) -> Generator[FeedMessage, None]:
        with self._transport.stream(dubs.FEED_PATH, feed.headers) as response:
            feed.begin(response)
            for chunk in response.iter_bytes():
                yield from feed.feed(chunk)

    def _fetch(self, url: str, download: Download) -> None:
        with self._transport.stream(url, download.headers) as response:
            download.begin(response)
            with download.open() as file:
                for block in response.iter_bytes():
                    download.write(file, block)
