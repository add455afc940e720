"""Fragmented MP4 (ISO/IEC 14496-12): written for sound, read for pictures. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from polydub_muxing.hls.aac import AacConfig
from polydub_muxing.hls.grid import FRAME, PRIMING

TRACK = 1
_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_ALL_ALIKE_DURATION, _BASE_IS_MOOF = 0x8, 0x20000
_OFFSET_PRESENT, _DURATION_PRESENT, _SIZE_PRESENT = 0x1, 0x100, 0x200
_FLAGS_PRESENT, _FIRST_FLAGS_PRESENT = 0x400, 0x4
_TFHD_BASE, _TFHD_DESCRIPTION = 0x1, 0x2
HEAD_BYTES = 16
"""As much as tells a box's size, however it is written."""


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def sound_header(config: AacConfig, language: str, bits_per_s: int) -> bytes:
    """The initialization segment of an AAC track. Its edit list takes the encoder's first frame
    out of what is heard, as ffmpeg writes it into MP4.

    Args:
        language: ISO 639-2.
    """
    rate, nothing = config.rate_hz, struct.pack(">I", 0)
    samples = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), _mp4a(config, bits_per_s)),
        *(full_box(kind, 0, 0, nothing) for kind in (b"stts", b"stsc")),
        full_box(b"stsz", 0, 0, nothing, nothing),
        full_box(b"stco", 0, 0, nothing),
    )
    data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, rate, 0, _packed(language), 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"soun"), b"Sound\0"),
        box(b"minf", full_box(b"smhd", 0, 0, nothing), data, samples),
    )
    heard_from = full_box(b"elst", 0, 0, struct.pack(">IIiHH", 1, 0, PRIMING, 1, 0))
    track_head = struct.pack(">IIIII8xHHHH", 0, 0, TRACK, 0, 0, 0, 0, 0x100, 0) + _UNITY
    track = box(
        b"trak", full_box(b"tkhd", 0, 3, track_head, nothing * 2), box(b"edts", heard_from), media
    )
    movie_head = struct.pack(">IIIIIH10x", 0, 0, rate, 0, 0x10000, 0x100)
    return box(b"ftyp", b"iso6", nothing, b"iso6cmfcmp41") + box(
        b"moov",
        full_box(b"mvhd", 0, 0, movie_head, _UNITY, bytes(24), struct.pack(">I", TRACK + 1)),
        track,
        box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">IIIII", TRACK, 1, FRAME, 0, 0))),
    )


def sound_index(
    config: AacConfig, language: str, sizes: Sequence[int], data_at: int, last_ticks: int
) -> bytes:
    """The index (``moov``) of a plain MP4 whose AAC frames follow each other in one piece.

    Args:
        language: ISO 639-2.
        sizes: of the frames, in bytes; the first one comes before what is heard.
        data_at: where the first one begins in the file.
        last_ticks: how many samples of the last one are played.
    """
    count, nothing = len(sizes), struct.pack(">I", 0)
    ticks = (count - 1) * FRAME + last_ticks
    heard = ticks - PRIMING
    samples = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), _mp4a(config, 0)),
        full_box(b"stts", 0, 0, struct.pack(">IIIII", 2, count - 1, FRAME, 1, last_ticks)),
        full_box(b"stsc", 0, 0, struct.pack(">IIII", 1, 1, count, 1)),
        full_box(b"stsz", 0, 0, nothing, struct.pack(f">I{count}I", count, *sizes)),
        full_box(b"co64", 0, 0, struct.pack(">IQ", 1, data_at)),
    )
    heard_from = full_box(b"elst", 1, 0, struct.pack(">IQqHH", 1, heard, PRIMING, 1, 0))
    return box(
        b"moov",
        full_box(b"mvhd", 1, 0, _movie_head(config, heard), struct.pack(">I", TRACK + 1)),
        box(
            b"trak",
            full_box(b"tkhd", 1, 3, _track_head(heard)),
            box(b"edts", heard_from),
            _media(config, language, samples, ticks),
        ),
    )


def _movie_head(config: AacConfig, ticks: int) -> bytes:
    about = struct.pack(">QQIQIH10x", 0, 0, config.rate_hz, ticks, 0x10000, 0x100)
    return about + _UNITY + bytes(24)


def _track_head(ticks: int) -> bytes:
    about = struct.pack(">QQIIQ8xHHHH", 0, 0, TRACK, 0, ticks, 0, 0, 0x100, 0)
    return about + _UNITY + bytes(8)


def _media(config: AacConfig, language: str, samples: bytes, ticks: int) -> bytes:
    data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    head = struct.pack(">QQIQHH", 0, 0, config.rate_hz, ticks, _packed(language), 0)
    return box(
        b"mdia",
        full_box(b"mdhd", 1, 0, head),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"soun"), b"Sound\0"),
        box(b"minf", full_box(b"smhd", 0, 0, struct.pack(">I", 0)), data, samples),
    )


