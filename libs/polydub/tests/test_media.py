"""The ffmpeg runner, with the real ffmpeg."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from polydub import media
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
