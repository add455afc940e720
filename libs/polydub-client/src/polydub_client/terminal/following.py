"""From a file to files: upload, start, watch, save. What to say is the reporter's matter."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from polydub_client.client import Polydub
from polydub_client.errors import ConnectionLost, PolydubError, ServerUnreachable
from polydub_client.importing import ImportWatch
from polydub_client.models import Dub, Video
from polydub_client.options import DubOptions
from polydub_client.resuming import RESUMABLE_FROM_BYTES
from polydub_client.terminal.arguments import Address, VideoId, VideoSource
from polydub_client.terminal.figures import draft_engines
from polydub_client.terminal.reporters import Reporter
from polydub_client.terminal.result import Result


@dataclass(frozen=True)
class Order:
    """What a person asks for on the command line."""

    source: VideoSource
    targets: Sequence[str]
    options: DubOptions


class Failure(Exception):
    """A step that did not work: what it was, and why."""

    def __init__(self, what: str, error: PolydubError) -> None:
        super().__init__(what)
        self.what = what
        self.error = error


@contextmanager
def step(what: str) -> Iterator[None]:
    """Names what did not work when a call within it fails."""
    try:
        yield
    except PolydubError as error:
        raise Failure(what, error) from error


def order(client: Polydub, reporter: Reporter, wanted: Order) -> Dub:
    """Brings the video to the server and starts its dub."""
    video_id = video_of(client, reporter, wanted.source)
    with step(f"The dub of {_name(wanted.source)} could not be started."):
        return _create(client, video_id, wanted)


def video_of(client: Polydub, reporter: Reporter, source: VideoSource) -> str:
    """The id of a video, once the server has it."""
    match source:
        case VideoId():
            return source.id
        case Address():
            return fetch(client, reporter, source).id
        case Path():
            return upload(client, reporter, source).id


def upload(client: Polydub, reporter: Reporter, file: Path) -> Video:
    """Sends a file."""
    try:
        with step(f"{file.name} could not be sent."):
            return client.upload_video(file, progress=partial(reporter.uploading, file.name))
    except (KeyboardInterrupt, Failure) as error:
        if file.stat().st_size >= RESUMABLE_FROM_BYTES and _can_go_on(error):
            reporter.note("The same command goes on with it where it broke off.")
        raise


def _can_go_on(error: BaseException) -> bool:
    return not isinstance(error, Failure) or error.error.retryable


def fetch(client: Polydub, reporter: Reporter, wanted: Address) -> Video:
    """Has the server fetch a video. Ctrl-C stops that, too."""
    with step(f"The video could not be fetched from {wanted.host}."):
        begun = client.videos.begin_import(wanted.url)
        now = begun
        try:
            for now in client.videos.watch_import(begun.id):
                reporter.fetching(now)
        except KeyboardInterrupt:
            client.videos.cancel_import(begun.id)
            raise
        return ImportWatch.video_of(now)


def _name(source: VideoSource) -> str:
    match source:
        case VideoId():
            return source.id
        case Address():
            return source.host
        case Path():
            return source.name


def _create(client: Polydub, video_id: str, wanted: Order) -> Dub:
    create = partial(
        client.create_dub,
        video_id,
        wanted.targets,
        idempotency_key=str(uuid.uuid4()),
        **wanted.options,
    )
    try:
        return create()
    except KeyboardInterrupt:
        # The request may have got through: the same key names its job, so that it can be stopped.
        client.cancel_dub(create().id)
        raise


def watch(client: Polydub, reporter: Reporter, dub_id: str, *, cancels: bool) -> Dub:
    """Tells of the dub's progress until it has ended; gives it as it then is.

    Args:
        cancels: whether Ctrl-C cancels the dub; a second one leaves without waiting for that.
    """
    with step(f"The dub {dub_id} could not be followed."):
        try:
            return _to_the_end(client, reporter, dub_id)
        except KeyboardInterrupt:
            if not cancels:
                reporter.note(f"The dub goes on. `polydub download {dub_id}` fetches its files.")
                raise
        try:
            _cancel(client, reporter, dub_id)
            return _to_the_end(client, reporter, dub_id)
        except KeyboardInterrupt:
            reporter.note(f"It may still be stopping: see `polydub status {dub_id}`.")
            raise


def _to_the_end(client: Polydub, reporter: Reporter, dub_id: str) -> Dub:
    try:
        for progress in client.watch(dub_id):
            reporter.progressed(progress)
        return client.get_dub(dub_id)
    except (ConnectionLost, ServerUnreachable):
        reporter.note(f"The dub may go on without us: `polydub download {dub_id}` takes it up.")
        raise


def _cancel(client: Polydub, reporter: Reporter, dub_id: str) -> None:
    reporter.note(f"Canceling dub {dub_id}. Ctrl-C again leaves without waiting for it.")
    try:
        client.cancel_dub(dub_id)
    except PolydubError as error:
        if error.code != "conflict":  # it ended by itself a moment before
            raise


def collect(client: Polydub, reporter: Reporter, dub: Dub, folder: Path) -> Result:
    """Saves what came of an ended dub, and adds what its figures don't say."""
    if not dub.state.has_results:
        return Result(dub, folder)
    try:
        files = _save(client, reporter, dub, folder)
    except (Failure, KeyboardInterrupt):
        reporter.note(f"The dub is done: `polydub download {dub.id}` fetches what is missing.")
        raise
    return Result(dub, folder, files, _draft(client, dub))


def _save(client: Polydub, reporter: Reporter, dub: Dub, folder: Path) -> tuple[Path, ...]:
    with step(f"The files of dub {dub.id} could not be saved."):
        return tuple(
            client.download(each, folder, progress=partial(reporter.downloading, each.name))
            for each in client.list_artifacts(dub.id)
        )


def _draft(client: Polydub, dub: Dub) -> Mapping[str, str]:
    try:
        return draft_engines(dub, client.list_engines())
    except PolydubError:
        return {}  # the files are here: a note is not worth a failure
