"""Files on the server, and how they get there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import videos as calls
from polydub_client.errors import PolydubError
from polydub_client.files import AsyncBlocks, ByteProgress, silent
from polydub_client.importing import ImportWatch
from polydub_client.keeping.uploads import OWN_NOTES, UploadNotes
from polydub_client.models import Import, ImportPage, ListedVideo, Upload, Video, VideoPage
from polydub_client.resuming import PIECE_BYTES, RESUMABLE_FROM_BYTES, ResumableUpload


class AsyncVideos:
    """Uploads, imports, and the files that came of them."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def upload(
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
            return await self.upload_resumably(path, progress=progress)
        call = calls.upload_video(path.name, size_bytes)
        with await asyncio.to_thread(path.open, "rb") as file:
            return await self._transport.send(call, AsyncBlocks(file, size_bytes, progress))

    async def upload_resumably(
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
                step = await asyncio.to_thread(upload.next_step)
                await self._transport.once(step.call, step.content)
            except PolydubError as error:
                await asyncio.sleep(upload.delay_after(error))
        return upload.video

    async def get_upload(self, upload_id: str) -> Upload:
        """How much of an upload is safe, its video, or why it is none."""
        return await self._transport.send(calls.get_upload(upload_id))

    async def get(self, video_id: str) -> Video:
        return await self._transport.send(calls.get_video(video_id))

    async def page(self, *, text: str = "", limit: int = 20, cursor: str = "") -> VideoPage:
        """Some videos, newest first; with a text, those of files whose name holds it."""
        return await self._transport.send(calls.list_videos(text, limit, cursor))

    async def iter(self, *, text: str = "") -> AsyncIterator[ListedVideo]:
        """All videos, newest first; with a text, those of files whose name holds it."""
        page = await self.page(text=text, limit=100)
        while True:
            for video in page.videos:
                yield video
            if not page.next_cursor:
                return
            page = await self.page(text=text, limit=100, cursor=page.next_cursor)

    async def delete(self, video_id: str) -> None:
        """Deletes a file, its dubs, and everything made of it."""
        await self._transport.send(calls.delete_video(video_id))

    async def begin_import(self, url: str) -> Import:
        """Has the server fetch a file, or the one video of a page, in the background."""
        return await self._transport.send(calls.import_video(url))

    async def get_import(self, import_id: str) -> Import:
        return await self._transport.send(calls.get_import(import_id))

    async def import_page(
        self, *, states: Sequence[str] = (), limit: int = 20, cursor: str = ""
    ) -> ImportPage:
        """Some imports, newest first; with states, those that stand so."""
        return await self._transport.send(calls.list_imports(states, limit, cursor))

    async def iter_imports(self, *, states: Sequence[str] = ()) -> AsyncIterator[Import]:
        """All imports, newest first; with states, those that stand so."""
        page = await self.import_page(states=states, limit=100)
        while True:
            for found in page.imports:
                yield found
            if not page.next_cursor:
                return
            page = await self.import_page(states=states, limit=100, cursor=page.next_cursor)

    async def cancel_import(self, import_id: str) -> Import:
        return await self._transport.send(calls.cancel_import(import_id))

    async def watch_import(self, import_id: str) -> AsyncGenerator[Import, None]:
        """How far an import is, each time that it has moved, until it has ended."""
        watch = ImportWatch(self._transport.stream_retry)
        while not watch.has_ended:
            try:
                found = await self._transport.once(calls.get_import(import_id))
                if watch.moved(found):
                    yield found
                await asyncio.sleep(watch.delay_s())
            except PolydubError as error:
                await asyncio.sleep(watch.delay_after(error))

    async def import_from(self, url: str) -> Video:
        """The video that an address leads to.

        Raises:
            PolydubError: why there is none.
        """
        found = await self.begin_import(url)
        async for now in self.watch_import(found.id):
            found = now
        return ImportWatch.video_of(found)
