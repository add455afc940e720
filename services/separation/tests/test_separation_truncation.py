"""When a file counts as cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from polydub.errors import MediaError
from polydub.v1 import common_pb2
from polydub_separation.truncation import check_bytes, check_duration, declared_bytes

pytestmark = pytest.mark.unit


def box(kind: bytes, size: int, *, wide: bool = False) -> bytes:
    if wide:
        return (1).to_bytes(4, "big") + kind + size.to_bytes(8, "big") + bytes(size - 16)
    return size.to_bytes(4, "big") + kind + bytes(size - 8)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


WHOLE_MP4 = box(b"ftyp", 32) + box(b"mdat", 5000, wide=True) + box(b"moov", 900)
MATROSKA = b"\x1a\x45\xdf\xa3\x84abcd" + b"\x18\x53\x80\x67"


def test_whole_files_declare_their_own_size(tmp_path: Path) -> None:
    segment = MATROSKA + b"\x50\x64" + bytes(0x1064)
    wav = b"RIFF" + (36 + 400).to_bytes(4, "little") + b"WAVE" + bytes(432)
    for data in (WHOLE_MP4, segment[: 9 + 4 + 2 + 0x1064], wav):
        path = written(tmp_path, data)
        assert declared_bytes(path) == len(data)
        check_bytes(path)


@pytest.mark.parametrize("kept", [100, 3000, 5100, len(WHOLE_MP4) - 200])
def test_a_cut_mp4_is_truncated(tmp_path: Path, kept: int) -> None:
    with pytest.raises(MediaError) as caught:
        check_bytes(written(tmp_path, WHOLE_MP4[:kept]))
    assert caught.value.code == "media_truncated"


def test_an_mp4_cut_between_two_boxes_has_no_index(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        check_bytes(written(tmp_path, WHOLE_MP4[:5032]))


def test_a_cut_matroska_file_is_truncated(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        check_bytes(written(tmp_path, MATROSKA + b"\x50\x64" + bytes(500)))


@pytest.mark.parametrize(
    "data",
    [
        MATROSKA + b"\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(500),  # a live recording
        b"RIFF\xff\xff\xff\xffWAVE" + bytes(500),  # written into a pipe
        b"RIFF\x24\xf0\xff\x7fWAVE" + bytes(500),  # by SoX, written into a pipe
        b"fLaC" + bytes(500),
        b"ID3",
    ],
)
def test_unknown_sizes_tell_nothing(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, data)
    assert declared_bytes(path) == 0
    check_bytes(path)


def test_a_miscounted_byte_is_forgiven(tmp_path: Path) -> None:
    check_bytes(written(tmp_path, WHOLE_MP4[:-1]))


@pytest.mark.parametrize(
    ("declared_s", "decoded_s", "container", "cut"),
    [
        (42.4, 42.41, "mov,mp4,m4a", False),
        (42.4, 41.5, "mov,mp4,m4a", False),
        (42.4, 41.0, "mov,mp4,m4a", True),
        (3600.0, 3550.0, "flac", False),
        (3600.0, 3500.0, "flac", True),
        (0.0, 5.0, "matroska,webm", False),
        (60.0, 20.0, "mp3", False),
    ],
)
def test_duration_rule(declared_s: float, decoded_s: float, container: str, cut: bool) -> None:
    track = common_pb2.AudioStream(duration_s=declared_s)
    if not cut:
        check_duration(track, container, decoded_s)
        return
    with pytest.raises(MediaError) as caught:
        check_duration(track, container, decoded_s)
    assert caught.value.code == "media_truncated"
