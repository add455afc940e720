"""Tells a file that ends too early from one whose sound is honestly shorter than its picture.

Two pieces of evidence, each sound by itself:

* the container's own byte counts point well behind the file's end (MP4/MOV boxes, RIFF chunks,
  Matroska's segment), which is known before anything is decoded;
* the decoded track is clearly shorter than that track's own header says (never the picture's or
  the container's length, which sound may honestly fall short of).

A cut OGG or a cut MP3 has neither: such files carry no length but that of what is there, and play
to their end as whole ones do.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from polydub.errors import MediaError
from polydub.v1 import common_pb2

MISSING_BYTES_SHARE = 0.01
"""Up to a hundredth may be gone: writers miscount padding, and a dub loses nothing one can hear."""
MISSING_SECONDS = 1.0
MISSING_SECONDS_SHARE = 0.02
_ESTIMATED = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "amr"})
"""Containers whose duration ffprobe may have guessed from the bit rate."""

_EBML_MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT_ID = b"\x18\x53\x80\x67"
_UNBELIEVABLE_RIFF_SIZE = 0x7FFF0000
"""From here on, and at 0: what a writer leaves that could not go back to fill the size in (ffmpeg
all ones, SoX a little under 2 GiB)."""


def check_bytes(path: Path) -> None:
    """Raises:
    MediaError: ``media_truncated`` when the container's own sizes need a longer file.
    """
    size = path.stat().st_size
    missing = declared_bytes(path) - size
    if missing > MISSING_BYTES_SHARE * size:
        raise MediaError("media_truncated", "The file ends before its own headers say it should.")


def check_duration(track: common_pb2.AudioStream, container: str, decoded_s: float) -> None:
    """Raises:
    MediaError: ``media_truncated`` when the track is clearly longer by its own header.
    """
    if track.duration_s <= 0 or container in _ESTIMATED:
        return
    missing_s = track.duration_s - decoded_s
    if missing_s > max(MISSING_SECONDS, MISSING_SECONDS_SHARE * track.duration_s):
        raise MediaError(
            "media_truncated",
            f"The audio track ends after {decoded_s:.1f} s, its header says "
            f"{track.duration_s:.1f} s.",
        )


def declared_bytes(path: Path) -> int:
    """How long the file must be by its container's own sizes; 0 where these tell nothing."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _boxes_end(file)
        if head[:4] == b"RIFF":
            size = int.from_bytes(head[4:8], "little")
            return 8 + size if size < _UNBELIEVABLE_RIFF_SIZE else 0
        if head[:4] == _EBML_MAGIC:
            return _segment_end(file)
    return 0


def _boxes_end(file: BinaryIO) -> int:
    """Walks the top-level boxes of ISO/IEC 14496-12, 4.2: size, type, maybe a 64 bit size."""
    at, has_index = 0, False
    while True:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            break
        size, kind = int.from_bytes(header[:4], "big"), header[4:8]
        has_index |= kind in (b"moov", b"moof", b"meta")
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        if size < 8:  # 0: to the end of the file; else not a box
            break
        at += size
    # Recorders write the index last: a file without one was cut off, however its boxes end.
    return at if has_index else max(at, 2 * file.seek(0, 2))


def _segment_end(file: BinaryIO) -> int:
    """The end of Matroska's Segment, which follows the EBML header (RFC 8794, RFC 9559)."""
    file.seek(4)
    header_size = _vint(file)
    if header_size is None:
        return 0
    file.seek(header_size, 1)
    if file.read(4) != _SEGMENT_ID:
        return 0
    segment_size = _vint(file)
    return 0 if segment_size is None else file.tell() + segment_size


def _vint(file: BinaryIO) -> int | None:
    """A variable-length size (RFC 8794, section 4); None where it says 'unknown'."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    length = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(length - 1), "big") & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value
