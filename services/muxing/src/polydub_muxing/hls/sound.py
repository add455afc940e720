"""Sound in segments: AAC frames, cut where the grid says, into fragments of MP4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from polydub import languages, media
from polydub.blocking import run_blocking
from polydub.v1 import muxing_pb2
from polydub_muxing.hls.aac import CODECS, AacConfig, AdtsReader
from polydub_muxing.hls.boxes import sound_fragment, sound_header
from polydub_muxing.hls.grid import Grid
from polydub_muxing.hls.renditions import HEADER, RenditionFolder, peak_bandwidth
from polydub_muxing.outputs import files

READ_BYTES = 256 * 1024
LIVE, FINISHED = "live", "segment"
"""What segments are called: live ones stay where they are when the finished ones come."""
UNDETERMINED = "und"
_NOMINAL_BITS_PER_S = 0
"""In a header: not known. Live and finished segments share one header."""


@dataclass(frozen=True)
class Segment:
    """A segment of sound as it is stored."""

    number: int
    data: bytes
    duration_s: float


@dataclass
class SegmentCutter:
    """Frames in, segments out. It holds one segment at a time."""

    number: int = 0
    """Of the next segment."""
    skipped: int = 0
    """Frames that still only lead up to it."""
    _reader: AdtsReader = field(default_factory=AdtsReader)
    _frames: list[bytes] = field(default_factory=list)

    @property
    def config(self) -> AacConfig | None:
        return self._reader.config

    def feed(self, data: bytes) -> Iterator[Segment]:
        """The segments that are whole now."""
        frames = self._reader.feed(data)
        skipped = min(self.skipped, len(frames))
        self.skipped -= skipped
        self._frames += frames[skipped:]
        if self.config is not None:
            count = Grid(self.config.rate_hz).frames
            while len(self._frames) >= count:
                yield self._cut(count)

    def flush(self) -> Iterator[Segment]:
        """What is left at the sound's end."""
        if self._frames:
            yield self._cut(len(self._frames))

    def _cut(self, count: int) -> Segment:
        assert self.config is not None
        grid = Grid(self.config.rate_hz)
        taken, self._frames = self._frames[:count], self._frames[count:]
        data = sound_fragment(self.number * grid.frames, taken)
        self.number += 1
        return Segment(self.number - 1, data, grid.seconds(count))


@dataclass
class SoundRendition:
    """A rendition of sound that is being written."""

    folder: RenditionFolder
    language: str
    """Empty: the original sound."""
    prefix: str = FINISHED
    cutter: SegmentCutter = field(default_factory=SegmentCutter)
    _listed: list[muxing_pb2.HlsSegment] = field(default_factory=list)
    _sizes: list[tuple[int, float]] = field(default_factory=list)

    async def put(self, segments: Iterator[Segment], *, until: int | None = None) -> None:
        """Stores segments as they come; those from number ``until`` on are left out."""
        for segment in segments:
            if until is not None and segment.number >= until:
                continue
            key = self.folder.key(f"{self.prefix}-{segment.number:05d}.m4s")
            await self.folder.store.put_bytes(key, segment.data)
            self._listed.append(muxing_pb2.HlsSegment(key=key, duration_s=segment.duration_s))
            self._sizes.append((len(segment.data), segment.duration_s))

    async def put_file(self, path: Path, *, until: int | None = None) -> None:
        """Cuts a whole ADTS file."""
        with path.open("rb") as file:
            while data := await run_blocking(lambda _: file.read(READ_BYTES)):
                await self.put(self.cutter.feed(data), until=until)
        await self.put(self.cutter.flush(), until=until)

    async def listed(self, *, complete: bool) -> muxing_pb2.HlsRendition:
        """The list of what was stored, behind its header."""
        header = self.folder.key(HEADER)
        config = self.cutter.config
        if config is not None:
            code = languages.iso639_2(self.language) if self.language else UNDETERMINED
            data = sound_header(config, code, _NOMINAL_BITS_PER_S)
            await self.folder.store.put_bytes(header, data)
        return muxing_pb2.HlsRendition(
            schema_version=1,
            kind=muxing_pb2.HLS_KIND_SOUND,
            language=self.language,
            codecs=CODECS,
            bandwidth=peak_bandwidth(self._sizes),
            channels=config.channels if config else 0,
            init_key=header,
            segments=self._listed,
            complete=complete,
        )


async def cut_finished(
    folder: RenditionFolder, dub: Path, language: str, scratch: Path, *, timeout_s: float
) -> muxing_pb2.HlsRendition:
    """The finished dub's own AAC frames as a rendition; it is not listed yet.

    Raises:
        StageError: ``engine_failed``, ``engine_timeout``, ``store_full``, ``store_unavailable``.
    """
    frames = scratch / f"finished-{folder.name}.aac"
    await media.run_ffmpeg(
        [*media.input_file(dub), "-map", "0:a:0", "-c:a", "copy", "-f", "adts", f"file:{frames}"],
        timeout_s=timeout_s,
    )
    rendition = SoundRendition(folder, language)
    await rendition.put_file(frames)
    frames.unlink()
    return await rendition.listed(complete=True)


async def encode_window(
    mixed: Path, frames: Path, *, rate_hz: int, channels: int, first: int, timeout_s: float
) -> None:
    """Encodes a mixed stretch just as the finished dub will be.

    Args:
        first: the sample at which to begin; below 0: so much silence comes before the first one.
    """
    lead = (
        f"atrim=start_sample={first},asetpts=N/SR/TB" if first >= 0 else f"adelay={-first}S:all=1"
    )
    await media.run_ffmpeg(
        [
            *media.input_file(mixed), "-map", "0:a:0",
            *files.aac_arguments(rate_hz, channels, lead), "-f", "adts", f"file:{frames}",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip


async def make_original(
    folder: RenditionFolder,
    original: Path,
    scratch: Path,
    *,
    rate_hz: int,
    channels: int,
    offset_s: float,
    duration_s: float,
    timeout_s: float,
) -> None:
    """Encodes the original sound and lists its segments as they come. One that is complete stays.

    Raises:
        StageError: as :func:`cut_finished`.
    """
    if await folder.is_complete():
        return
    frames = scratch / "original.aac"
    frames.write_bytes(b"")
    rendition = SoundRendition(folder, "")
    delay = files.samples_before(offset_s, rate_hz)

    with frames.open("rb") as file:

        async def publish(_: float) -> None:
            before = rendition.cutter.number
            while data := file.read(READ_BYTES):
                await rendition.put(rendition.cutter.feed(data))
            if rendition.cutter.number > before:
                await folder.write(await rendition.listed(complete=False))

        await media.run_ffmpeg(
            [
                *media.input_file(original), "-map", "0:a:0",
                *files.aac_arguments(rate_hz, channels, f"adelay={delay}S:all=1"),
                "-f", "adts", f"file:{frames}",
            ],
            timeout_s=timeout_s, duration_s=duration_s, on_fraction=publish,
        )  # fmt: skip
        await publish(1.0)
        await rendition.put(rendition.cutter.flush())
    await folder.write(await rendition.listed(complete=True))
    frames.unlink()
