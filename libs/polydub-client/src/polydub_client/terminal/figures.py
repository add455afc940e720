"""The headline figures of a report, each under a name that a person understands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from polydub_client.models import Dub, DubWarning, Report, StageEngines

PICTURE_WORDS = {"copied": "copied", "reencoded": "re-encoded", "none": "none"}


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, and its value as text."""

    name: str
    value: str


def figures(report: Report) -> tuple[Figure, ...]:
    """The rows of one language, always the same in number and order."""
    onset, tempo = report.onset_offset_ms, report.tempo
    return (
        Figure("lines", str(report.lines)),
        Figure("onset offset p50 / p95, ms", f"{onset.p50:.0f} / {onset.p95:.0f}"),
        Figure("tempo p95", f"{tempo.p95:.2f}"),
        Figure("overflow, ms", str(report.overflow_ms)),
        Figure("cut off at the end, ms", str(report.truncated_ms)),
        Figure("clashes", str(report.clashes)),
        Figure("loudness against the original, LU", _measured(report.loudness_delta_lu, "+.1f")),
        Figure("true peak, dBTP", _measured(report.true_peak_dbtp, ".1f")),
        Figure("duration against the original, ms", f"{report.duration_delta_ms:+.0f}"),
        Figure("lines of low confidence", str(report.low_confidence_lines)),
        Figure("picture", PICTURE_WORDS.get(report.picture, report.picture)),
    )


def _measured(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


@dataclass(frozen=True)
class WarningCount:
    """All warnings of one code, with one of them as an example."""

    code: str
    count: int
    example: DubWarning


def counted(warnings: Iterable[DubWarning]) -> tuple[WarningCount, ...]:
    """Warnings by code, the most frequent first."""
    by_code: dict[str, list[DubWarning]] = {}
    for warning in warnings:
        by_code.setdefault(warning.code, []).append(warning)
    counts = [WarningCount(code, len(those), those[0]) for code, those in by_code.items()]
    return tuple(sorted(counts, key=lambda each: -each.count))


def draft_engines(dub: Dub, offered: Iterable[StageEngines]) -> Mapping[str, str]:
    """Stage to engine id, for each engine of draft quality that took part in the dub."""
    quality = {(each.stage, e.id): e.quality for each in offered for e in each.engines}
    used = {(use.stage, use.id) for use in dub.engines_used}
    return dict(sorted(use for use in used if quality.get(use) == "draft"))
