"""What ffmpeg can't be told of an MP4's tracks, written in place (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_SUBTITLES = {b"sbtl", b"subt", b"text"}
"""The handlers of tracks that are shown as text."""
_ENABLED = 0x1
"""In a track header's flags: the track is played unless the viewer decides otherwise."""


@dataclass(frozen=True)
class _Box:
    kind: bytes
    body: int
    """Where its content begins in the file, and where it ends."""
    end: int


def switch_off_subtitles(path: Path) -> int:
    """Leaves it to the viewer to switch subtitles on; how many tracks of them there are.

    ffmpeg enables the first track of each kind whatever disposition it is given, and some players
    show every subtitle track that is enabled.
    """
    found = 0
    with path.open("r+b") as file:
        whole = _Box(b"", 0, file.seek(0, 2))
        for track in _inside(file, whole, b"moov", b"trak"):
            if _handler(file, track) in _SUBTITLES:
                for header in _inside(file, track, b"tkhd"):
                    _clear(file, header.body + 3, _ENABLED)
                found += 1
    return found


def _inside(file: BinaryIO, box: _Box, kind: bytes, *deeper: bytes) -> Iterator[_Box]:
    """The boxes on a path of kinds inside a box."""
    for each in list(_boxes(file, box)):
        if each.kind == kind:
            yield from _inside(file, each, *deeper) if deeper else (each,)


def _boxes(file: BinaryIO, box: _Box) -> Iterator[_Box]:
    at = box.body
    while at + 8 <= box.end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        body = at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            body += 8
        end = box.end if size == 0 else at + size
        yield _Box(kind, body, end)
        at = max(body, end)


def _handler(file: BinaryIO, track: _Box) -> bytes:
    for box in _inside(file, track, b"mdia", b"hdlr"):
        file.seek(box.body + 8)
        return file.read(4)
    return b""


def _clear(file: BinaryIO, at: int, bits: int) -> None:
    file.seek(at)
    (flags,) = file.read(1)
    file.seek(at)
    file.write(bytes([flags & ~bits]))
