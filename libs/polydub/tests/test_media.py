"""The ffmpeg runner, with the real ffmpeg."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from polydub import media, process
from polydub.errors import MediaError, StageError
from polydub.testing import poll_until

pytestmark = pytest.mark.integration


async def tone(path: Path, seconds: float) -> Path:
    source = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    await media.run_ffmpeg([*source, str(path)], timeout_s=30)
    return path


async def test_probing_tells_format_and_streams(tmp_path: Path) -> None:
    found = await media.probe(await tone(tmp_path / "a.wav", 1.5))
    assert found["format"]["format_name"] == "wav"
    assert float(found["streams"][0]["duration"]) == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "media_empty"), (b"just some text\n" * 50, "media_unreadable")]
)
async def test_what_is_no_media_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError) as caught:
        await media.probe(path)
    assert caught.value.code == code
    assert str(tmp_path) not in caught.value.message


async def test_a_playlist_cannot_reach_other_files_or_the_network(tmp_path: Path) -> None:
    secret = await tone(tmp_path / "secret.wav", 1)
    trap = tmp_path / "trap.mp4"
    trap.write_text(f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x\n#EXTINF:1,\n{secret}\n")
    with pytest.raises(MediaError):
        await media.probe(trap)


async def test_progress_reaches_the_end(tmp_path: Path) -> None:
    told: list[float] = []

    async def note(fraction: float) -> None:
        told.append(fraction)

    source = await tone(tmp_path / "a.wav", 20)
    await media.run_ffmpeg(
        [*media.input_file(source), str(tmp_path / "b.flac")],
        timeout_s=30,
        duration_s=20,
        on_fraction=note,
    )
    assert told[-1] == pytest.approx(1.0, abs=0.01)
    assert told == sorted(told)


async def test_a_failure_gives_the_reason_without_the_path(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        await media.run_ffmpeg(
            [*media.input_file(tmp_path / "none.wav"), str(tmp_path / "b.wav")], timeout_s=30
        )
    assert "No such file" in caught.value.message
    assert str(tmp_path) not in caught.value.message


ENDLESS = ["-f", "lavfi", "-re", "-i", "sine=frequency=440", "-f", "null", "-"]


async def test_a_run_that_takes_too_long_is_ended() -> None:
    with pytest.raises(StageError) as caught:
        await media.run_ffmpeg(ENDLESS, timeout_s=0.5)
    assert caught.value.code == "engine_timeout"


async def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    output = tmp_path / "endless.wav"

    async def runs() -> bool:
        return any(str(output) in line for line in _command_lines())

    async def ended() -> bool:
        return not await runs()

    task = asyncio.create_task(
        media.run_ffmpeg(["-f", "lavfi", "-re", "-i", "sine", str(output)], timeout_s=600)
    )
    await poll_until(runs, "ffmpeg to start")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await poll_until(ended, "ffmpeg to end")


def _command_lines() -> list[str]:
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(entry.read_text(errors="replace"))
    return lines


def _traps(folder: Path, secret: Path) -> dict[str, str]:
    """What a stranger may send as a film: files that name other files and addresses."""
    return {
        "a playlist": f"#EXTM3U\n#EXTINF:1,\nfile:{secret}\n#EXT-X-ENDLIST\n",
        "a playlist of addresses": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        "a list to join": f"ffconcat version 1.0\nfile {secret.name}\n",
        "a manifest": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><Period>"
        f"<AdaptationSet><Representation><BaseURL>{secret}</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>",
        "a drawing": "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' "
        f"xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='{secret}'/></svg>",
        "a session": "v=0\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    }


@pytest.mark.parametrize("kind", list(_traps(Path(), Path())))
async def test_no_file_leads_to_another(tmp_path: Path, kind: str) -> None:
    secret = await tone(tmp_path / "secret.wav", 1)
    trap = tmp_path / "trap.mp4"
    trap.write_text(_traps(tmp_path, secret)[kind])
    with pytest.raises(MediaError) as caught:
        await media.probe(trap)
    assert caught.value.code == "media_unreadable"
    output = tmp_path / "stolen.wav"
    with pytest.raises(StageError):
        await media.run_ffmpeg([*media.input_file(trap), str(output)], timeout_s=30)
    assert not output.exists()


async def test_the_same_list_is_followed_where_nothing_restricts_it(tmp_path: Path) -> None:
    """Else the tests above could not fail."""
    secret = await tone(tmp_path / "secret.wav", 1)
    trap = tmp_path / "trap.mp4"
    trap.write_text(_traps(tmp_path, secret)["a list to join"])
    done = await process.run_child(["ffprobe", "-v", "error", "-i", str(trap)], timeout_s=30)
    assert done.returncode == 0


async def test_what_people_send_is_read(tmp_path: Path) -> None:
    kinds = "mp4 mov mkv webm avi mp3 wav m4a flac ogg opus ts mpg flv wmv 3gp aac aiff"
    source = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.5:sample_rate=48000"]
    outputs = {kind: str(tmp_path / f"a.{kind}") for kind in kinds.split()}
    codecs = {"3gp": ["-c:a", "aac"]}
    arguments = [each for kind, to in outputs.items() for each in (*codecs.get(kind, []), to)]
    await media.run_ffmpeg([*source, *arguments], timeout_s=60)
    for kind, path in outputs.items():
        found = await media.probe(Path(path))
        assert found["streams"][0]["codec_type"] == "audio", kind


@pytest.mark.skipif(not shutil.which("prlimit"), reason="needs prlimit")
async def test_limits_hold_for_children() -> None:
    hungry = [sys.executable, "-c", "bytearray(2**30)"]
    done = await process.run_child(process.limited(hungry, memory_bytes=512 * 2**20), timeout_s=30)
    assert b"MemoryError" in done.stderr
    busy = [sys.executable, "-c", "while True: pass"]
    ended = await process.run_child(
        process.limited(busy, memory_bytes=2**30, cpu_s=1), timeout_s=30
    )
    assert ended.returncode < 0
