"""Dashboards and alerts ask for what is measured, and the chart carries them as they are made."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import dashboards
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from polydub import telemetry

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/polydub"
OF_OTHERS = {"le", "instance"}
"""Labels that Prometheus sets."""
SUFFIXES = {
    "counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count"),
}  # fmt: skip


def measured() -> dict[str, set[str]]:
    """Each series of polydub.telemetry with its labels."""
    return {
        f"{described.name}{suffix}": set(metric._labelnames)
        for metric in vars(telemetry).values()
        if isinstance(metric, MetricWrapperBase)
        for described in metric.describe()
        for suffix in SUFFIXES[described.type]
    }


def shipped() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(dashboards.FOLDER.glob("*.json"))]


def expressions() -> dict[str, str]:
    """Every query of dashboards and alerts, by where it stands."""
    found = {
        f"{board['title']} / {panel['title']} / {target['refId']}": target["expr"]
        for board in shipped()
        for panel in board["panels"]
        for target in panel.get("targets", ())
    }
    (group,) = yaml.safe_load((CHART / "rules/alerts.yaml").read_text())["groups"]
    return found | {rule["alert"]: rule["expr"] for rule in group["rules"]}


def asked(expression: str) -> dict[str, set[str]]:
    """The metrics of an expression with the labels by which they are chosen."""
    found: dict[str, set[str]] = {}
    for metric, chosen in re.findall(r"\b([a-zA-Z_:]\w*_\w+)(?:\{([^}]*)\})?", expression):
        if metric.startswith("polydub_"):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", chosen))
            found[metric] = found.get(metric, set()) | labels
    return found


def grouped(expression: str) -> set[str]:
    groups = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression)
    return {label.strip() for group in groups for label in group.split(",")}


@pytest.mark.parametrize("where", expressions())
def test_what_is_asked_for_is_measured(where: str) -> None:
    expression, there = expressions()[where], measured()
    wanted = asked(expression)
    assert wanted, "it asks for nothing"
    assert sorted(set(wanted) - set(there)) == []
    for metric, labels in wanted.items():
        assert labels <= there[metric] | OF_OTHERS, metric
    known = set().union(*(there[metric] for metric in wanted)) | OF_OTHERS
    assert grouped(expression) <= known


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool: apt-get install prometheus"
)
def test_every_query_is_one_that_prometheus_takes(tmp_path: Path) -> None:
    chosen = {"$__rate_interval": "1m", "$stage": ".*"}
    rules = []
    for number, expression in enumerate(expressions().values()):
        for name, value in chosen.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"query:number{number}", "expr": expression})
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = subprocess.run(
        ["promtool", "check", "rules", path], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_metric_that_is_not_measured_would_be_noticed() -> None:
    assert set(asked('sum by (stage) (rate(polydub_nothing_total{stage="asr"}[5m]))')) - set(
        measured()
    ) == {"polydub_nothing_total"}


def test_what_is_measured_is_shown() -> None:
    """A metric that nobody looks at is not worth its place; these are for looking closer."""
    shown = {metric for expression in expressions().values() for metric in asked(expression)}
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    unseen = {re.sub(r"_(bucket|sum|count)$", "", name) for name in measured()} - names
    assert unseen == set()


def test_legends_name_labels_that_come_out() -> None:
    for board in shipped():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                assert named <= grouped(target["expr"]), (board["title"], panel["title"])


def test_gauges_that_every_gateway_tells_are_not_summed() -> None:
    alike = {
        each._name
        for each in vars(telemetry).values()
        if isinstance(each, MetricWrapperBase) and "take the maximum" in each._documentation
    }
    assert len(alike) > 5
    for where, expression in expressions().items():
        for metric in set(asked(expression)) & alike:
            assert not re.search(rf"\b(sum|avg)\b[^()]*(\([^()]*\))?\s*\({metric}\b", expression), (
                where
            )


def test_the_chart_has_the_dashboards_that_the_panels_make() -> None:
    assert dashboards.outdated() == []


def test_dashboards_are_as_grafana_takes_them() -> None:
    titles = [board["title"] for board in shipped()]
    assert len(set(titles)) == len(titles) == len({board["uid"] for board in shipped()})
    for board in shipped():
        assert len(board["uid"]) <= 40
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert max(x for x, _ in cells) < dashboards.COLUMNS
            taken |= cells
