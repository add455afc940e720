"""Draws the dashboards as a live Prometheus answers them, without a Grafana.

render.py --watch-s 60     # a Prometheus of its own over the stack of `make up`, for a minute
render.py --url http://127.0.0.1:9090    # one that runs already

Each dashboard becomes a picture. Panels that have no data are named; those that may have none, by
their own description, apart. Ends with status 1 where another one has none.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from dashboards import COLUMNS, FOLDER
from panels import FEW
from stack import Stack

SCRAPE_S = 2
RATE_WINDOW = "60s"
"""What Grafana puts in for its variable, at such a pace."""
STEP_S = 2
_PER_GRID_COLUMN_INCH, _PER_GRID_LINE_INCH = 0.9, 0.42
_VARIABLES = {"$__rate_interval": RATE_WINDOW, "$stage": ".*"}


@dataclass(frozen=True)
class Series:
    """One line of a panel."""

    legend: str
    times_s: list[float]
    values: list[float]


@dataclass(frozen=True)
class Answered:
    """A panel and what Prometheus answered."""

    panel: dict[str, Any]
    series: list[Series]

    @property
    def may_be_empty(self) -> bool:
        return str(self.panel["description"]).startswith(FEW)


def settings(stack: Stack) -> str:
    """Prometheus' settings for a stack on this machine."""
    ports = stack.ports()
    wanted = [
        ports["gateway"],
        *(port for name, port in ports.items() if name.endswith(" metrics")),
    ]
    targets = ", ".join(f'"127.0.0.1:{port}"' for port in wanted)
    return (
        f"global: {{scrape_interval: {SCRAPE_S}s, scrape_timeout: {SCRAPE_S}s}}\n"
        f"scrape_configs: [{{job_name: polydub, honor_labels: true, "
        f"static_configs: [{{targets: [{targets}]}}]}}]\n"
    )


@contextmanager
def prometheus(stack: Stack, port: int) -> Iterator[str]:
    """A Prometheus that reads a stack; its address."""
    if shutil.which("prometheus") is None:
        sys.exit("There is no prometheus here: apt-get install prometheus, or name one with --url")
    with tempfile.TemporaryDirectory(prefix="polydub-prometheus-") as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(settings(stack))
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml",
                 f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            child.wait()


def ask(url: str, query: str, start_s: float, end_s: float) -> list[dict[str, Any]]:
    """What a query gives over a time.

    Raises:
        urllib.error.HTTPError: where Prometheus does not take it.
    """
    for name, value in _VARIABLES.items():
        query = query.replace(name, value)
    parameters = {"query": query, "start": start_s, "end": end_s, "step": STEP_S}
    address = f"{url}/api/v1/query_range?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return found


def answered(url: str, panel: dict[str, Any], start_s: float, end_s: float) -> Answered:
    """A panel with its data."""
    series = [
        _series(found, target["legendFormat"])
        for target in panel["targets"]
        for found in ask(url, target["expr"], start_s, end_s)
    ]
    return Answered(panel, [each for each in series if each.values])


def _series(found: dict[str, Any], legend: str) -> Series:
    for label, value in found["metric"].items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    points = [(float(at), float(value)) for at, value in found["values"]]
    known = [(at, value) for at, value in points if value == value]  # NaN is no value
    return Series(legend, [at for at, _ in known], [value for _, value in known])


def draw(
    dashboard: dict[str, Any], panels: list[Answered], span_s: tuple[float, float], path: Path
) -> None:
    """A dashboard as a picture, its panels where Grafana has them."""
    places = [each["gridPos"] for each in dashboard["panels"]]
    lines = max(place["y"] + place["h"] for place in places)
    figure = plt.figure(
        figsize=(COLUMNS * _PER_GRID_COLUMN_INCH, (lines + 2) * _PER_GRID_LINE_INCH)
    )
    figure.suptitle(f"{dashboard['title']}: {dashboard['description']}", fontsize=14)
    for each in panels:
        place = each.panel["gridPos"]
        axes = figure.add_axes(
            (
                place["x"] / COLUMNS + 0.035,
                1 - (place["y"] + place["h"] + 0.2) / (lines + 2),
                place["w"] / COLUMNS - 0.05,
                (place["h"] - 2.2) / (lines + 2),
            )
        )
        _draw_panel(axes, each, span_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=55)
    plt.close(figure)


def _draw_panel(axes: Any, answer: Answered, span_s: tuple[float, float]) -> None:
    defaults = answer.panel["fieldConfig"]["defaults"]
    axes.set_title(f"{answer.panel['title']} [{defaults['unit']}]", fontsize=10, loc="left")
    for each in answer.series:
        axes.plot(
            each.times_s, each.values, label=each.legend, linewidth=1.2, marker=".", markersize=2
        )
    if answer.series:
        axes.set_xlim(*span_s)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=6, ncols=2, loc="upper left", framealpha=0.5)
    else:
        why = answer.panel["description"] if answer.may_be_empty else "no data"
        axes.text(0.5, 0.5, why, ha="center", wrap=True, transform=axes.transAxes, fontsize=8)
    axes.xaxis.set_major_formatter(lambda at, _: f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}")
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)


def render(url: str, out: Path, start_s: float, end_s: float) -> list[str]:
    """Draws every dashboard; the panels that should have data and have none."""
    empty: list[str] = []
    for file in sorted(FOLDER.glob("*.json")):
        dashboard = json.loads(file.read_text())
        asked = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        panels = [answered(url, panel, start_s, end_s) for panel in asked]
        draw(dashboard, panels, (start_s, end_s), out / f"{file.stem}.png")
        full = sum(bool(each.series) for each in panels)
        print(f"{file.stem}: {full} of {len(panels)} panels have data")
        for each in panels:
            if not each.series:
                print(f"  none: {each.panel['title']} ({each.panel['description'] or 'no data'})")
        empty += [
            f"{file.stem}: {each.panel['title']}"
            for each in panels
            if not each.series and not each.may_be_empty
        ]
    return empty


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="of a Prometheus that runs; without: one of its own")
    parser.add_argument("--port", type=int, default=9097, help="of its own Prometheus")
    parser.add_argument("--watch-s", type=float, default=60, help="how long it watches")
    parser.add_argument("--out", type=Path, default=Path("out/dashboards"))
    told = parser.parse_args()
    began_s = time.time()
    if told.url:
        empty = render(told.url, told.out, began_s - told.watch_s, began_s)
    else:
        base_port = int(os.environ.get("POLYDUB_PORT", "7700"))
        with prometheus(Stack(Path("var"), base_port, 1), told.port) as url:
            print(
                f"Watching for {told.watch_s:g} s: let the stack dub something ({url})", flush=True
            )
            time.sleep(told.watch_s)
            empty = render(url, told.out, began_s, time.time())
    print(f"Pictures: {told.out}")
    if empty:
        sys.exit(f"No data: {', '.join(empty)}")


if __name__ == "__main__":
    main()
