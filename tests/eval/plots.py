"""Pictures of what the table can't show: every onset, every tempo, every stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.measures import BY_KEY, Row
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Writes the pictures of the rows that were dubbed; none where none was."""
    made = [row for row in rows if not row.problem]
    if not made:
        return []
    return [_onsets(made, folder), _tempos(made, folder), _stages(made, folder)]


def _name(row: Row) -> str:
    return f"{row.clip} → {row.language}"


def _onsets(rows: Sequence[Row], folder: Path) -> Path:
    figure, axes = _sheet()
    for row in rows:
        at_s = [offset.at_ms / 1000 for offset in row.offsets]
        axes.plot(at_s, [offset.late_ms for offset in row.offsets], "o-", label=_name(row))
    bound = BY_KEY["onset_p95_ms"].at_most or 0
    axes.axhspan(-bound, bound, color="0.92", zorder=0)
    axes.set(xlabel="time in the source, s", ylabel="heard later than in the source, ms")
    axes.legend(fontsize="small")
    return _saved(figure, folder / "onsets.png")


def _tempos(rows: Sequence[Row], folder: Path) -> Path:
    figure, axes = _sheet()
    shown = [row for row in rows if row.tempos]
    axes.boxplot([row.tempos for row in shown], tick_labels=[_name(row) for row in shown])
    axes.axhline(BY_KEY["tempo_p95"].at_most or 0, color="0.6", linestyle="--")
    axes.set(ylabel="tempo: spoken over heard length")
    axes.tick_params(axis="x", rotation=30)
    return _saved(figure, folder / "tempo.png")


def _stages(rows: Sequence[Row], folder: Path) -> Path:
    figure, axes = _sheet()
    left = [0.0] * len(rows)
    for key, measure in BY_KEY.items():
        if key.startswith("rtf_"):
            widths = [row.figures.get(key, 0.0) for row in rows]
            axes.barh([_name(row) for row in rows], widths, left=left, label=measure.title)
            left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set(xlabel="handlers' seconds for each second of the clip")
    axes.legend(fontsize="small")
    return _saved(figure, folder / "stages.png")


def _sheet() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(9, 5), layout="constrained")
    return figure, figure.subplots()


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=110)
    return path
