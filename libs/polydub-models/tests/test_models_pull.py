"""Pulling over real HTTP: whole, cut, damaged, refused, pinned, offline, from a mirror."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from polydub_client.terminal.exits import Exit
from polydub_models import download, pull
from polydub_models.catalogue import ModelFile
from polydub_models.lock import Lock, Pin
from polydub_models.shelf import Shelf

pytestmark = pytest.mark.integration

Polydub = Callable[..., Any]
BIG = bytes(range(256)) * 4096
SMALL = b'{"a": 1}\n'
FIRST, LATER = "1" * 40, "2" * 40


def toy(models: Path) -> Path:
    return models / "asr" / "faster-whisper" / "toy"


def locked(models: Path, model_id: str = "toy") -> dict[str, Any]:
    told = json.loads((models / "models.lock.json").read_text())
    files: dict[str, Any] = told["models"][model_id]["files"]
    return files


def test_a_fresh_pull_puts_a_whole_folder_in_place_and_pins_it(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    result = polydub("pull", "toy", "plain")
    assert result.exit_code == Exit.OK, result.output
    assert (toy(models) / "model.bin").read_bytes() == BIG
    assert (toy(models) / "config.json").read_bytes() == SMALL
    assert json.loads((toy(models) / "polydub.json").read_text()) == {"revision": FIRST}
    assert (models / "separation/htdemucs/weights.th").read_bytes() == BIG
    pins = locked(models)
    assert {pin["commit"] for pin in pins.values()} == {FIRST}
    assert pins["model.bin"]["size"] == len(BIG)
    assert len(pins["config.json"]["sha256"]) == 64
    assert [p for p in toy(models).rglob("*") if p.name.endswith(".part")] == []
    assert "1.05 MB" in result.output


def test_a_second_pull_asks_for_nothing(polydub: Polydub, hub: Any) -> None:
    polydub("pull", "toy")
    hub.requests.clear()
    result = polydub("pull", "toy")
    assert result.exit_code == Exit.OK
    assert hub.requests == []
    assert "installed already" in result.output


def test_a_cut_is_mended_by_asking_for_the_rest(polydub: Polydub, hub: Any, models: Path) -> None:
    hub.cut_after, hub.cuts = 300_000, 1
    assert polydub("pull", "toy").exit_code == Exit.OK
    first, second = hub.of("/model.bin")
    assert (first.range, second.range) == ("", "bytes=300000-")
    assert first.sent + second.sent == len(BIG)
    assert (toy(models) / "model.bin").read_bytes() == BIG


def test_a_pull_that_failed_goes_on_in_the_next_run(
    polydub: Polydub, hub: Any, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TRIES", 1)
    hub.cut_after, hub.cuts = 400_000, 1
    result = polydub("pull", "toy")
    assert result.exit_code == Exit.UNREACHABLE
    assert "goes on where it was cut" in result.output
    assert not toy(models).exists()
    assert list((models / "asr").rglob("*")) == []
    hub.requests.clear()
    assert polydub("pull", "toy").exit_code == Exit.OK
    (rest,) = hub.of("/model.bin")
    assert (rest.range, rest.sent) == ("bytes=400000-", len(BIG) - 400_000)
    assert (toy(models) / "model.bin").read_bytes() == BIG


def test_a_server_that_stays_busy_is_given_up(polydub: Polydub, hub: Any, models: Path) -> None:
    hub.refuses = True
    result = polydub("pull", "plain")
    assert result.exit_code == Exit.UNREACHABLE
    assert len(hub.of("/weights.th")) == download.TRIES
    assert not (models / "separation").exists()


def test_a_damaged_file_is_fetched_again(polydub: Polydub, hub: Any, models: Path) -> None:
    hub.damaged = 1
    assert polydub("pull", "toy").exit_code == Exit.OK
    assert len(hub.of("/model.bin")) == 2
    assert (toy(models) / "model.bin").read_bytes() == BIG


def test_a_file_that_stays_damaged_is_deleted_and_told(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    hub.damaged = 9
    result = polydub("pull", "toy", "plain")
    assert result.exit_code == Exit.FAILED
    assert "acme/toy/model.bin came damaged twice" in result.output
    assert "plain was not fetched" in result.output
    assert not toy(models).exists()
    assert list((models / ".partial").rglob("model.bin*")) == []


def test_a_small_file_is_checked_by_its_git_blob_id(
    polydub: Polydub, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = hub.files[FIRST]
    api_says = dict(served)

    class Changing(dict[str, bytes]):
        def get(self, name: str, default: Any = None) -> Any:
            return b'{"a": 2}\n' if name == "config.json" else api_says.get(name, default)

    hub.files[FIRST] = Changing(served)
    result = polydub("pull", "toy")
    assert result.exit_code == Exit.FAILED
    assert "git blob id" in result.output


def test_terms_not_accepted_are_named_with_the_page(polydub: Polydub, hub: Any) -> None:
    hub.token = "secret-token"
    result = polydub("pull", "closed")
    assert result.exit_code == Exit.REFUSED
    assert f"{hub.url}/acme/closed" in result.output
    assert "HF_TOKEN" in result.output
    wrong = polydub("pull", "closed", HF_TOKEN="wrong-token")
    assert wrong.exit_code == Exit.REFUSED
    assert "wrong-token" not in wrong.output
    assert polydub("pull", "closed", HF_TOKEN="secret-token").exit_code == Exit.OK


def test_the_token_goes_to_the_hub_only(polydub: Polydub, hub: Any) -> None:
    elsewhere = hub.url.replace("127.0.0.1", "localhost")
    polydub("pull", "toy", "plain", HF_TOKEN="secret-token", HF_ENDPOINT=elsewhere)
    assert {each.authorization for each in hub.of("/weights.th")} == {""}
    assert {each.authorization for each in hub.of("/model.bin")} == {"Bearer secret-token"}


def test_a_hub_that_moved_on_is_asked_for_the_pinned_commit(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    polydub("pull", "toy")
    shutil.rmtree(toy(models))
    hub.commit = LATER
    hub.requests.clear()
    assert polydub("pull", "toy").exit_code == Exit.OK
    assert {each.path.split("/")[4] for each in hub.requests} == {FIRST}
    assert (toy(models) / "model.bin").read_bytes() == BIG


def test_another_machine_s_lock_pins_as_well(
    polydub: Polydub, hub: Any, models: Path, tmp_path: Path
) -> None:
    polydub("pull", "toy")
    lock = tmp_path / "their.lock.json"
    shutil.copy(models / "models.lock.json", lock)
    shutil.rmtree(models)
    hub.commit = LATER
    assert polydub("pull", "toy", "--lock", lock).exit_code == Exit.OK
    assert (toy(models) / "model.bin").read_bytes() == BIG
    assert polydub("pull", "toy", "--lock", tmp_path / "none").exit_code == Exit.USAGE


def test_other_bytes_at_the_pinned_commit_are_refused(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    polydub("pull", "toy")
    shutil.rmtree(toy(models))
    hub.files[FIRST]["model.bin"] = BIG[::-1]
    result = polydub("pull", "toy")
    assert result.exit_code == Exit.FAILED
    assert "damaged" in result.output


def test_offline_is_content_with_what_is_there(polydub: Polydub, hub: Any) -> None:
    polydub("pull", "toy")
    hub.requests.clear()
    for how in ({"OFFLINE": "1"}, {"HF_HUB_OFFLINE": "1"}):
        assert polydub("pull", "toy", **how).exit_code == Exit.OK
        lacking = polydub("pull", "toy", "plain", **how)
        assert lacking.exit_code == Exit.REFUSED
        assert "plain" in lacking.output
        assert "offline" in lacking.output
    assert polydub("pull", "plain", "--offline").exit_code == Exit.REFUSED
    assert hub.requests == []


def test_a_mirror_is_copied_and_checked(
    polydub: Polydub, hub: Any, models: Path, tmp_path: Path
) -> None:
    polydub("pull", "toy")
    mirror = tmp_path / "share"
    models.rename(mirror)
    hub.requests.clear()
    assert polydub("pull", "toy", "--mirror", mirror).exit_code == Exit.OK
    assert hub.requests == []
    assert (toy(models) / "model.bin").read_bytes() == BIG
    assert locked(models) == locked(mirror)
    shutil.rmtree(models)
    (mirror / "asr/faster-whisper/toy/model.bin").write_bytes(BIG[::-1])
    damaged = polydub("pull", "toy", POLYDUB_MODEL_MIRROR=str(mirror))
    assert damaged.exit_code == Exit.FAILED
    assert "verify" in damaged.output
    assert not toy(models).exists()
    assert polydub("pull", "plain", "--mirror", mirror).exit_code == Exit.REFUSED


def test_a_mirror_without_a_lock_is_not_believed(
    polydub: Polydub, models: Path, tmp_path: Path
) -> None:
    polydub("pull", "toy")
    mirror = tmp_path / "share"
    models.rename(mirror)
    (mirror / "models.lock.json").unlink()
    result = polydub("pull", "toy", "--mirror", mirror)
    assert result.exit_code == Exit.REFUSED
    assert "checksum" in result.output


def test_what_is_not_for_commercial_use_needs_a_yes(polydub: Polydub, hub: Any) -> None:
    refused = polydub("pull", "noncommercial")
    assert refused.exit_code == Exit.REFUSED
    assert "POLYDUB_ALLOW_NONCOMMERCIAL=true" in refused.output
    assert hub.requests == []
    allowed = polydub("pull", "noncommercial", POLYDUB_ALLOW_NONCOMMERCIAL="true")
    assert allowed.exit_code == Exit.OK


def test_an_unknown_id_names_those_near_it(polydub: Polydub) -> None:
    result = polydub("pull", "toi")
    assert result.exit_code == Exit.REFUSED
    assert "Did you mean toy" in result.output


def test_a_profile_is_narrowed_by_languages(polydub: Polydub, models: Path) -> None:
    assert polydub("pull", "--profile", "light", "--languages", "fr").exit_code == Exit.OK
    assert not toy(models).exists()
    assert (models / "separation/htdemucs").exists()
    assert polydub("pull", "--languages", "fr,es-MX").exit_code == Exit.OK
    assert toy(models).exists()
    assert polydub("pull", "--profile", "heavy").exit_code == Exit.USAGE


def test_a_full_disk_is_told_before_anything_is_fetched(
    polydub: Polydub, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(pull.shutil, "disk_usage", lambda path: usage)
    result = polydub("pull", "toy")
    assert result.exit_code == Exit.FAILED
    assert "free" in result.output
    assert hub.of("/model.bin") == []


def test_somebody_s_own_model_is_not_replaced(polydub: Polydub, models: Path) -> None:
    toy(models).mkdir(parents=True)
    (toy(models) / "model.bin").write_bytes(b"mine")
    result = polydub("pull", "toy")
    assert result.exit_code == Exit.REFUSED
    assert (toy(models) / "model.bin").read_bytes() == b"mine"


def test_the_same_model_put_there_by_hand_is_taken_over(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    toy(models).mkdir(parents=True)
    (toy(models) / "model.bin").write_bytes(BIG)
    (toy(models) / "config.json").write_bytes(SMALL)
    assert polydub("pull", "toy").exit_code == Exit.OK
    assert hub.of("/model.bin") == []
    assert locked(models)["model.bin"]["commit"] == FIRST


def test_verify_finds_a_flipped_byte_and_pull_mends_it(
    polydub: Polydub, hub: Any, models: Path
) -> None:
    polydub("pull", "toy", "plain")
    assert polydub("verify").exit_code == Exit.OK
    weights = toy(models) / "model.bin"
    weights.write_bytes(BIG[:7] + b"\xff" + BIG[8:])
    result = polydub("verify")
    assert result.exit_code == Exit.FAILED
    assert str(weights) in result.output
    assert "polydub models pull toy" in result.output
    hub.requests.clear()
    assert polydub("pull", "toy").exit_code == Exit.OK
    assert weights.read_bytes() == BIG
    assert hub.of("/config.json") == []
    assert polydub("verify", "toy").exit_code == Exit.OK


def test_rm_deletes_the_model_and_keeps_its_pin(polydub: Polydub, hub: Any, models: Path) -> None:
    polydub("pull", "toy")
    assert polydub("rm", "toy").exit_code == Exit.OK
    assert not toy(models).exists()
    assert locked(models)["model.bin"]["commit"] == FIRST
    assert "was not installed" in polydub("rm", "toy").output
    assert polydub("rm", "nothing").exit_code == Exit.REFUSED


def test_list_tells_what_is_installed(polydub: Polydub, models: Path) -> None:
    polydub("pull", "toy")
    (models / "separation/htdemucs").mkdir(parents=True)
    (models / "separation/htdemucs/weights.th").write_bytes(b"short")
    told = json.loads(polydub("list", "--json").stdout)["models"]
    states = {each["id"]: each["state"] for each in told}
    assert states == {
        "toy": "installed", "plain": "broken", "closed": "absent", "noncommercial": "absent",
    }  # fmt: skip
    light = json.loads(polydub("list", "--json", "--profile", "light").stdout)["models"]
    assert [each["id"] for each in light] == ["toy", "plain"]
    assert "terms to accept" in polydub("list").output


def test_a_lock_that_is_none_is_told(polydub: Polydub, models: Path) -> None:
    models.mkdir(parents=True)
    (models / "models.lock.json").write_text("{")
    result = polydub("list")
    assert result.exit_code == Exit.FAILED
    assert "models.lock.json" in result.output


def test_two_pulls_at_once_don_t_mix(polydub: Polydub, models: Path) -> None:
    with Shelf(models).alone():
        result = polydub("pull", "toy")
    assert result.exit_code == Exit.FAILED
    assert "Another command" in result.output
    assert polydub("pull", "toy").exit_code == Exit.OK


def test_the_catalogue_s_own_pins_go_before_the_lock_s() -> None:
    pin = Pin("acme/toy/model.bin", LATER, "b" * 64, 3)
    lock = Lock({"toy": {"model.bin": pin}})
    free = ModelFile("model.bin", "acme/toy", "model.bin", "main")
    assert lock.pin("toy", free) == pin
    assert lock.pin("toy", replace(free, revision=LATER)) == pin
    for other in ({"revision": FIRST}, {"sha256": "a" * 64}, {"repo": "acme/other"}):
        assert lock.pin("toy", replace(free, **other)) is None
