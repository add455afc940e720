"""One language's finished dub, as the extras find it in the store."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from polydub import errors, languages
from polydub.artifacts import ArtifactFolder, read_document
from polydub.stage import StageContext
from polydub.store import ObjectStore
from polydub.v1 import common_pb2, events_pb2, muxing_pb2
from polydub_muxing.assembly import file_stem
from polydub_muxing.outputs.files import PICTURE_COPIED
from polydub_muxing.outputs.matroska import PictureTrack, Track
from polydub_muxing.outputs.picture import read_picture
from polydub_muxing.report.document import STAGE

SUBTITLE_ENDINGS = {".srt": "", ".ass": " (styled)"}
"""The subtitle files that become tracks, and what their titles say beside the language."""


@dataclass(frozen=True)
class FinishedDub:
    """The dub of one event, and what is needed to make something of it."""

    event: events_pb2.Event
    context: StageContext
    base: muxing_pb2.MuxingProducts
    timeout_s: float

    @property
    def language(self) -> str:
        return self.event.envelope.target_language

    @property
    def store(self) -> ObjectStore:
        return self.context.store

    @property
    def offset_ms(self) -> int:
        """Where the timeline begins in the file."""
        return round(self.event.products.separation.audio_offset_s * 1000)

    @property
    def is_slowed(self) -> bool:
        """Whether its time may be another than the source's."""
        return self.event.spec.fit_mode == muxing_pb2.FIT_MODE_SLOW_PICTURE

    async def report(self) -> muxing_pb2.ReportDocument:
        key = next(file.key for file in self.base.files if file.kind == "report")
        return await read_document(self.store, key, muxing_pb2.ReportDocument)

    async def open(self, stack: AsyncExitStack, key: str) -> Path:
        return await stack.enter_async_context(self.store.local_file(key))

    async def picture(self, stack: AsyncExitStack) -> PictureTrack | None:
        """The picture as little encoded as there is one in the dub's time."""
        untouched = self.is_slowed or self.base.headline.picture == PICTURE_COPIED
        key = dub_key(self.base) if untouched else self.event.products.separation.source_key
        path = await self.open(stack, key)
        shown = await read_picture(path)
        return PictureTrack(path, shown) if shown else None

    async def put(
        self, folder: ArtifactFolder, path: Path, ending: str, kind: str, media_type: str,
        *, of_the_job: bool = False,
    ) -> muxing_pb2.OutputFile:  # fmt: skip
        """Stores a file; how it is listed. ``ending`` follows the upload's name and language."""
        info = await folder.put_file(path.name, path)
        language = "" if of_the_job else self.language
        stem = file_stem(self.event.spec.filename)
        return muxing_pb2.OutputFile(
            name=f"{stem}.{language}{ending}" if language else f"{stem}{ending}",
            kind=kind,
            key=info.key,
            media_type=media_type,
            size_bytes=info.size_bytes,
            target_language=language,
        )

    def warning(self, code: str, message: str) -> common_pb2.Warning:
        return errors.warning(code, message, stage=STAGE, target_language=self.language)


def dub_key(base: muxing_pb2.MuxingProducts) -> str:
    """The key of the dub itself, which stands first."""
    return base.files[0].key


def sound_track(dub: Path, language: str, *, default: bool) -> Track:
    return Track(dub, "a:0", language, title_of(language), default=default)


async def subtitle_tracks(
    store: ObjectStore, stack: AsyncExitStack, base: muxing_pb2.MuxingProducts, language: str
) -> list[Track]:
    """The dub's subtitle files as tracks, none of them on by itself."""
    tracks = []
    for file in base.files:
        ending = Path(file.key).suffix
        # ffmpeg takes a file without cues for no subtitles at all.
        if ending in SUBTITLE_ENDINGS and file.size_bytes:
            path = await stack.enter_async_context(store.local_file(file.key))
            title = title_of(language) + SUBTITLE_ENDINGS[ending]
            tracks.append(Track(path, "s:0", language, title))
    return tracks


def title_of(language: str) -> str:
    """The language's own name for itself: ``Español``."""
    name = languages.name(language, in_language=language)
    return name[:1].upper() + name[1:]
