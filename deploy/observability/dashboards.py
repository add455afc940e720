"""Writes the dashboards that the chart ships, from the panels.

dashboards.py            # writes them
dashboards.py --check    # fails where they are not what the panels say
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from panels import DASHBOARDS, Dashboard, Panel, Row

FOLDER = Path(__file__).resolve().parents[1] / "helm" / "polydub" / "dashboards"
COLUMNS, PER_LINE, HEIGHT = 24, 3, 8
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def document(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana takes it."""
    return {
        "uid": dashboard.name,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["polydub"],
        "timezone": "",
        "editable": True,
        "refresh": "30s",
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _variables(dashboard)},
        "links": [
            {"type": "dashboards", "title": "Polydub", "tags": ["polydub"], "asDropdown": True}
        ],
        "panels": _panels(dashboard.rows),
    }


def _variables(dashboard: Dashboard) -> list[dict[str, Any]]:
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource"}
    return [
        {**source, "query": "prometheus"},
        *(
            {
                "name": name,
                "type": "query",
                "datasource": _SOURCE,
                "query": query,
                "definition": query,
                "refresh": 2,
                "multi": True,
                "includeAll": True,
                "allValue": ".*",
                "current": {"text": "All", "value": "$__all"},
            }
            for name, query in dashboard.choices.items()
        ),
    ]


def _panels(rows: Sequence[Row]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
        made.append(
            {"id": len(made) + 1, "type": "row", "title": row.title, "gridPos": place, "panels": []}
        )
        y += 1
        for index, panel in enumerate(row.panels):
            width = COLUMNS // PER_LINE
            line, column = divmod(index, PER_LINE)
            place = {"x": column * width, "y": y + line * HEIGHT, "w": width, "h": HEIGHT}
            made.append({"id": len(made) + 1, "gridPos": place, **_panel(panel)})
        y += HEIGHT * -(-len(row.panels) // PER_LINE)
    return made


def _panel(panel: Panel) -> dict[str, Any]:
    limits = {"min": 0} | ({} if panel.most is None else {"max": panel.most})
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, **limits}, "overrides": []},
        "options": {"legend": {"displayMode": "list"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend,
                "exemplar": panel.exemplars,
            }
            for number, (legend, expression) in enumerate(panel.queries.items())
        ],
    }


def documents() -> dict[Path, str]:
    """Each file as it has to be."""
    return {
        FOLDER / f"{each.name}.json": json.dumps(document(each), indent=2) + "\n"
        for each in DASHBOARDS
    }


def outdated() -> list[str]:
    """The names of files that are not as they have to be, or of nothing that is shown."""
    wanted = documents()
    old = [p.name for p, text in wanted.items() if not p.exists() or p.read_text() != text]
    return old + [path.name for path in FOLDER.glob("*.json") if path not in wanted]


def main() -> None:
    if "--check" in sys.argv[1:]:
        if old := outdated():
            sys.exit(f"Not what the panels say: {', '.join(old)}. Run `make chart`.")
        return
    FOLDER.mkdir(exist_ok=True)
    for path, text in documents().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
