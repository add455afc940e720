"""The picture in segments: the source's own packets, cut at key frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from polydub import media
from polydub.errors import StageError
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.hls import boxes
from polydub_muxing.hls.codec_names import codec_name
from polydub_muxing.hls.grid import SEGMENT_S
from polydub_muxing.hls.renditions import HEADER, RenditionFolder, peak_bandwidth
from polydub_muxing.outputs.files import PRIVATE, as_it_is, whole_clock
from polydub_muxing.outputs.picture import read_picture

PLAYABLE = frozenset({"h264", "hevc"})
"""What Apple's HLS Authoring Specification has every player know."""
LONGEST_S = SEGMENT_S + 0.5
"""Up to here a segment's length rounds to six seconds, as the playlist's target has to."""
KEY_FRAME_EVERY_S = 2
CHUNK_BYTES = 256 * 1024
# One fragment for each key frame; its time is the picture's own, late starts included, and the
# edit list takes out only by how much frames are decoded before they are shown.
_FRAGMENTS = [
    "-avoid_negative_ts", "disabled", "-movflags",
    "+frag_keyframe+empty_moov+default_base_moof+delay_moov+frag_discont", "-f", "mp4",
]  # fmt: skip
_KEY_FRAMES = ["-force_key_frames", f"expr:gte(t,n_forced*{KEY_FRAME_EVERY_S})"]


@dataclass(frozen=True)
class _Stretch:
    """Bytes of the growing file, and how long they play."""

    start: int
    end: int
    duration_s: float = 0.0

    def with_more(self, end: int, duration_s: float) -> _Stretch:
        return _Stretch(self.start, end, self.duration_s + duration_s)


@dataclass
class PictureRendition:
    """A rendition that is cut out of a fragmented MP4 while that is written."""

    folder: RenditionFolder
    file: BinaryIO
    frame: tuple[int, int]
    frame_rate: float
    listed: list[muxing_pb2.HlsSegment] = field(default_factory=list)
    _sizes: list[tuple[int, float]] = field(default_factory=list)
    _header: bytes = b""
    _codecs: str = ""
    _at: int = 0
    _fragment: _Stretch | None = None
    _open: _Stretch | None = None

    async def read_on(self) -> None:
        """Stores the segments that are whole in the file so far."""
        size = self.file.seek(0, 2)
        while (found := self._box(size)) is not None:
            self._at = found.end
            if found.kind in (b"ftyp", b"moov"):
                self._header += self._bytes(found)
                if found.kind == b"moov":
                    await self._put_header()
            elif found.kind == b"moof":
                scale = boxes.time_scale(self._header) or 1
                ticks = boxes.ticks_of(self._bytes(found), boxes.default_ticks(self._header))
                self._fragment = _Stretch(found.start, found.end, ticks / scale)
            elif found.kind == b"mdat" and self._fragment is not None:
                await self._add(self._fragment.with_more(found.end, 0.0))
                self._fragment = None

    async def finish(self) -> None:
        """Stores what is left at the end."""
        await self.read_on()
        if self._open is not None:
            await self._put(self._open)
            self._open = None

    def rendition(self, *, complete: bool) -> muxing_pb2.HlsRendition:
        return muxing_pb2.HlsRendition(
            schema_version=1,
            kind=muxing_pb2.HLS_KIND_PICTURE,
            codecs=self._codecs,
            bandwidth=peak_bandwidth(self._sizes),
            width=self.frame[0],
            height=self.frame[1],
            frame_rate=self.frame_rate,
            init_key=self.folder.key(HEADER),
            segments=self.listed,
            complete=complete,
        )

    def _box(self, size: int) -> boxes.Box | None:
        """The next box, where all of it is in the file."""
        self.file.seek(self._at)
        found = boxes.head_of(self.file.read(boxes.HEAD_BYTES))
        if found is None:
            return None
        start = self._at
        placed = boxes.Box(found.kind, start, start + found.content, start + found.end)
        return placed if placed.end <= size else None

    def _bytes(self, found: boxes.Box) -> bytes:
        self.file.seek(found.start)
        return self.file.read(found.end - found.start)

    async def _put_header(self) -> None:
        self._codecs = codec_name(self._header)
        await self.folder.store.put_bytes(self.folder.key(HEADER), self._header)

    async def _add(self, fragment: _Stretch) -> None:
        before = self._open
        if before and before.duration_s + fragment.duration_s >= LONGEST_S:
            await self._put(before)
            before = None
        self._open = before.with_more(fragment.end, fragment.duration_s) if before else fragment

    async def _put(self, stretch: _Stretch) -> None:
        key = self.folder.key(f"segment-{len(self.listed):05d}.m4s")
        info = await self.folder.store.put_stream(key, self._chunks(stretch))
        self._sizes.append((info.size_bytes, stretch.duration_s))
        self.listed.append(muxing_pb2.HlsSegment(key=key, duration_s=stretch.duration_s))

    async def _chunks(self, stretch: _Stretch) -> AsyncIterator[bytes]:
        for at in range(stretch.start, stretch.end, CHUNK_BYTES):
            self.file.seek(at)
            yield self.file.read(min(CHUNK_BYTES, stretch.end - at))


