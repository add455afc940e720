"""What a load needs, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from polydub_client.planning import Plan
from polydub_client.terminal.wording import literal

NOT_MEASURED = "not measured"


def show_plan(console: Console, plan: Plan) -> None:
    """A row for each stage, the sums, and what was assumed."""
    load = plan.load
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("stage")
    for name in ("replicas", "CPU cores", "GPUs", "busy h per hour"):
        table.add_column(name, justify="right")
    for each in plan.stages:
        table.add_row(
            literal(each.stage), str(each.replicas), _number(each.cpu_cores), str(each.gpus or "-"),
            f"{each.worker_seconds_per_hour / 3600:.1f}",
        )  # fmt: skip
    table.add_row(
        "all", str(sum(each.replicas for each in plan.stages)), _number(plan.cpu_cores),
        str(plan.gpus or "-"), "",
    )  # fmt: skip
    console.print(table)
    kept = _bytes(plan.storage_bytes_per_day, "a day, for as long as it is kept")
    console.print(f"Storage: {kept}")
    console.print(f"Broker: {_bytes(plan.broker_bytes_per_s, 'a second')}")
    console.print(
        f"For {load.hours_per_day:g} h of video a day into {load.languages} language(s), coming in "
        f"{load.busy_hours:g} h of the day, replicas busy {load.busy_share:.0%} of their time.",
        soft_wrap=True,
    )
    console.print(f"Measured: {literal(plan.measured)}", soft_wrap=True)


def _number(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.1f}"


def _bytes(value: float | None, per: str) -> str:
    if value is None:
        return NOT_MEASURED
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit} {per}"
    return f"{value:.0f} B {per}"
