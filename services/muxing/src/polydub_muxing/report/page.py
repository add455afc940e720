"""The report as one page for people: report.html, which needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from polydub import languages
from polydub.errors import WARNINGS
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.fit.placement import HARD_CAP, MOVED, ORIGINAL_KEPT, OVERLAPPED, TRUNCATED
from polydub_muxing.report import plots
from polydub_muxing.report.document import quality_facts
from polydub_muxing.report.headline import UNMEASURED, headline_figures
from polydub_muxing.report.loudness_curve import Point
from polydub_muxing.report.plots import Bar, Curve, Dot
from polydub_muxing.report.quality import losses
from polydub_muxing.report.recognized import NOT_UNDERSTOOD

LOW_CONFIDENCE = "low_confidence"
FLAG_WORDS = {
    TRUNCATED: "Cut off by the end of the sound",
    OVERLAPPED: "Runs on over another line",
    MOVED: "Does not start where the source has it",
    HARD_CAP: "Spoken much faster than is natural",
    ORIGINAL_KEPT: "No voice could say it: the original sound is kept",
    NOT_UNDERSTOOD: "A recogniser does not understand the dub",
    LOW_CONFIDENCE: "The recogniser is unsure of the words",
}
"""What each flag means, the worst first."""
MOST_FLAGGED = 100
"""Lines told one by one; the table holds them all."""
MOST_WHOLE_TEXTS = 500
"""With more lines the table shows how each begins: the page stays below 2 MB for hours."""

_VERDICTS = (
    (90, "very good."),
    (75, "good; hear the flagged lines before you publish."),
    (50, "fair; some lines need work."),
    (0, "poor; much of it needs work."),
)
_TABLE_POINTS = 30
_LONGEST, _SHORT = 1000, 40
_WORTH_SAYING = 0.005
_LOUDNESS_RANGE_LUFS = (-60.0, -5.0)


@dataclass(frozen=True)
class PageMaterial:
    """What the page shows."""

    title: str
    """The name of the upload without its ending."""
    report: muxing_pb2.ReportDocument
    source_language: str
    low_confidence: frozenset[str]
    source_loudness: Sequence[Point]
    dub_loudness: Sequence[Point]
    clips: Mapping[str, str]
    """``data:`` URIs of lines' sounds, by the line's id."""


@dataclass(frozen=True)
class _FlaggedLine:
    line: muxing_pb2.LineReport
    why: Sequence[str]
    clip: str | None
    clock: str


def flags_of(line: muxing_pb2.LineReport, low_confidence: frozenset[str]) -> list[str]:
    """The line's flags, the worst first."""
    own = {*line.flags, *({LOW_CONFIDENCE} if line.id in low_confidence else ())}
    return [flag for flag in FLAG_WORDS if flag in own]


def flagged_lines(
    report: muxing_pb2.ReportDocument, low_confidence: frozenset[str]
) -> list[muxing_pb2.LineReport]:
    """The lines that a person should hear, the worst first."""
    order = list(FLAG_WORDS)
    flagged = [
        (order.index(flags[0]), number, line)
        for number, line in enumerate(report.line_reports)
        if (flags := flags_of(line, low_confidence))
    ]
    return [line for _, _, line in sorted(flagged, key=lambda found: found[:2])]


def clip_times(
    report: muxing_pb2.ReportDocument, low_confidence: frozenset[str], offset_s: float
) -> list[tuple[str, float, float]]:
    """Id, start and end of each flagged line in the file's seconds, the worst first."""
    return [
        (line.id, line.placed_start_ms / 1000 + offset_s, line.placed_end_ms / 1000 + offset_s)
        for line in flagged_lines(report, low_confidence)
    ]


def render_page(material: PageMaterial) -> bytes:
    """The page as UTF-8. Every text in it is escaped, and its policy forbids scripts."""
    report = material.report
    speakers = list(dict.fromkeys(line.speaker_id for line in report.line_reports))
    flagged = flagged_lines(report, material.low_confidence)
    figures = headline_figures(report)
    text = _template().render(
        material=material,
        report=report,
        target=languages.name(report.target_language),
        source=languages.name(material.source_language) if material.source_language else "",
        losses=[loss for loss in losses(quality_facts(report)) if loss.share >= _WORTH_SAYING],
        verdict=next(words for least, words in _VERDICTS if report.quality >= least),
        figures=figures,
        unmeasured=[figure.name for figure in figures if figure.value == UNMEASURED],
        flagged=[_flagged(line, material) for line in flagged[:MOST_FLAGGED]],
        more_flagged=max(0, len(flagged) - MOST_FLAGGED),
        warnings=_shown_warnings(report),
        speakers=[(name, number % plots.SPEAKER_COLOURS) for number, name in enumerate(speakers)],
        timeline=Markup(_timeline(material, speakers)),
        onsets=Markup(_onsets(material, speakers)),
        tempos=Markup(_tempos(material, speakers)),
        loudness=Markup(_loudness(material)),
        loudness_rows=_loudness_rows(material),
        clock=plots.clock,
        longest_text=_LONGEST if report.lines <= MOST_WHOLE_TEXTS else _SHORT,
        shortened=shortened,
    )
    return text.encode()


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def _flagged(line: muxing_pb2.LineReport, material: PageMaterial) -> _FlaggedLine:
    why = [FLAG_WORDS[flag] for flag in flags_of(line, material.low_confidence)]
    if NOT_UNDERSTOOD in line.flags and line.heard_text:
        why.append(f"It heard: “{line.heard_text}”")
    return _FlaggedLine(
        line=line,
        why=why,
        clip=material.clips.get(line.id),
        clock=plots.clock(line.placed_start_ms / 1000),
    )


