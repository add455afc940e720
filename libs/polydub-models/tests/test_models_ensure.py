"""What happens before the stack starts: never a failure, and each word once."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polydub_client.terminal.exits import Exit
from polydub_models import download, ensure, extras

pytestmark = pytest.mark.integration

Polydub = Callable[..., Any]
NOBODY = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""


def stamp(models: Path) -> Path:
    return models.parent / "models.stamp.json"


def test_a_hub_that_answers_gives_the_light_models(polydub: Polydub, models: Path) -> None:
    result = polydub("ensure", "--languages", "es")
    assert result.exit_code == Exit.OK
    assert "Fetching 2.1 MB" in result.output
    assert (models / "asr/faster-whisper/toy/model.bin").exists()
    again = polydub("ensure", "--languages", "es")
    assert (again.exit_code, again.output) == (Exit.OK, "")


def test_a_hub_that_is_not_there_is_told_once(polydub: Polydub, models: Path) -> None:
    first = polydub("ensure", HF_ENDPOINT=NOBODY)
    assert first.exit_code == Exit.OK
    assert "draft quality" in first.output
    second = polydub("ensure", HF_ENDPOINT=NOBODY)
    assert (second.exit_code, second.output) == (Exit.OK, "")
    assert not models.exists()


def test_a_silent_hub_is_asked_again_only_after_hours(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    hub.refuses = True
    polydub("ensure")
    assert len(hub.requests) == 1
    polydub("ensure")
    assert len(hub.requests) == 1
    told = json.loads(stamp(models).read_text())
    told["asked_at"] -= ensure.ASK_AGAIN_AFTER_S
    stamp(models).write_text(json.dumps(told))
    later = polydub("ensure")
    assert len(hub.requests) == 2
    assert later.output == ""


def test_it_is_said_again_when_something_changes(polydub: Polydub) -> None:
    polydub("ensure", HF_ENDPOINT=NOBODY)
    offline = polydub("ensure", HF_ENDPOINT=NOBODY, OFFLINE="1")
    assert "offline is set" in offline.output
    assert polydub("ensure", HF_ENDPOINT=NOBODY, OFFLINE="1").output == ""


def test_a_hub_that_accepts_and_says_nothing_costs_the_limit(
    polydub: Polydub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensure, "ANSWERS_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        result = polydub("ensure", HF_ENDPOINT=f"http://127.0.0.1:{mute.getsockname()[1]}")
    assert result.exit_code == Exit.OK
    assert "does not answer" in result.output


def test_a_pull_that_is_stopped_lets_the_stack_start(
    polydub: Polydub, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*anything: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(download, "fetch", stop)
        result = polydub("ensure")
    assert result.exit_code == Exit.OK
    assert "next start goes on" in result.output
    assert polydub("ensure").exit_code == Exit.OK
    assert (models / "separation/htdemucs/weights.th").exists()


def test_offline_asks_nobody(polydub: Polydub, hub: Any) -> None:
    polydub("ensure", OFFLINE="1")
    assert hub.requests == []


def test_a_pull_that_fails_does_not_keep_the_stack_from_starting(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    hub.damaged = 9
    result = polydub("ensure")
    assert result.exit_code == Exit.OK
    assert "damaged" in result.output
    assert not (models / "asr").exists()
    models.mkdir(parents=True, exist_ok=True)
    (models / "models.lock.json").mkdir()
    assert polydub("ensure").exit_code == Exit.OK


def test_the_engines_packages_are_installed_with_the_models(
    polydub: Polydub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed: list[tuple[list[str], Path | None]] = []
    monkeypatch.setattr(
        extras, "lacking", lambda models: ["polydub-asr[whisper]"] if list(models) else []
    )
    monkeypatch.setattr(
        extras, "install", lambda names, file: installed.append((names, file)) is None
    )
    polydub("ensure", HF_ENDPOINT=NOBODY)
    assert installed == []
    constraints = tmp_path / "constraints.txt"
    result = polydub("ensure", "--constraints", constraints)
    assert installed == [(["polydub-asr[whisper]"], constraints)]
    assert "Installing what their engines need: polydub-asr[whisper]" in result.output
