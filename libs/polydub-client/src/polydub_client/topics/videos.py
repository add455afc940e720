"""Files on the server, and how they get there."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from polydub_client.calls import videos as calls
from polydub_client.errors import PolydubError
from polydub_client.files import Blocks, ByteProgress, silent
from polydub_client.importing import ImportWatch
from polydub_client.keeping.uploads import OWN_NOTES, UploadNotes
from polydub_client.models import Import, ImportPage, ListedVideo, Upload, Video, VideoPage
from polydub_client.resuming import PIECE_BYTES, RESUMABLE_FROM_BYTES, ResumableUpload
from polydub_client.transport import Transport


class Videos:
    """Uploads, imports, and the files that came of them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(
        self,
        path: Path | str,
        *,
        progress: ByteProgress = silent,
        resumable_from_bytes: int = RESUMABLE_FROM_BYTES,
    ) -> Video:
        """Sends a file; the same bytes again give the same video.

        A large one goes on where it broke off, also in another process, until it is done.
        """
        path = Path(path)
        size_bytes = path.stat().st_size
        if size_bytes >= max(resumable_from_bytes, 1):
            return self.upload_resumably(path, progress=progress)
        call = calls.upload_video(path.name, size_bytes)
        with path.open("rb") as file:
            return self._transport.send(call, Blocks(file, size_bytes, progress))

    def upload_resumably(
        self,
        path: Path | str,
        *,
        upload_id: str = "",
        notes: UploadNotes | None = OWN_NOTES,
        progress: ByteProgress = silent,
        piece_bytes: int = PIECE_BYTES,
    ) -> Video:
        """Sends a file by tus, in pieces with checksums.

        Args:
            upload_id: of an upload that was begun before; empty: what the notes say, or a new one.
            notes: where this machine remembers what was begun; None: nowhere.
        """
        upload = ResumableUpload(
            Path(path),
            self._transport.connection.base_url,
            upload_id=upload_id,
            progress=progress,
            notes=notes,
            policy=self._transport.stream_retry,
            piece_bytes=piece_bytes,
        )
        while upload.video is None:
            try:
                step = upload.next_step()
                self._transport.once(step.call, step.content)
            except PolydubError as error:
                time.sleep(upload.delay_after(error))
        return upload.video

    def get_upload(self, upload_id: str) -> Upload:
        """How much of an upload is safe, its video, or why it is none."""
        return self._transport.send(calls.get_upload(upload_id))

    def get(self, video_id: str) -> Video:
        return self._transport.send(calls.get_video(video_id))

    def page(self, *, text: str = "", limit: int = 20, cursor: str = "") -> VideoPage:
        """Some videos, newest first; with a text, those of files whose name holds it."""
        return self._transport.send(calls.list_videos(text, limit, cursor))

    def iter(self, *, text: str = "") -> Iterator[ListedVideo]:
        """All videos, newest first; with a text, those of files whose name holds it."""
        page = self.page(text=text, limit=100)
        while True:
            yield from page.videos
            if not page.next_cursor:
                return
            page = self.page(text=text, limit=100, cursor=page.next_cursor)

    def delete(self, video_id: str) -> None:
        """Deletes a file, its dubs, and everything made of it."""
        self._transport.send(calls.delete_video(video_id))

    def begin_import(self, url: str) -> Import:
        """Has the server fetch a file, or the one video of a page, in the background."""
        return self._transport.send(calls.import_video(url))

    def get_import(self, import_id: str) -> Import:
        return self._transport.send(calls.get_import(import_id))

    def import_page(
        self, *, states: Sequence[str] = (), limit: int = 20, cursor: str = ""
    ) -> ImportPage:
        """Some imports, newest first; with states, those that stand so."""
        return self._transport.send(calls.list_imports(states, limit, cursor))

    def iter_imports(self, *, states: Sequence[str] = ()) -> Iterator[Import]:
        """All imports, newest first; with states, those that stand so."""
        page = self.import_page(states=states, limit=100)
        while True:
            yield from page.imports
            if not page.next_cursor:
                return
            page = self.import_page(states=states, limit=100, cursor=page.next_cursor)

    def cancel_import(self, import_id: str) -> Import:
        return self._transport.send(calls.cancel_import(import_id))

    def watch_import(self, import_id: str) -> Generator[Import, None]:
        """How far an import is, each time that it has moved, until it has ended."""
        watch = ImportWatch(self._transport.stream_retry)
        while not watch.has_ended:
            try:
                found = self._transport.once(calls.get_import(import_id))
                if watch.moved(found):
                    yield found
                time.sleep(watch.delay_s())
            except PolydubError as error:
                time.sleep(watch.delay_after(error))

    def import_from(self, url: str) -> Video:
        """The video that an address leads to.

        Raises:
            PolydubError: why there is none.
        """
        found = self.begin_import(url)
        for now in self.watch_import(found.id):
            found = now
        return ImportWatch.video_of(found)
