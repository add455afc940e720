"""Uploads that go on after anything that breaks them off, by both clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from polydub_client import AsyncPolydub, Polydub, PolydubError, RetryPolicy, Video
from polydub_client.resuming import PIECE_BYTES

pytestmark = pytest.mark.contract

CONTENT = bytes(range(256)) * 40  # 10 240 bytes: in pieces of 4096, two and a half
PIECE = 4096

Send = Callable[..., Awaitable[Video]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["ordinary", "asyncio"])
def send(request: pytest.FixtureRequest, gateway: Any, brisk: RetryPolicy) -> Send:
    async def ordinary(path: Path, **options: Any) -> Video:
        with Polydub(gateway.url, stream_retry=brisk) as polydub:
            return polydub.videos.upload_resumably(path, piece_bytes=PIECE, **options)

    async def asynchronous(path: Path, **options: Any) -> Video:
        async with AsyncPolydub(gateway.url, stream_retry=brisk) as polydub:
            return await polydub.videos.upload_resumably(path, piece_bytes=PIECE, **options)

    return ordinary if request.param == "ordinary" else asynchronous


async def test_a_file_comes_whole_and_in_pieces(send: Send, gateway: Any, file: Path) -> None:
    told: list[int] = []
    gateway.processing = 1  # the server still reads it when it is asked first
    video = await send(file, progress=lambda done, _: told.append(done))
    assert video.id == "vid_1"
    assert bytes(gateway.uploads["upl_1"]) == CONTENT
    assert len(gateway.asked("PATCH /v1/uploads/upl_1")) == 3
    assert told == [0, 4096, 8192, 10240]
    [creation] = gateway.asked("POST /v1/uploads")
    assert creation.headers["upload-metadata"] == "filename dGFsay5tcDQ="
    assert creation.headers["tus-resumable"] == "1.0.0"


async def test_a_cut_line_costs_only_what_did_not_come(
    send: Send, gateway: Any, faults: Any, file: Path
) -> None:
    gateway.next_time("PATCH /v1/uploads/upl_1", faults.cut_upload(1000), faults.cut_upload(0))
    await send(file)
    assert bytes(gateway.uploads["upl_1"]) == CONTENT
    offsets = [each.headers["upload-offset"] for each in gateway.asked("PATCH /v1/uploads/upl_1")]
    assert offsets == ["0", "1000", "1000", "5096", "9192"]


@pytest.mark.parametrize("status", [409, 423, 460, 503])
async def test_refusals_that_pass_are_gone_through(
    send: Send, gateway: Any, faults: Any, file: Path, status: int
) -> None:
    code = {460: "checksum_mismatch", 423: "upload_locked"}.get(status, "")
    gateway.next_time("PATCH /v1/uploads/upl_1", faults.status(status, code=code, retryable=True))
    await send(file)
    assert bytes(gateway.uploads["upl_1"]) == CONTENT


async def test_an_upload_that_expired_is_begun_anew(
    send: Send, gateway: Any, faults: Any, file: Path
) -> None:
    gateway.next_time("PATCH /v1/uploads/upl_1", faults.lose_uploads)
    await send(file)
    assert [bytes(each) for each in gateway.uploads.values()] == [CONTENT]


async def test_another_process_goes_on_where_one_stopped(
    send: Send, gateway: Any, faults: Any, file: Path, state_dir: Path
) -> None:
    cuts = [faults.cut_upload(5)] + [faults.cut_upload(0)] * 4
    gateway.next_time("PATCH /v1/uploads/upl_1", *cuts)
    with pytest.raises(PolydubError) as stopped:
        await send(file)
    assert stopped.value.code == "connection_lost"
    [note] = (state_dir / "uploads").iterdir()
    assert note.stat().st_mode & 0o077 == 0
    await send(file)
    assert len(gateway.asked("POST /v1/uploads")) == 1
    assert bytes(gateway.uploads["upl_1"]) == CONTENT
    assert list((state_dir / "uploads").iterdir()) == []


async def test_a_handle_goes_on_without_notes(send: Send, gateway: Any, file: Path) -> None:
    gateway.uploads["upl_7"] = bytearray(CONTENT[:100])
    gateway.upload_lengths["upl_7"] = len(CONTENT)
    await send(file, upload_id="upl_7", notes=None)
    assert bytes(gateway.uploads["upl_7"]) == CONTENT
    assert gateway.asked("POST /v1/uploads") == []


async def test_a_handle_of_another_file_is_refused(send: Send, gateway: Any, file: Path) -> None:
    gateway.uploads["upl_7"] = bytearray(b"x")
    gateway.upload_lengths["upl_7"] = 3
    with pytest.raises(PolydubError) as refused:
        await send(file, upload_id="upl_7")
    assert refused.value.code == "another_file"


async def test_a_file_that_changes_meanwhile_is_not_sent_on(
    send: Send, gateway: Any, file: Path
) -> None:
    def meddle(done: int, _: int) -> None:
        if done == PIECE:
            file.write_bytes(CONTENT + b"more")

    with pytest.raises(PolydubError) as refused:
        await send(file, progress=meddle)
    assert refused.value.code == "file_changed"


async def test_why_no_video_came_of_it_is_told(send: Send, gateway: Any, file: Path) -> None:
    why = {"code": "no_audio_stream", "detail": "No sound.", "hint": "Send one with sound."}
    gateway.answers["GET /v1/uploads/upl_1"] = (200, {"state": "failed", "error": why})
    with pytest.raises(PolydubError) as refused:
        await send(file)
    assert (refused.value.code, refused.value.status) == ("no_audio_stream", 422)


def test_only_large_files_take_this_way(gateway: Any, tmp_path: Path) -> None:
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.write_bytes(b"moving")
    large.write_bytes(bytes(PIECE_BYTES + 1))
    with Polydub(gateway.url) as polydub:
        polydub.upload_video(small)
        polydub.upload_video(large)
    assert len(gateway.asked("PUT /v1/videos")) == 1
    assert len(gateway.uploads["upl_1"]) == PIECE_BYTES + 1


IMPORTS = [
    {"id": "imp_1", "state": "queued", "progress": 0.0},
    {"id": "imp_1", "state": "running", "progress": 0.5},
    {"id": "imp_1", "state": "completed", "progress": 1.0, "video": {"id": "vid_9"}},
]


@pytest.fixture
def imports(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An address that is fetched in two looks."""
    monkeypatch.setattr("polydub_client.importing._OFTEN_S", 0.01)
    gateway.answers["POST /v1/videos/import"] = (202, IMPORTS[0])
    tell = [lambda handler, found=found: handler.answer(200, found) for found in IMPORTS]
    gateway.next_time("GET /v1/imports/imp_1", *tell)
    return gateway


async def test_an_import_is_watched_to_its_end(imports: Any) -> None:
    async with AsyncPolydub(imports.url) as polydub:
        assert (await polydub.videos.import_from("https://example.org/talk.mp4")).id == "vid_9"
    [asked] = imports.asked("POST /v1/videos/import")
    assert json.loads(asked.body) == {"url": "https://example.org/talk.mp4"}


def test_an_import_that_fails_says_why(imports: Any) -> None:
    why = {"code": "import_failed", "detail": "Nobody answers there."}
    imports.faults.clear()
    imports.answers["GET /v1/imports/imp_1"] = (200, {"state": "failed", "error": why})
    with Polydub(imports.url) as polydub, pytest.raises(PolydubError) as refused:
        polydub.videos.import_from("https://example.org/talk.mp4")
    assert refused.value.code == "import_failed"
