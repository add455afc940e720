"""Subtitles in an MP4 wait to be switched on."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from muxing_jobs import ffmpeg

from polydub.mp4 import switch_off_subtitles
from polydub_muxing.outputs.files import Picture, join_picture

pytestmark = pytest.mark.integration

SRT = """1
00:00:00,200 --> 00:00:00,800
Hola.
"""


def track_headers(path: Path) -> list[int]:
    """The flags of all track headers, in order."""
    data, found, at = path.read_bytes(), [], 0
    while (at := data.find(b"tkhd", at)) >= 0:
        found.append(int.from_bytes(data[at + 5 : at + 8]))
        at += 8
    return found


def dispositions(path: Path) -> dict[str, int]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", path]
    streams = json.loads(subprocess.check_output(command))["streams"]
    return {each["codec_type"]: each["disposition"]["default"] for each in streams}


def subtitles_of(path: Path) -> str:
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:s:0", "-f", "srt", "-"]
    return subprocess.check_output(command, text=True)


@pytest.fixture
async def muxed(tmp_path: Path) -> Path:
    """An MP4 as people get it: picture, sound and subtitles."""
    clip, sound, output = tmp_path / "clip.mp4", tmp_path / "sound.m4a", tmp_path / "out.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-c:v", "libx264", clip)
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", sound)
    (tmp_path / "dub.srt").write_text(SRT)
    await join_picture(
        clip, Picture(0, "h264"), sound, output, language="es", duration_s=1, timeout_s=30,
        subtitles=tmp_path / "dub.srt",
    )  # fmt: skip
    return output


def test_they_are_there_and_off(muxed: Path) -> None:
    assert dispositions(muxed) == {"video": 1, "audio": 1, "subtitle": 0}
    assert [flags & 1 for flags in track_headers(muxed)] == [1, 1, 0]
    assert all(flags & 2 for flags in track_headers(muxed))  # part of the presentation all the same
    assert subtitles_of(muxed) == SRT + "\n"


def test_only_one_bit_is_changed(muxed: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    ffmpeg("-i", muxed, "-map", "0", "-c", "copy", "-disposition:s:0", "0", plain)
    assert dispositions(plain)["subtitle"] == 1  # what ffmpeg makes of it
    patched = shutil.copy(plain, tmp_path / "patched.mp4")
    assert switch_off_subtitles(patched) == 1
    before, after = plain.read_bytes(), patched.read_bytes()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [(3, 2)]
    assert switch_off_subtitles(patched) == 1
    assert patched.read_bytes() == after


def test_a_file_without_subtitles_stays_as_it_is(muxed: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    ffmpeg("-i", muxed, "-map", "0:v", "-map", "0:a", "-c", "copy", plain)
    before = plain.read_bytes()
    assert switch_off_subtitles(plain) == 0
    assert plain.read_bytes() == before
