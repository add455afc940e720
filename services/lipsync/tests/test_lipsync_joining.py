"""The new picture beside the dub's own tracks, on real files."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from lipsync_clips import ffmpeg, ffprobe, make_clip, make_picture, make_sound, stream_hash

from polydub.errors import EngineFailed
from polydub_lipsync.joining import join, read_picture, write_sound

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def dub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("dub") / "dub.mp4")


async def test_the_picture_is_new_and_all_else_is_as_it_was(tmp_path: Path, dub: Path) -> None:
    picture, output = make_picture(tmp_path / "new.mp4"), tmp_path / "out.mp4"
    await join(picture, dub, output, timeout_s=60)
    assert stream_hash(output, "v:0") == stream_hash(picture, "v:0") != stream_hash(dub, "v:0")
    assert stream_hash(output, "a:0") == stream_hash(dub, "a:0")
    assert stream_hash(output, "s:0") == stream_hash(dub, "s:0")
    tags = ffprobe(output, "stream=codec_type:stream_tags=language")
    assert tags == ["video,und", "audio,spa", "subtitle,spa"]
    shown = ffprobe(output, "stream_disposition=default", "-select_streams", "s")
    assert shown == ["0"], "subtitles wait to be switched on"
    kept = ffprobe(output, "stream=duration", "-select_streams", "a")
    assert kept == ffprobe(dub, "stream=duration", "-select_streams", "a")
    head = output.read_bytes()[:4096]
    assert b"moov" in head, "players must not need the file's end to begin"


@pytest.mark.parametrize("rate", [24, 30])
async def test_another_frame_rate_is_no_other_length(tmp_path: Path, dub: Path, rate: int) -> None:
    picture = make_picture(tmp_path / "new.mp4", rate=rate)
    await join(picture, dub, tmp_path / "out.mp4", timeout_s=60)


@pytest.mark.parametrize("seconds", [1.8, 2.2])
async def test_another_length_is_refused(tmp_path: Path, dub: Path, seconds: float) -> None:
    picture = make_picture(tmp_path / "new.mp4", seconds=seconds)
    with pytest.raises(EngineFailed, match="lasts") as caught:
        await join(picture, dub, tmp_path / "out.mp4", timeout_s=60)
    assert not caught.value.retryable


async def test_what_is_no_video_is_refused(tmp_path: Path, dub: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"<html>sorry</html>" * 100)
    with pytest.raises(EngineFailed, match="no video"):
        await join(junk, dub, tmp_path / "out.mp4", timeout_s=60)
    with pytest.raises(EngineFailed, match="no picture"):
        await join(make_sound(tmp_path / "s.m4a"), dub, tmp_path / "out.mp4", timeout_s=60)


@pytest.mark.parametrize("codec", ["ffv1", "mpeg4"])  # OpenCV's writer makes the second one
async def test_a_codec_that_browsers_do_not_show_is_encoded_anew(
    tmp_path: Path, dub: Path, codec: str
) -> None:
    picture = tmp_path / "new.avi"
    ffmpeg("-i", dub, "-map", "0:v", "-c:v", codec, picture)
    await join(picture, dub, tmp_path / "out.mp4", timeout_s=60)
    assert ffprobe(tmp_path / "out.mp4", "stream=codec_name", "-select_streams", "v") == ["h264"]


async def test_a_picture_that_begins_later_still_does(tmp_path: Path, dub: Path) -> None:
    late = tmp_path / "late.mp4"
    ffmpeg("-itsoffset", "0.4", "-i", dub, "-i", dub, "-map", "0:v", "-map", "1:a", "-c", "copy",
           late)  # fmt: skip
    before = await read_picture(late)
    assert before is not None
    assert before.start_s == pytest.approx(0.4, abs=0.01)
    await join(make_picture(tmp_path / "new.mp4"), late, tmp_path / "out.mp4", timeout_s=60)
    after = await read_picture(tmp_path / "out.mp4")
    assert after is not None
    assert after.start_s == pytest.approx(before.start_s, abs=0.01)
    await write_sound(late, before, tmp_path / "late.wav", timeout_s=60)
    assert soundfile.info(tmp_path / "late.wav").duration == pytest.approx(before.duration_s)


async def test_engines_are_given_mono_as_long_as_the_picture(tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    long = make_clip(tmp_path / "dub.mp4", seconds=1.5)
    ffmpeg("-i", long, "-i", make_sound(tmp_path / "s.m4a", seconds=1), "-map", "0:v", "-map",
           "1:a", "-c", "copy", short)  # fmt: skip
    for clip in (short, long):
        picture = await read_picture(clip)
        assert picture is not None
        await write_sound(clip, picture, tmp_path / "out.wav", timeout_s=60)
        info = soundfile.info(tmp_path / "out.wav")
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        assert info.frames == round(16_000 * picture.duration_s)


async def test_cover_art_is_no_picture(tmp_path: Path, dub: Path) -> None:
    cover, song = tmp_path / "cover.png", tmp_path / "song.m4a"
    ffmpeg("-i", dub, "-frames:v", "1", cover)
    ffmpeg("-i", make_sound(tmp_path / "s.m4a"), "-i", cover, "-map", "0", "-map", "1", "-c",
           "copy", "-disposition:v:0", "attached_pic", song)  # fmt: skip
    assert await read_picture(song) is None