def sound_fragment(first_frame: int, frames: Sequence[bytes]) -> bytes:
    """A segment's frames, the first of which is so many behind the track's first."""
    count = len(frames)
    head = full_box(b"mfhd", 0, 0, struct.pack(">I", first_frame + 1))
    about = full_box(
        b"tfhd", 0, _BASE_IS_MOOF | _ALL_ALIKE_DURATION, struct.pack(">II", TRACK, FRAME)
    )
    moment = full_box(b"tfdt", 1, 0, struct.pack(">Q", first_frame * FRAME))
    sizes = struct.pack(f">{count}I", *map(len, frames))

    def moof(data_offset: int) -> bytes:
        run = struct.pack(">Ii", count, data_offset)
        sized = full_box(b"trun", 0, _OFFSET_PRESENT | _SIZE_PRESENT, run, sizes)
        return box(b"moof", head, box(b"traf", about, moment, sized))

    return moof(len(moof(0)) + 8) + box(b"mdat", *frames)


def _mp4a(config: AacConfig, bits_per_s: int) -> bytes:
    decoder = _descriptor(
        4,
        struct.pack(">BBHBII", 0x40, 0x15, 0, 0, bits_per_s, bits_per_s),
        _descriptor(5, config.specific),
    )
    stream = _descriptor(3, struct.pack(">HB", TRACK, 0), decoder, _descriptor(6, b"\2"))
    # The entry's 16.16 bits can't hold higher rates; the decoder's own configuration counts.
    rate = config.rate_hz << 16 if config.rate_hz < 1 << 16 else 0
    entry = struct.pack(">6xH8xHHHHI", 1, config.channels, 16, 0, 0, rate)
    return box(b"mp4a", entry, full_box(b"esds", 0, 0, stream))


def _descriptor(tag: int, *content: bytes) -> bytes:
    """A descriptor of ISO/IEC 14496-1, its length in the four bytes that all readers know."""
    body = b"".join(content)
    return struct.pack(">BBBBB", tag, 0x80, 0x80, 0x80, len(body)) + body


def _packed(language: str) -> int:
    first, second, third = (ord(letter) - 0x60 for letter in language)
    return first << 10 | second << 5 | third


# --- reading ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """Where a box lies in the bytes it was found in."""

    kind: bytes
    start: int
    content: int
    end: int


def head_of(data: bytes, start: int = 0) -> Box | None:
    """The box that starts there; None where its head isn't there yet."""
    if len(data) - start < 8:
        return None
    size, kind = struct.unpack_from(">I4s", data, start)
    content = start + 8
    if size == 1:
        if len(data) - start < HEAD_BYTES:
            return None
        (size,) = struct.unpack_from(">Q", data, content)
        content += 8
    return Box(kind, start, content, start + size)


def inside(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that follow each other in a stretch of bytes."""
    while start < end:
        found = head_of(data, start)
        if found is None or found.end <= start:
            return
        yield found
        start = found.end


def find(data: bytes, *path: bytes) -> Box | None:
    """The first box at a path such as ``moov trak mdia``."""
    start, end, found = 0, len(data), None
    for kind in path:
        found = next((each for each in inside(data, start, end) if each.kind == kind), None)
        if found is None:
            return None
        start, end = found.content, found.end
    return found


def ticks_of(moof: bytes, default: int) -> int:
    """How long the first track's samples of a fragment are, in its time scale.

    Args:
        default: each sample's where nothing in the fragment says so (``trex``).
    """
    about, run = find(moof, b"moof", b"traf", b"tfhd"), find(moof, b"moof", b"traf", b"trun")
    if about is None or run is None:
        return 0
    (about_flags,) = struct.unpack_from(">I", moof, about.content)
    if about_flags & _ALL_ALIKE_DURATION:
        skipped = 8 * bool(about_flags & _TFHD_BASE) + 4 * bool(about_flags & _TFHD_DESCRIPTION)
        (default,) = struct.unpack_from(">I", moof, about.content + 8 + skipped)
    flags, count = struct.unpack_from(">II", moof, run.content)
    flags &= 0xFFFFFF
    if not flags & _DURATION_PRESENT:
        return int(default * count)
    first = run.content + 8 + 4 * bool(flags & _OFFSET_PRESENT)
    first += 4 * bool(flags & _FIRST_FLAGS_PRESENT)
    step = 4 * (flags >> 8 & 0xF).bit_count()
    return sum(struct.unpack_from(">I", moof, first + n * step)[0] for n in range(count))


def time_scale(header: bytes) -> int:
    """Ticks per second of the first track of an initialization segment."""
    found = find(header, b"moov", b"trak", b"mdia", b"mdhd")
    if found is None:
        return 0
    long = header[found.content] == 1
    (scale,) = struct.unpack_from(">I", header, found.content + (20 if long else 12))
    return int(scale)


def default_ticks(header: bytes) -> int:
    """A sample's length where fragments don't say it."""
    found = find(header, b"moov", b"mvex", b"trex")
    return 0 if found is None else int(struct.unpack_from(">I", header, found.content + 12)[0])


def sample_entry(header: bytes) -> bytes:
    """The first entry of the first track's ``stsd``, as a whole box; empty where there is none."""
    found = find(header, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    return b"" if found is None else header[found.content + 8 : found.end]
