"""The command against a server: files, words, JSON, and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from polydub_client.cli import app

pytestmark = pytest.mark.contract


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"moving")
    return path


@pytest.fixture
def polydub(gateway: Any, tmp_path: Path) -> Callable[..., Any]:
    runner = CliRunner(env={"POLYDUB_URL": gateway.url, "COLUMNS": "160"})

    def run(*arguments: object) -> Any:
        return runner.invoke(app, [str(each) for each in arguments], catch_exceptions=False)

    return run


def test_from_a_file_to_files(
    polydub: Callable[..., Any], gateway: Any, video: Path, tmp_path: Path
) -> None:
    gateway.files = {"talk.es.mp4": b"mp4", "talk.es.srt": b"srt"}
    out = tmp_path / "results"
    run = polydub(
        "dub", video, "--to", "es,ca", "--to", "fr", "--from", "en", "--speakers", 2,
        "--fit", "strict", "--engine", "tts=espeak", "--no-background", "--plain-voices", "-o", out,
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    [order] = gateway.asked("POST /v1/dubs")
    assert json.loads(order.body) == {
        "video_id": "vid_1", "source_language": "en", "target_languages": ["es", "ca", "fr"],
        "speakers": 2, "fit_mode": "strict", "engines": {"tts": "espeak"}, "glossary": [],
        "lipsync": False, "extras": [], "min_quality": 0.0, "subtitles": [],
        "keep_background": False, "voice_over": False, "noise_reduction": False,
        "match_voices": False,
    }  # fmt: skip
    assert {path.name: path.read_bytes() for path in out.iterdir()} == gateway.files
    assert "talk.mp4: completed" in run.stdout
    assert str(out / "talk.es.mp4") in run.stdout
    assert "12 / 48" in run.stdout
    assert "Draft quality: tts by espeak." in run.stdout
    assert "Dubbing: recognizing speech, about 1:30 left" in run.stderr


def test_json_is_all_there_is_on_stdout(
    polydub: Callable[..., Any], gateway: Any, video: Path, tmp_path: Path
) -> None:
    gateway.files = {"talk.es.mp4": b"mp4"}
    gateway.state = "completed_with_warnings"
    run = polydub("dub", video, "--to", "es", "-o", tmp_path / "out", "--json")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    kinds = [line["type"] for line in lines]
    assert list(dict.fromkeys(kinds)) == ["upload", "started", "progress", "download", "result"]
    assert [line["progress"] for line in lines if line["type"] == "progress"] == [0.25, 0.75, 1.0]
    last = lines[-1]
    assert last["dub"]["languages"][0]["report"]["tempo"]["p95"] == 1.21
    assert last["files"] == [str(tmp_path / "out" / "talk.es.mp4")]
    assert last["exit_code"] == run.exit_code == 0


def test_a_dub_that_fails_ends_with_1(
    polydub: Callable[..., Any], gateway: Any, video: Path, make_event: Any
) -> None:
    gateway.state = "failed"
    gateway.error = {"code": "no_speech", "message": "No speech.", "hint": "Check the track."}
    gateway.events = [make_event(1, state="failed")]
    run = polydub("dub", video, "--to", "es")
    assert run.exit_code == 1
    assert "Why: No speech." in run.stdout
    assert "What to do: Check the track." in run.stdout
    assert gateway.asked("GET /v1/dubs/dub_1/artifacts") == []


def test_a_refusal_ends_with_3(
    polydub: Callable[..., Any], gateway: Any, faults: Any, no_pair: Any, video: Path
) -> None:
    gateway.next_time("POST /v1/dubs", faults.status(422, **no_pair))
    run = polydub("dub", video, "--to", "xx")
    assert run.exit_code == 3
    assert "The dub of talk.mp4 could not be started." in run.stderr
    assert "Why: en>xx is no pair." in run.stderr
    assert "What to do: See `polydub languages`." in run.stderr


def test_a_file_that_is_refused_ends_with_3_and_in_json_with_an_error(
    polydub: Callable[..., Any], gateway: Any, faults: Any, video: Path
) -> None:
    problem = {"code": "no_audio_stream", "detail": "No sound.", "retryable": False}
    gateway.next_time("PUT /v1/videos", faults.status(422, **problem))
    run = polydub("dub", video, "--to", "es", "--json")
    assert run.exit_code == 3
    last = json.loads(run.stdout.splitlines()[-1])
    assert (last["type"], last["code"], last["exit_code"]) == ("error", "no_audio_stream", 3)


@pytest.mark.parametrize(
    "arguments",
    [
        ["dub", "missing.mp4", "--to", "es"],
        ["dub", "VIDEO"],
        ["dub", "VIDEO", "--to", ","],
        ["dub", "VIDEO", "--to", "es", "--engine", "tts"],
        ["dub", "VIDEO", "--to", "es", "--fit", "loose"],
        ["dub", "VIDEO", "--to", "es", "--speakers", "-1"],
        ["cancel"],
        ["engines", "--server", "nowhere"],
    ],
)
def test_wrong_usage_ends_with_2(
    polydub: Callable[..., Any], gateway: Any, video: Path, arguments: list[str]
) -> None:
    run = polydub(*(str(video) if each == "VIDEO" else each for each in arguments))
    assert run.exit_code == 2
    assert gateway.asked("PUT /v1/videos") == []


def test_a_server_that_is_not_there_ends_with_4_and_says_how_to_start_it(
    polydub: Callable[..., Any], video: Path
) -> None:
    run = polydub("dub", video, "--to", "es", "--server", "http://127.0.0.1:9")
    assert run.exit_code == 4
    assert "make up" in run.stderr
    assert "Traceback" not in run.output


def test_a_folder_that_cannot_be_written_is_told(
    polydub: Callable[..., Any], gateway: Any, video: Path, tmp_path: Path
) -> None:
    gateway.files = {"talk.es.mp4": b"mp4"}
    run = polydub("dub", video, "--to", "es", "-o", video / "below-a-file")
    assert run.exit_code == 1
    assert "A file could not be read or written." in run.stderr
    assert list(tmp_path.iterdir()) == [video]


def test_a_download_that_fails_says_how_to_take_it_up(
    polydub: Callable[..., Any], gateway: Any, faults: Any, video: Path
) -> None:
    gateway.files = {"talk.es.mp4": b"mp4"}
    gateway.next_time("GET /files/talk.es.mp4", faults.status(404, detail="Gone."))
    run = polydub("dub", video, "--to", "es", "-o", video.parent)
    assert run.exit_code == 3
    assert "`polydub download dub_1` fetches what is missing." in run.stderr


def test_a_file_whose_name_is_no_text(
    polydub: Callable[..., Any], gateway: Any, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"t\xe4lk.mp4")
    path.write_bytes(b"moving")
    run = polydub("dub", path, "--to", "es", "-o", tmp_path / "out")
    assert run.exit_code == 0, run.output
    assert gateway.asked("PUT /v1/videos")[0].query == {"filename": "t?lk.mp4"}


def test_detached_gives_the_id_and_nothing_else(
    polydub: Callable[..., Any], gateway: Any, video: Path
) -> None:
    run = polydub("dub", video, "--to", "es", "--detach")
    assert run.stdout == "dub_1\n"
    assert "polydub download dub_1" in run.stderr
    assert gateway.asked("GET /v1/dubs/dub_1/events") == []
    assert polydub("dub", video, "--to", "es", "--detach", "--json").stdout.count("result") == 1


def test_download_and_retry_save_the_files(
    polydub: Callable[..., Any], gateway: Any, tmp_path: Path
) -> None:
    gateway.files = {"talk.es.mp4": b"mp4"}
    for command in ("download", "retry"):
        run = polydub(command, "dub_1", "-o", tmp_path / command)
        assert run.exit_code == 0, run.output
        assert (tmp_path / command / "talk.es.mp4").read_bytes() == b"mp4"


def test_an_id_that_does_not_exist_ends_with_3(polydub: Callable[..., Any]) -> None:
    for command in ("status", "cancel", "retry", "download"):
        run = polydub(command, "dub_9")
        assert run.exit_code == 3
        assert "Why: No such thing." in run.stderr


def test_status_of_one_and_of_all(polydub: Callable[..., Any]) -> None:
    assert "12 / 48" in polydub("status", "dub_1").stdout
    assert "dub_1" in polydub("status").stdout
    assert json.loads(polydub("status", "--json").stdout)["dubs"][0]["id"] == "dub_1"
    assert json.loads(polydub("status", "dub_1", "--json").stdout)["dub"]["id"] == "dub_1"


def test_cancel(polydub: Callable[..., Any], gateway: Any) -> None:
    run = polydub("cancel", "dub_1")
    assert run.exit_code == 0
    assert "canceled (dub_1)" in run.stdout
    assert len(gateway.asked("POST /v1/dubs/dub_1/cancel")) == 1


def test_engines_and_languages(polydub: Callable[..., Any]) -> None:
    engines = polydub("engines").stdout
    assert "It can't clone a voice." in engines
    assert "Run `make models`." in engines
    assert "en" in polydub("languages").stdout
    assert json.loads(polydub("engines", "--json").stdout)["stages"][0]["stage"] == "tts"
    assert json.loads(polydub("languages", "--json").stdout)["pairs"][0]["via"] == ["es"]


def test_help_documents_the_exit_codes(polydub: Callable[..., Any]) -> None:
    for arguments in (["--help"], ["dub", "--help"]):
        text = " ".join(polydub(*arguments).stdout.split())
        assert "4 the server is not reachable" in text
        assert "130 canceled" in text


# --- Ctrl-C ------------------------------------------------------------------------------------


def poll_until(check: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def start(gateway: Any, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "polydub_client", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"POLYDUB_URL": gateway.url},
    )


def watched(gateway: Any) -> None:
    poll_until(lambda: gateway.asked("GET /v1/dubs/dub_1/events") != [], "the watch to begin")


@pytest.fixture
def endless(gateway: Any) -> Any:
    gateway.state = "processing"
    gateway.events = gateway.events[:1]
    gateway.hold_events = True
    return gateway


def test_ctrl_c_cancels_the_dub_and_waits_for_its_end(endless: Any, video: Path) -> None:
    process = start(endless, "dub", video, "--to", "es")
    watched(endless)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert len(endless.asked("POST /v1/dubs/dub_1/cancel")) == 1
    assert "Canceling dub dub_1." in stderr
    assert "talk.mp4: canceled" in stdout
    assert "Traceback" not in stderr


def test_a_second_ctrl_c_leaves_at_once(endless: Any, faults: Any, video: Path) -> None:
    endless.next_time("POST /v1/dubs/dub_1/cancel", lambda handler: endless.canceled.wait(30))
    process = start(endless, "dub", video, "--to", "es")
    watched(endless)
    process.send_signal(signal.SIGINT)
    poll_until(lambda: endless.asked("POST /v1/dubs/dub_1/cancel") != [], "the cancel call")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "polydub status dub_1" in stderr
    assert "Traceback" not in stderr


def test_ctrl_c_while_the_order_is_on_its_way_cancels_what_came_of_it(
    endless: Any, video: Path
) -> None:
    endless.next_time("POST /v1/dubs", lambda handler: endless.canceled.wait(30))
    process = start(endless, "dub", video, "--to", "es")
    poll_until(lambda: endless.asked("POST /v1/dubs") != [], "the order")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert len(endless.keys) == 1
    assert len(endless.asked("POST /v1/dubs/dub_1/cancel")) == 1


def test_ctrl_c_leaves_a_dub_alone_that_is_only_fetched(endless: Any) -> None:
    process = start(endless, "download", "dub_1")
    watched(endless)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert endless.asked("POST /v1/dubs/dub_1/cancel") == []
    assert "The dub goes on." in stderr


def test_ctrl_c_in_json_ends_with_an_object_too(endless: Any) -> None:
    process = start(endless, "download", "dub_1", "--json")
    watched(endless)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(stdout.splitlines()[-1])["exit_code"] == 130