async def make_picture(
    folder: RenditionFolder,
    source: Path,
    video: common_pb2.VideoStream,
    scratch: Path,
    *,
    timeout_s: float,
) -> None:
    """Makes the picture's rendition; one that is complete stays.

    Packets are copied where players know the codec; else the picture is encoded. A copied picture
    is listed once it is whole, because only then the longest segment is known, which playlists
    have to tell from the first on; it takes seconds. An encoded one is listed as it grows.

    Raises:
        StageError: ``engine_failed``, ``engine_timeout``, ``store_full``, ``store_unavailable``.
    """
    if await folder.is_complete():
        return
    if video.codec in PLAYABLE:
        tag = ["-tag:v", "hvc1"] if video.codec == "hevc" else []
        try:
            await _make(folder, source, video, scratch, ["-c:v", "copy", *tag], timeout_s)
            return
        except StageError as error:
            if error.code != "engine_failed":
                raise
    encode = [*await as_it_is(source), *_KEY_FRAMES]
    await _make(folder, source, video, scratch, encode, timeout_s, as_it_grows=True)


def is_encoded(rendition: muxing_pb2.HlsRendition, video: common_pb2.VideoStream) -> bool:
    """Whether the picture of a rendition was encoded again."""
    return video.codec not in PLAYABLE or (
        video.codec == "hevc" and rendition.codecs.startswith("avc1")
    )


async def _make(
    folder: RenditionFolder,
    source: Path,
    video: common_pb2.VideoStream,
    scratch: Path,
    arguments: list[str],
    timeout_s: float,
    *,
    as_it_grows: bool = False,
) -> None:
    shown = await read_picture(source)
    output = scratch / "live-picture.mp4"
    output.write_bytes(b"")
    rate = Fraction(video.frame_rate or "0")
    with output.open("rb") as file:
        rendition = PictureRendition(
            folder, file, shown.frame if shown else (video.width, video.height), float(rate)
        )

        async def read_on(_: float) -> None:
            before = len(rendition.listed)
            await rendition.read_on()
            if as_it_grows and len(rendition.listed) > before:
                await folder.write(rendition.rendition(complete=False))

        await media.run_ffmpeg(
            [
                *media.input_file(source), "-map", f"0:{video.index}", *arguments, *PRIVATE,
                *_FRAGMENTS, f"file:{output}", *whole_clock(0),
            ],
            timeout_s=timeout_s, duration_s=video.duration_s or 1.0, on_fraction=read_on,
        )  # fmt: skip
        await rendition.finish()
    output.unlink()
    if not rendition.listed:
        raise StageError("engine_failed", "The picture has no frames.", retryable=False)
    await folder.write(rendition.rendition(complete=True))
