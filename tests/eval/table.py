"""The figures as a table for people and as JSON for the next run to compare with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.measures import BY_KEY, MEASURES, Figures, Measure, Row

SCHEMA_VERSION = 1
_KEPT, _BROKEN, _NONE = "✓", "✗", "–"

Key = tuple[str, str]


@dataclass(frozen=True)
class Evaluation:
    """Everything one run measured."""

    version: str
    measured_at: str
    engines: Mapping[str, str]
    rows: Sequence[Row]


def broken(row: Row) -> list[Measure]:
    """The measures whose bounds a row breaks."""
    return [BY_KEY[key] for key, figure in row.figures.items() if BY_KEY[key].kept(figure) is False]


def lost(evaluation: Evaluation, base: Mapping[Key, Figures]) -> list[str]:
    """Dubs that the earlier run has and this one does not."""
    return [
        f"{row.clip} {row.language}: {row.problem}"
        for row in evaluation.rows
        if row.problem and base.get((row.clip, row.language))
    ]


def read_base(path: Path) -> dict[Key, Figures]:
    """An earlier run's figures by clip and language."""
    rows = json.loads(path.read_text())["rows"]
    return {(row["clip"], row["language"]): row["figures"] for row in rows}


def as_json(evaluation: Evaluation) -> str:
    rows: list[dict[str, Any]] = [
        {
            "clip": row.clip,
            "language": row.language,
            "problem": row.problem,
            "figures": {key: round(figure, 4) for key, figure in row.figures.items()},
            "broken": [measure.key for measure in broken(row)],
            "remarks": row.remarks,
        }
        for row in evaluation.rows
    ]
    document = {
        "schema_version": SCHEMA_VERSION,
        "version": evaluation.version,
        "measured_at": evaluation.measured_at,
        "engines": dict(evaluation.engines),
        "rows": rows,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_markdown(evaluation: Evaluation, base: Mapping[Key, Figures] | None = None) -> str:
    """The table; with a base, a column of differences beside each dub's."""
    engines = ", ".join(f"{stage}: {used}" for stage, used in evaluation.engines.items())
    parts = [
        f"# Evaluation of {evaluation.version}",
        f"Measured {evaluation.measured_at} with {engines or 'no engine'}.\n"
        f"{_KEPT} keeps its bound, {_BROKEN} breaks it, {_NONE} not measured.",
        _table(evaluation.rows, base),
        *_summary(evaluation, base),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row], base: Mapping[Key, Figures] | None) -> str:
    made = [row for row in rows if not row.problem]
    head = ["measure", "bound"]
    for row in made:
        head += [f"{row.clip} → {row.language}"] + (["Δ"] if base is not None else [])
    lines = [head, ["---"] * len(head)]
    for measure in MEASURES:
        if any(measure.key in row.figures for row in made):
            lines.append([measure.title, measure.bound, *_cells(measure, made, base)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(measure: Measure, rows: Sequence[Row], base: Mapping[Key, Figures] | None) -> list[str]:
    cells = []
    for row in rows:
        figure = row.figures.get(measure.key)
        cells.append(_cell(measure, figure))
        if base is not None:
            before = base.get((row.clip, row.language), {}).get(measure.key)
            cells.append(_difference(measure, figure, before))
    return cells


def _cell(measure: Measure, figure: float | None) -> str:
    if figure is None:
        return _NONE
    mark = {True: f" {_KEPT}", False: f" {_BROKEN}", None: ""}[measure.kept(figure)]
    return f"{figure:.{measure.digits}f}{mark}"


def _difference(measure: Measure, figure: float | None, before: float | None) -> str:
    if figure is None or before is None:
        return _NONE
    return f"{figure - before:+.{measure.digits}f}"


def _summary(evaluation: Evaluation, base: Mapping[Key, Figures] | None) -> list[str]:
    parts = []
    if skipped := [row for row in evaluation.rows if row.problem]:
        lines = [f"- {row.clip} → {row.language}: `{row.problem}`" for row in skipped]
        parts.append("\n".join(["Not dubbed:", "", *lines]))
    if found := [line for row in evaluation.rows for line in _broken_lines(row, base)]:
        parts.append("\n".join(["Bounds broken:", "", *found]))
    if base is not None and (gone := lost(evaluation, base)):
        parts.append("\n".join(["Dubbed before, not now:", "", *(f"- {line}" for line in gone)]))
    if remarks := [
        f"- {row.clip} → {row.language}: {remark}"
        for row in evaluation.rows
        for remark in row.remarks
    ]:
        parts.append("\n".join(["Remarks:", "", *remarks]))
    return parts


def _broken_lines(row: Row, base: Mapping[Key, Figures] | None) -> list[str]:
    lines = []
    for measure in broken(row):
        before = (base or {}).get((row.clip, row.language), {}).get(measure.key)
        fresh = before is not None and measure.kept(before) is True
        lines.append(
            f"- {row.clip} → {row.language}: {measure.title}"
            f" {row.figures[measure.key]:.{measure.digits}f} (bound {measure.bound})"
            + (", kept before" if fresh else "")
        )
    return lines