def _shown_warnings(
    report: muxing_pb2.ReportDocument,
) -> list[tuple[str, list[common_pb2.Warning]]]:
    """The warnings by kind, with what each kind means."""
    kinds: dict[str, list[common_pb2.Warning]] = {}
    for warning in report.warnings:
        kinds.setdefault(warning.code, []).append(warning)
    return [
        (WARNINGS[code].meaning if code in WARNINGS else code, found)
        for code, found in kinds.items()
    ]


def _timeline(material: PageMaterial, speakers: Sequence[str]) -> str:
    lines, low = material.report.line_reports, material.low_confidence
    source = [
        _bar(line, line.source_start_ms, line.source_end_ms, line.source_text, speakers, False)
        for line in lines
    ]
    dub = [
        _bar(
            line, line.placed_start_ms, line.placed_end_ms, line.text, speakers,
            bool(flags_of(line, low)),
        )
        for line in lines
    ]  # fmt: skip
    return plots.timeline(
        [("source", source), ("dub", dub)],
        _duration_s(material.report),
        title="Timeline of source and dub. The table of all lines holds its figures.",
    )


def _bar(
    line: muxing_pb2.LineReport, start_ms: int, end_ms: int, text: str, speakers: Sequence[str],
    flagged: bool,
) -> Bar:  # fmt: skip
    label = f"{plots.clock(start_ms / 1000)} {line.speaker_id}: {shortened(text, _SHORT)}"
    return Bar(start_ms / 1000, end_ms / 1000, speakers.index(line.speaker_id), flagged, label)


def shortened(text: str, longest: int) -> str:
    """The text, or how it begins."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _onsets(material: PageMaterial, speakers: Sequence[str]) -> str:
    return plots.scatter(
        _dots(material, speakers, lambda line: float(line.onset_offset_ms), "{:+.0f} ms"),
        _duration_s(material.report),
        title="How late each line starts. The table of all lines holds its figures.",
        unit="ms",
        rules=(0,),
        band=(-100, 100),
    )


def _tempos(material: PageMaterial, speakers: Sequence[str]) -> str:
    return plots.scatter(
        _dots(material, speakers, lambda line: line.tempo, "{:.2f}×"),
        _duration_s(material.report),
        title="How fast each line is spoken. The table of all lines holds its figures.",
        unit="×",
        rules=(1,),
        band=(0.85, 1.25),
    )


def _dots(
    material: PageMaterial,
    speakers: Sequence[str],
    value: Callable[[muxing_pb2.LineReport], float],
    form: str,
) -> list[Dot]:
    return [
        Dot(
            line.source_start_ms / 1000,
            value(line),
            speakers.index(line.speaker_id),
            bool(flags_of(line, material.low_confidence)),
            f"{plots.clock(line.source_start_ms / 1000)} {form.format(value(line))}",
        )
        for line in material.report.line_reports
        if ORIGINAL_KEPT not in line.flags
    ]


def _loudness(material: PageMaterial) -> str:
    low, high = _LOUDNESS_RANGE_LUFS
    drawn = [
        Curve(name, name, [(point.at_s, point.lufs) for point in points])
        for name, points in (("source", material.source_loudness), ("dub", material.dub_loudness))
    ]
    return plots.curves(
        drawn,
        _duration_s(material.report),
        title="Loudness of source and dub over time. The table below it holds its figures.",
        unit="LUFS",
        low=low,
        high=high,
    )


def _loudness_rows(material: PageMaterial) -> list[tuple[str, float, float]]:
    """A thinned table of both curves, by the nearest moments."""
    source, dub = material.source_loudness, material.dub_loudness
    if not source or not dub:
        return []
    step = max(1, -(-len(dub) // _TABLE_POINTS))
    return [
        (
            plots.clock(point.at_s),
            min(source, key=lambda other: abs(other.at_s - point.at_s)).lufs,
            point.lufs,
        )
        for point in dub[::step]
    ]


def _duration_s(report: muxing_pb2.ReportDocument) -> float:
    return max(report.source_duration_s, report.dub_duration_s)
