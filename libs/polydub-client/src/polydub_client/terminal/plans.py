"""What a load needs, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from polydub_client.planning import Plan, StagePlan
from polydub_client.terminal.wording import literal

NOT_MEASURED = "not measured"
_AT_ONCE = (
    "Events that are worked on at once are taken to last as long as was measured: that holds where "
    "it was measured with as many at once."
)


def show_plan(console: Console, plan: Plan) -> None:
    """A row for each stage, the sums, and what was assumed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("stage")
    for name in ("replicas", "at once", "CPU cores", "GPUs", "busy h per hour"):
        table.add_column(name, justify="right")
    for each in plan.stages:
        table.add_row(
            literal(each.stage), str(each.replicas), str(each.concurrency),
            _number(each.cpu_cores), str(each.gpus or "-"),
            f"{each.worker_seconds_per_hour / 3600:.1f}",
        )  # fmt: skip
    table.add_row(
        "all", str(sum(each.replicas for each in plan.stages)), "",
        _number(plan.cpu_cores), str(plan.gpus or "-"), "",
    )  # fmt: skip
    console.print(table)
    kept = _bytes(plan.storage_bytes_per_day, "a day, for as long as it is kept")
    console.print(f"Storage: {kept}")
    console.print(f"Broker: {_bytes(plan.broker_bytes_per_s, 'a second')}")
    console.print(_asked(plan), soft_wrap=True)
    if plan.load.concurrency:
        console.print(_AT_ONCE, soft_wrap=True)
    console.print(f"Measured: {literal(plan.measured)}", soft_wrap=True)


def values(plan: Plan) -> str:
    """Values for the Helm chart, as YAML."""
    said = [
        _asked(plan),
        f"Measured: {' '.join(plan.measured.split())}",
        "maxReplicas: half as many again as that needs, to work off a backlog. The gateway lets in",
        "as much as they can do only with a fitting gateway.settings.IN_FLIGHT_MINUTES.",
    ]
    if plan.load.concurrency:
        said.append(_AT_ONCE)
    if any(each.seconds_per_event is None for each in plan.stages):
        said.append(f"secondsPerEvent: {NOT_MEASURED} where it is missing.")
    comments = (f"# {line}" for line in said)
    return "\n".join(
        (*comments, "stages:", *(_stage_values(plan, each) for each in plan.stages), "")
    )


def _stage_values(plan: Plan, stage: StagePlan) -> str:
    scaling = [f"maxReplicas: {stage.max_replicas}"]
    if stage.seconds_per_event is not None:
        scaling.append(f"secondsPerEvent: {_seconds(stage.seconds_per_event)}")
    lines = [f"  {stage.stage}:", f"    autoscaling: {{{', '.join(scaling)}}}"]
    if stage.stage in plan.load.concurrency:
        lines.append(f"    settings: {{CONCURRENCY: {stage.concurrency}}}")
    return "\n".join(lines)


def _seconds(value: float) -> str:
    """Three digits of it, above 0 and never with an exponent, which YAML may take for a text."""
    return f"{max(value, 0.001):.3f}" if value < 10 else f"{value:.0f}"


def _asked(plan: Plan) -> str:
    load = plan.load
    return (
        f"For {load.hours_per_day:g} h of video a day into {load.languages} language(s), coming in "
        f"{load.busy_hours:g} h of the day, replicas busy {load.busy_share:.0%} of their time."
    )


def _number(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.1f}"


def _bytes(value: float | None, per: str) -> str:
    if value is None:
        return NOT_MEASURED
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit} {per}"
    return f"{value:.0f} B {per}"
