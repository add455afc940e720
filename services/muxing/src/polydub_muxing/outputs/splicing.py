"""A new revision's sound out of the earlier one's AAC frames and new ones where it differs.

Frames of AAC-LC overlap with their neighbours and know nothing else of each other (ISO/IEC 14496-3,
4.6.11), so frames of two encodings of the same sound may follow each other. Which windows a frame
has, an encoder decides by the frames next to it: a little more than what is kept is encoded on
either side.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from polydub import languages, media
from polydub.blocking import run_blocking
from polydub.errors import StageError
from polydub_muxing.hls.aac import AacConfig, AdtsReader
from polydub_muxing.hls.boxes import HEAD_BYTES, box, sound_index
from polydub_muxing.hls.grid import FRAME
from polydub_muxing.outputs import files
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.mixing import write_sound
from polydub_muxing.sound.windows import WINDOW, Digests

_REACH = 3
"""Frames before and after a change that it may touch: by overlap and by a look ahead."""
_LEAD = 16
"""Further ones that are encoded beside them, so that the encoder has found its way."""
_LARGEST_SHARE = 0.5
"""Of a sound that has changed so far, all is encoded anew."""
_READ_BYTES = 256 * 1024


@dataclass(frozen=True)
class Encoding:
    """How a mix becomes frames.

    Attributes:
        samples: of the mix.
        delay: samples of silence before it.
        whole: samples of all that is encoded, silence included.
    """

    rate_hz: int
    channels: int
    samples: int
    delay: int
    whole: int

    @property
    def frames(self) -> int:
        """How many the encoder gives out: one comes before the sound."""
        return -(-self.whole // FRAME) + 1

    def of_mix(self, piece: Piece) -> tuple[int, int]:
        """The samples of the mix that a piece is made from; the rest of it is silence."""
        first, last = (
            min(max(at - self.delay, 0), self.samples) for at in (piece.begin, piece.end)
        )
        return first, last

    @property
    def last_ticks(self) -> int:
        """Samples of the last frame that are played."""
        return self.whole + FRAME - (self.frames - 1) * FRAME


@dataclass(frozen=True)
class Piece:
    """Frames ``[first, last)`` are to be made anew, from the encoded samples ``[begin, end)``."""

    first: int
    last: int
    begin: int
    end: int


def pieces(before: Digests, now: Digests, encoding: Encoding) -> list[Piece] | None:
    """What is to be encoded anew; None: all of it."""
    if len(before) != len(now) or files.aac_rate_hz(encoding.rate_hz) != encoding.rate_hz:
        return None
    found: list[list[int]] = []
    for window in np.flatnonzero(before != now).tolist():
        begin = window * WINDOW + encoding.delay
        end = min((window + 1) * WINDOW, encoding.samples) + encoding.delay
        first, last = max(0, begin // FRAME - _REACH), -(-end // FRAME) + _REACH
        if found and first - found[-1][1] <= 2 * _LEAD:
            found[-1][1] = last
        else:
            found.append([first, last])
    if sum(last - first for first, last in found) > _LARGEST_SHARE * encoding.frames:
        return None
    return [_piece(first, min(last, encoding.frames), encoding) for first, last in found]


def _piece(first: int, last: int, encoding: Encoding) -> Piece:
    end = min((last + _LEAD) * FRAME, encoding.whole)
    return Piece(first, last, max(0, first - _LEAD) * FRAME, end)


class Mixed(Protocol):
    """A mix that is made as it is read."""

    def read(self, first: int, last: int) -> Iterator[Samples]:
        """The samples ``[first, last)``, shape (n, channels), in blocks."""


async def encode_pieces(
    mixed: Mixed, changed: Sequence[Piece], encoding: Encoding, scratch: Path, *, timeout_s: float
) -> list[Path]:
    """Each piece as ADTS, led up to and away from.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    made = []
    for number, piece in enumerate(changed):
        sound, frames = scratch / "piece.flac", scratch / f"piece-{number}.aac"
        await run_blocking(
            lambda tick, piece=piece, sound=sound: write_sound(  # type: ignore[misc]
                _cut(mixed, piece, encoding), sound,
                rate_hz=encoding.rate_hz, channels=encoding.channels,
                frames=piece.end - piece.begin, tick=tick,
            )
        )  # fmt: skip
        await media.run_ffmpeg(
            [
                *media.input_file(sound), "-map", "0:a:0",
                *files.aac_arguments(encoding.rate_hz, encoding.channels, "anull"),
                "-f", "adts", f"file:{frames}",
            ],
            timeout_s=timeout_s,
        )  # fmt: skip
        sound.unlink()
        made.append(frames)
    return made


