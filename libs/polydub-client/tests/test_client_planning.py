"""How many replicas a load needs: by what was measured, and by nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from polydub.pipeline import STAGES, Scope
from polydub_client.cli import app
from polydub_client.errors import PolydubError
from polydub_client.planning import (
    PER_LANGUAGE,
    PER_TALK,
    Load,
    Rates,
    StageRate,
    plan,
    rates_of_file,
)

pytestmark = pytest.mark.contract

MEASURED = {
    "source_s": 600, "languages": 2, "parts": 12, "stored_bytes": 1.2e9, "event_bytes": 240_000,
    "stages": {"asr": {"worker_s": 300, "cpu_s": 450}, "tts": {"worker_s": 240, "cpu_s": 240}},
}  # fmt: skip
Run = Callable[..., Any]


@pytest.fixture
def polydub(gateway: Any) -> Run:
    runner = CliRunner(env={"POLYDUB_URL": gateway.url, "COLUMNS": "200"})
    return lambda *arguments: runner.invoke(app, ["plan", "--hours-per-day", "24", *arguments])


def test_stages_that_work_per_language_are_those_of_the_pipeline() -> None:
    per_language = (Scope.PART_AND_LANGUAGE, Scope.LANGUAGE)
    assert set(PER_LANGUAGE) == {each.name for each in STAGES if each.scope in per_language}


def test_replicas_do_the_work_in_the_time_they_have() -> None:
    rates = rates_of_file(json.dumps(MEASURED), "rates.json")
    assert rates.stages == {"asr": StageRate(0.5, 0.75), "tts": StageRate(0.2, 0.2)}
    made = plan(rates, Load(240, languages=3, busy_hours=12, busy_share=0.8, on_gpu=("tts",)))
    asr, tts = made.stages
    # 20 h of source come in an hour: 10 h of asr, 12 h of tts.
    assert (asr.replicas, tts.replicas) == (13, 15)
    assert (asr.gpus, tts.gpus, made.gpus) == (0, 15, 15)
    assert made.cpu_cores == pytest.approx(13 * 1.5 + 15)
    assert made.storage_bytes_per_day == pytest.approx(1e6 * 240 * 3600 * 3)
    assert made.broker_bytes_per_s == pytest.approx(200 * 20 * 3)


def test_a_replica_does_as_much_as_it_works_on_at_once() -> None:
    rates = rates_of_file(json.dumps(MEASURED), "rates.json")
    load = Load(240, 3, busy_hours=12, busy_share=0.8, on_gpu=("asr",), concurrency={"asr": 4})
    asr, tts = plan(rates, load).stages
    # 10 h of asr in an hour, 12 h of tts.
    assert (asr.replicas, asr.gpus, asr.concurrency, asr.max_replicas) == (4, 4, 4, 6)
    assert (tts.replicas, tts.concurrency, tts.max_replicas) == (15, 1, 23)
    assert asr.cpu_cores == pytest.approx(4 * 4 * 1.5)


def test_an_event_is_a_part_or_a_talk_and_a_transcript_is_for_all_languages() -> None:
    assert set(PER_TALK) < {each.name for each in STAGES}
    rates = Rates({each.name: StageRate(0.1) for each in STAGES}, talk_s=600, parts=12)
    made = plan(rates, Load(24, languages=3))
    assert {each.stage: each.seconds_per_event for each in made.stages} == pytest.approx(
        {"separation": 60, "diarization": 60, "asr": 5, "translation": 15, "tts": 5, "muxing": 5,
         "lipsync": 60}
    )  # fmt: skip


@pytest.mark.parametrize("load", [Load(1, on_gpu=("asrr",)), Load(1, concurrency={"asrr": 2})])
def test_a_stage_that_there_is_not_is_refused(load: Load) -> None:
    with pytest.raises(PolydubError, match="no measured stage 'asrr'; there are: asr, tts"):
        plan(rates_of_file(json.dumps(MEASURED), "rates.json"), load)


def test_what_was_not_measured_stays_unknown() -> None:
    made = plan(Rates({"asr": StageRate(0.5)}), Load(24))
    assert made.stages[0].replicas == 1
    assert (made.cpu_cores, made.storage_bytes_per_day, made.broker_bytes_per_s) == (None,) * 3
    assert made.stages[0].seconds_per_event is None


def test_a_file_is_taken(polydub: Run, tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    file.write_text(json.dumps(MEASURED))
    shown = polydub("--rates", str(file))
    assert shown.exit_code == 0, shown.output
    assert "Broker: 200 B a second" in shown.stdout
    told = json.loads(polydub("--rates", str(file), "--json").stdout)
    assert {each["stage"]: each["replicas"] for each in told["stages"]} == {"asr": 1, "tts": 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--gpu", "asrr"], "there are: asr, tts"),
        (["--concurrency", "asrr=2"], "there are: asr, tts"),
        (["--concurrency", "asr"], "stage=number"),
        (["--concurrency", "asr=0"], "stage=number"),
        (["--concurrency", "asr=2", "--concurrency", "asr=3"], "named twice"),
        (["--values", "--json"], "Choose one"),
    ],
)
def test_what_makes_no_sense_is_refused(
    polydub: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    file = tmp_path / "rates.json"
    file.write_text(json.dumps(MEASURED))
    refused = polydub("--rates", str(file), *arguments)
    assert refused.exit_code == 2
    assert said in refused.output


def test_values_are_told_with_what_they_take_for_granted(polydub: Run, tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    file.write_text(json.dumps(MEASURED))
    shown = polydub("--rates", str(file), "--values", "--concurrency", "asr=4").stdout
    assert yaml.safe_load(shown) == {
        "stages": {
            "asr": {
                "autoscaling": {"maxReplicas": 2, "secondsPerEvent": 25},
                "settings": {"CONCURRENCY": 4},
            },
            "tts": {"autoscaling": {"maxReplicas": 2, "secondsPerEvent": 10}},
        }
    }
    assert "# Events that are worked on at once are taken to last as long" in shown
    file.write_text(json.dumps({**MEASURED, "parts": None}))
    unknown = polydub("--rates", str(file), "--values").stdout
    assert yaml.safe_load(unknown)["stages"]["asr"] == {"autoscaling": {"maxReplicas": 2}}
    assert "# secondsPerEvent: not measured where it is missing." in unknown
    assert "at once are taken" not in unknown


def test_a_deployment_is_asked_for_what_it_has_measured(polydub: Run, gateway: Any) -> None:
    dub = {
        "id": "dub_1", "video_id": "vid_1", "duration_s": 100.0, "detected_language": "en",
        "languages": [{"language": "es", "state": "completed"}],
    }  # fmt: skip
    gateway.answers["GET /v1/dubs"] = (200, {"dubs": [dub], "next_cursor": None})
    stages = [{"stage": "asr", "worker_seconds": 300.0}, {"stage": "tts", "worker_seconds": 50.0}]
    gateway.answers["POST /v1/estimates"] = (200, {"is_measured": True, "stages": stages})
    gateway.answers["GET /v1/usage"] = (
        200,
        {"months": [{"minutes": 10.0}], "storage_bytes": 600_000_000, "quotas": {}},
    )
    pieces = [{"stage": "asr", "part": part} for part in (0, 1, 1, 2, 3)]
    gateway.answers["GET /v1/dubs/dub_1/trace"] = (
        200,
        {"job_id": "dub_1", "pieces": [{"stage": "separation", "part": None}, *pieces]},
    )
    told = json.loads(polydub("--json", "--languages", "2").stdout)
    assert {each["stage"]: each["replicas"] for each in told["stages"]} == {"asr": 5, "tts": 2}
    assert told["storage_bytes_per_day"] == pytest.approx(1e6 * 24 * 3600 * 2)
    assert [each["seconds_per_event"] for each in told["stages"]] == [75, 12.5]
    assert told["cpu_cores"] is None
    gateway.answers["POST /v1/estimates"] = (200, {"stages": [{"stage": "asr"}]})
    missing = polydub()
    assert missing.exit_code == 1
    assert "has not measured asr yet" in missing.stderr
    assert "make bench BENCH=--rates" in missing.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"source_s": 1}', '{"source_s": 0, "languages": 1}'])
def test_without_rates_it_says_how_to_get_them(polydub: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "rates.json"
    file.write_text(text)
    refused = polydub("--rates", str(file))
    assert refused.exit_code == 2
    assert "bench" in refused.output
