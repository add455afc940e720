"""A report's figures in words that people read at a glance. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from polydub.v1 import muxing_pb2
from polydub_muxing.report import plots

UNMEASURED = "not measured"


@dataclass(frozen=True)
class Figure:
    """One figure, and what to know of it."""

    name: str
    value: str
    note: str = ""


def headline_figures(report: muxing_pb2.ReportDocument) -> list[Figure]:
    """The figures in the order in which the page shows them."""
    return [*_of_time(report), *_of_sound(report), *_of_words(report)]


def _of_time(report: muxing_pb2.ReportDocument) -> list[Figure]:
    onset, heard, tempo = report.onset_offset_ms, report.heard_onset_offset_ms, report.tempo
    start, middle, end = report.drift_start_ms, report.drift_middle_ms, report.drift_end_ms
    drift = f"{start:+.0f} / {middle:+.0f} / {end:+.0f} ms"
    return [
        Figure("Lines", str(report.lines), f"{report.low_confidence_lines} heard unsurely"),
        Figure(
            "Onsets as heard",
            _measured(heard.p50, f"{heard.p50:.0f} ms"),
            f"half are nearer than this; 95 %: {heard.p95:.0f} ms" if heard.p50 >= 0 else "",
        ),
        Figure("Onsets as placed", f"{onset.p50:.0f} ms", f"95 %: {onset.p95:.0f} ms"),
        Figure(
            "Drift",
            drift if report.drift_lines else UNMEASURED,
            f"start / middle / end, medians of {report.drift_lines} lines; growing figures are bad"
            if report.drift_lines
            else "there are too few lines to tell",
        ),
        Figure(
            "Speaks where the source speaks",
            _measured(report.speech_overlap, f"{100 * report.speech_overlap:.0f} %"),
            "of the source's speech time",
        ),
        Figure("Tempo", f"{tempo.p50:.2f}×", f"95 %: {tempo.p95:.2f}×, most {tempo.max:.2f}×"),
        Figure(
            "Run on / cut off",
            f"{report.overflow_ms} / {report.truncated_ms} ms",
            f"{report.clashes} lines sound over others",
        ),
        Figure(
            "Length",
            plots.clock(report.dub_duration_s),
            f"{round(report.duration_delta_ms):+d} ms against the source",
        ),
    ]


def _of_sound(report: muxing_pb2.ReportDocument) -> list[Figure]:
    sides = report.bed_sides_under_lines
    return [
        Figure(
            "Loudness",
            f"{report.dub_lufs:.1f} LUFS",
            f"{report.loudness_delta_lu:+.1f} LU against the source",
        ),
        Figure("True peak", f"{report.true_peak_dbtp:.1f} dBTP", "at most -1 is right"),
        Figure(
            "Width of the background",
            _measured(report.bed_stereo_width, f"{report.bed_stereo_width:.2f}"),
            "1: as in the source",
        ),
        Figure(
            "Its sides under the lines",
            _measured(sides, f"{sides:.2f}"),
            "of the source's energy to the left and right of the voices" if sides >= 0 else "",
        ),
    ]


def _of_words(report: muxing_pb2.ReportDocument) -> list[Figure]:
    wrong, leaked = report.back_recognition_error, report.source_leakage
    as_spoken = f"{100 * report.raw_recognition_error:.0f} % of them as they were spoken"
    over_bed = f"{100 * report.reference_recognition_error:.0f} % over the source's background"
    return [
        Figure(
            "Words a recogniser gets wrong",
            _measured(wrong, f"{100 * wrong:.0f} %"),
            f"of {report.recognized_lines} lines against the script; {as_spoken}, {over_bed}"
            if wrong >= 0
            else "",
        ),
        Figure(
            "Original words still heard",
            _measured(leaked, f"{100 * leaked:.0f} %"),
            "at their own time, in the finished mix" if leaked >= 0 else "",
        ),
    ]


def _measured(figure: float, text: str) -> str:
    return text if figure >= 0 else UNMEASURED