def _cut(mixed: Mixed, piece: Piece, encoding: Encoding) -> Iterator[Samples]:
    first, last = encoding.of_mix(piece)
    begin, end = (piece.begin - encoding.delay, piece.end - encoding.delay)
    yield np.zeros((first - begin, encoding.channels), np.float32)
    yield from mixed.read(first, last)
    yield np.zeros((end - last, encoding.channels), np.float32)


def spliced(
    before: Path, changed: Sequence[Piece], made: Sequence[Path]
) -> Iterator[tuple[bytes, AacConfig]]:
    """All frames, one after the other.

    Raises:
        StageError: ``engine_failed`` where a piece has fewer frames than it should.
    """
    with ExitStack() as stack:
        waiting = list(zip(changed, made, strict=True))[::-1]
        new: Iterator[tuple[bytes, AacConfig]] = iter(())
        until = 0
        for number, (frame, config) in enumerate(read_frames(before)):
            if waiting and number == waiting[-1][0].first:
                piece, path = waiting.pop()
                new = read_frames(path)
                stack.callback(new.close)  # type: ignore[attr-defined]
                for _ in range(piece.first - piece.begin // FRAME):
                    next(new, None)
                until = piece.last
            if number >= until:
                yield frame, config
                continue
            found = next(new, None)
            if found is None:
                raise StageError("engine_failed", "The encoder left frames out.", retryable=False)
            yield found


def read_frames(adts: Path) -> Iterator[tuple[bytes, AacConfig]]:
    """The frames of an ADTS file."""
    reader = AdtsReader()
    with adts.open("rb") as file:
        while data := file.read(_READ_BYTES):
            for frame in reader.feed(data):
                assert reader.config is not None
                yield frame, reader.config


def write_file(
    frames: Iterable[tuple[bytes, AacConfig]], written: Path, encoding: Encoding, language: str
) -> None:
    """Writes frames as MP4, of whose last one only so much is played as there is sound.

    Raises:
        StageError: ``engine_failed`` where their number isn't that of the encoding.
    """
    sizes = array("I")
    found: AacConfig | None = None
    with written.open("wb") as file:
        file.write(box(b"ftyp", b"isom", bytes(4), b"isommp41"))
        data_at = file.tell() + HEAD_BYTES
        file.write(struct.pack(">I4sQ", 1, b"mdat", 0))
        for frame, config in frames:
            found = config
            sizes.append(len(frame))
            file.write(frame)
        end = file.tell()
        if found is None or len(sizes) != encoding.frames:
            raise StageError("engine_failed", "The encoder left frames out.", retryable=False)
        file.write(
            sound_index(found, languages.iso639_2(language), sizes, data_at, encoding.last_ticks)
        )
        file.seek(data_at - 8)
        file.write(struct.pack(">Q", end - data_at + HEAD_BYTES))


async def frames_of(encoded: Path, frames: Path, *, timeout_s: float) -> None:
    """Writes a file's own AAC frames as ADTS.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    await media.run_ffmpeg(
        [
            *media.input_file(encoded), "-map", "0:a:0", "-c:a", "copy",
            "-f", "adts", f"file:{frames}",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip


async def splice(
    mixed: Mixed, before: Path, changed: Sequence[Piece], encoding: Encoding, encoded: Path,
    *, language: str, timeout_s: float,
) -> None:  # fmt: skip
    """Writes the sound as MP4, as :func:`files.encode_audio` does.

    Args:
        before: the earlier frames, ADTS.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    scratch = encoded.parent
    made = await encode_pieces(mixed, changed, encoding, scratch, timeout_s=timeout_s)
    plain = scratch / "spliced.mp4"
    await run_blocking(
        lambda _: write_file(spliced(before, changed, made), plain, encoding, language)
    )
    await media.run_ffmpeg(
        [
            *media.input_file(plain), "-map", "0:a:0", "-c:a", "copy",
            *files.PRIVATE, *files.language_of_sound(language), *files.MP4, f"file:{encoded}",
        ],
        timeout_s=timeout_s,
    )  # fmt: skip
    for path in (plain, *made):
        path.unlink()
