"""Every alert fires when it should and stays silent when not, as Prometheus itself judges it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/helm/polydub/rules/alerts.yaml"
RUNBOOK = ROOT / "deploy/observability/README.md"
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool: apt-get install prometheus"
)

Told = dict[str, str]
"""Series -> its values, one a minute, as promtool writes them."""


@dataclass(frozen=True)
class Case:
    """What makes an alert fire within ``at``, and what is like it and does not."""

    fires: Told
    silent: list[Told]
    labels: Told = field(default_factory=dict)
    at: str = "40m"


def _hops(slow: str) -> Told:
    """Half of the events wait that long, the others hardly."""
    buckets = {"0.05": "0+5x60", slow: "0+10x60", "+Inf": "0+10x60"}
    return {
        f'polydub_hop_seconds_bucket{{stage="asr",le="{le}"}}': values
        for le, values in buckets.items()
    }


def _quality(each: float, dubs_per_minute: str) -> Told:
    count = float(dubs_per_minute)
    return {
        'polydub_dub_quality_sum{language="es"}': f"0+{each * count:g}x120",
        'polydub_dub_quality_count{language="es"}': f"0+{count:g}x120",
    }


GATEWAY = {'polydub_component_info{component="gateway",instance="a"}': "1x60"}
WAITING = 'polydub_queue_events{stage="asr",lane="prompt",state="pending",instance="a"}'
HANDLED = 'polydub_events_total{stage="asr",outcome="completed"}'
BUSY = 'polydub_in_flight{stage="asr"}'
FAILED = 'polydub_jobs_total{state="failed",fault="ours"}'
FAILED_BY_THEM = 'polydub_jobs_total{state="failed",fault="theirs"}'
DONE = 'polydub_jobs_total{state="completed"}'
GPU = 'polydub_gpu_memory_bytes{instance="n",device="0"}'
GPU_HAS = 'polydub_gpu_memory_limit_bytes{instance="n",device="0"}'
OUT = 'polydub_out_of_memory_total{stage="tts",engine="coqui",remedy="cpu"}'

CASES: dict[str, Case] = {
    "PolydubWorkFails": Case(
        fires={'polydub_events_total{stage="tts",outcome="failed",fault="ours"}': "0x30 1x30"},
        labels={"stage": "tts"},
        silent=[
            {'polydub_events_total{stage="tts",outcome="failed",fault="ours"}': "7x60"},
            {'polydub_events_total{stage="tts",outcome="failed",fault="theirs"}': "0+1x60"},
            {'polydub_events_total{stage="tts",outcome="retried"}': "0+1x60"},
        ],
    ),
    "PolydubJobsFail": Case(
        # Faults of theirs make ours no rarer.
        fires={FAILED: "0+1x60", DONE: "0+1x60", FAILED_BY_THEM: "0+9x60"},
        silent=[
            {FAILED_BY_THEM: "0+9x60", FAILED: "0x60", DONE: "0+1x60"},
            {FAILED: "0+1x60", DONE: "0+9x60"},
            {FAILED: "0x20 1x60", DONE: "0x60"},  # one job, and it failed
        ],
    ),
    "PolydubJobIsStuck": Case(
        fires={'polydub_job_silence_seconds{instance="a"}': "0+60x60"},
        silent=[{'polydub_job_silence_seconds{instance="a"}': "0+60x25 0x60"}],
    ),
    "PolydubStageStandsStill": Case(
        fires={WAITING: "3x60", HANDLED: "5x60", BUSY: "0x60"},
        labels={"stage": "asr"},
        silent=[
            {WAITING: "3x60", HANDLED: "0+1x60", BUSY: "0x60"},
            {WAITING: "3x60", HANDLED: "5x60", BUSY: "1x60"},  # at work on a long one
            {WAITING: "0x60", HANDLED: "5x60", BUSY: "0x60"},
        ],
    ),
    "PolydubWorkWaits": Case(
        fires=_hops("600"), labels={"stage": "asr"}, silent=[_hops("120")], at="50m"
    ),
    "PolydubProjectionLags": Case(
        fires={WAITING.replace("asr", "gateway"): "0+100x60"},
        silent=[{WAITING: "0+100x60"}, {WAITING.replace("asr", "gateway"): "0x20 900x3 0x60"}],
    ),
    "PolydubGatewayIsAway": Case(
        fires={'polydub_component_info{component="asr",instance="a"}': "1x60"},
        labels={"component": "gateway"},
        silent=[GATEWAY],
    ),
    "PolydubBrokerIsAway": Case(
        fires=GATEWAY, silent=[{**GATEWAY, WAITING: "0x60"}, {}]
    ),
    "PolydubDatabaseIsAway": Case(
        fires=GATEWAY,
        silent=[{**GATEWAY, 'polydub_jobs_open{state="queued",instance="a"}': "0x60"}, {}],
    ),
    "PolydubRequestsFail": Case(
        fires={
            'polydub_http_seconds_count{status="200"}': "0+10x60",
            'polydub_http_seconds_count{status="503"}': "0+10x60",
        },
        silent=[
            {
                'polydub_http_seconds_count{status="200"}': "0+99x60",
                'polydub_http_seconds_count{status="503"}': "0+1x60",
            },
            {'polydub_http_seconds_count{status="404"}': "0+10x60"},
        ],
    ),
    "PolydubWebhooksFail": Case(
        fires={'polydub_webhooks_total{outcome="failed"}': "0x20 1x60"},
        silent=[{'polydub_webhooks_total{outcome="retried"}': "0+1x60"}],
    ),
    "PolydubGpuIsFull": Case(
        fires={GPU: "78x60", GPU_HAS: "80x60"},
        labels={"instance": "n", "device": "0"},
        silent=[{GPU: "40x60", GPU_HAS: "80x60"}],
    ),
    "PolydubGpuMemoryRanOut": Case(
        fires={OUT: "_x30 1x30"},  # the first time, and there was no such series before
        labels={"stage": "tts", "engine": "coqui"},
        silent=[{OUT: "1x60"}],
    ),
    "PolydubQualityFell": Case(
        fires=_quality(30, "1"),
        labels={"language": "es"},
        silent=[_quality(80, "1"), _quality(30, "0.05")],
        at="60m",
    ),
}  # fmt: skip


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def test_each_alert_has_its_cases() -> None:
    assert {rule["alert"] for rule in rules()} == set(CASES)


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", RULES], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(CASES)} rules found" in checked.stdout


@needs_promtool
def test_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    # What they say is tried elsewhere: promtool would want each text word by word.
    bare = [{key: rule[key] for key in rule if key != "annotations"} for rule in rules()]
    (tmp_path / "rules.yaml").write_text(yaml.dump({"groups": [{"name": "g", "rules": bare}]}))
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in rules()}
    tests = [
        _as_promtool_has_it(name, told, case, severities[name] if told is case.fires else "")
        for name, case in CASES.items()
        for told in (case.fires, *case.silent)
    ]
    (tmp_path / "tests.yaml").write_text(
        yaml.dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests})
    )
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "tests.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _as_promtool_has_it(name: str, told: Told, case: Case, severity: str) -> dict[str, Any]:
    fired = [{"exp_labels": {**case.labels, "severity": severity}}] if severity else []
    wanted = {"eval_time": case.at, "alertname": name, "exp_alerts": fired}
    return {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in told.items()],
        "alert_rule_test": [wanted],
    }


def test_each_alert_says_what_is_wrong_and_leads_to_what_to_do() -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK.read_text(), re.M)
    anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
    for rule in rules():
        said = rule["annotations"]
        assert set(said) == {"summary", "description", "runbook_url"}, rule["alert"]
        page, _, anchor = said["runbook_url"].partition("#")
        assert page == "{runbook}"
        assert anchor in anchors, f"{rule['alert']} leads to no heading of the runbook"
        assert rule["labels"]["severity"] in ("info", "warning", "critical")


def test_the_runbook_is_of_alerts_that_there_are() -> None:
    told = set(re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.M))
    assert told == set(CASES)
