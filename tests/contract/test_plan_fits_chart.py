"""What ``polydub plan --values`` prints is what the chart takes."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("helm_python")

import yaml
from rendering import of_kind, render

from polydub.pipeline import STAGES
from polydub_client.planning import Load, Rates, StageRate, plan
from polydub_client.terminal.plans import values

pytestmark = pytest.mark.contract


def planned(rates: Rates, load: Load) -> dict[str, Any]:
    printed: dict[str, Any] = yaml.safe_load(values(plan(rates, load)))
    return printed


@pytest.mark.parametrize("parts", [10, None], ids=["measured", "parts not known"])
@pytest.mark.parametrize("worker_s", [0.00001, 0.5, 12.0])
def test_the_chart_takes_the_values(worker_s: float, parts: int | None) -> None:
    rates = Rates(
        {stage.name: StageRate(worker_s) for stage in STAGES}, talk_s=600, parts=parts
    )  # fmt: skip
    made = planned(rates, Load(500, languages=2))
    made["stages"]["lipsync"]["enabled"] = True
    scaled = of_kind(render({"keda": {"enabled": True}, **made}), "ScaledObject")
    for stage in STAGES:
        wanted = made["stages"][stage.name]["autoscaling"]["maxReplicas"]
        assert scaled[f"polydub-{stage.name}"]["spec"]["maxReplicaCount"] == wanted


def test_what_is_worked_on_at_once_is_in_the_threshold() -> None:
    rates = Rates({"asr": StageRate(0.2)}, talk_s=600, parts=10)
    targets = {}
    for at_once in (1, 4):
        made = planned(rates, Load(500, concurrency={"asr": at_once}))
        scaled = of_kind(render({"keda": {"enabled": True}, **made}), "ScaledObject")
        advanced = scaled["polydub-asr"]["spec"]["advanced"]
        targets[at_once] = advanced["scalingModifiers"]["target"]
    # 60 s in which what waits is done, in events of 0.2 s x 60 s.
    assert targets == {1: "5", 4: "20"}
