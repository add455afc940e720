"""The report on one language: built from what was measured on the finished files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polydub import errors
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.fit.placement import (
    HARD_CAP,
    MOVED,
    ORIGINAL_KEPT,
    OVERLAPPED,
    TRUNCATED,
    Placement,
)
from polydub_muxing.outputs.files import PICTURE_REENCODED, Muxed
from polydub_muxing.report.channels import UNKNOWN_CHANNELS, Channels, folded_warnings
from polydub_muxing.report.evidence import Evidence
from polydub_muxing.report.listening import NOT_MEASURED, Heard
from polydub_muxing.report.measure import Lengths, Span, clashes
from polydub_muxing.report.quality import QualityFacts, quality
from polydub_muxing.report.recognized import NOT_RECOGNIZED, NOT_UNDERSTOOD, Recognized
from polydub_muxing.script import ScriptLine

SCHEMA_VERSION = 4
LOUDNESS_TOLERANCE_LU = 1.0
TRUE_PEAK_DBTP = -1.0
DRIFT_MS = 100.0
"""From a tenth of a second on people see that lips and voice part (ITU-R BT.1359: 45 to 125 ms)."""
BED_WIDTH = 0.9
SIDES_UNDER_LINES = 0.25
"""-6 dB. Dubs of four talks kept 0.39 and more; with the sides 8 dB down they had 0.21 at most."""
LEAKAGE = 0.25
"""Where the split works, a recogniser knew up to 0.17 of the original's words under the dub."""
STAGE = "muxing"

_FLAG_WORDS = {
    HARD_CAP: "had to be spoken much faster than is natural",
    OVERLAPPED: "run on over another line",
    MOVED: "could not start where the source has them",
    TRUNCATED: "were cut off by the end of the sound",
    NOT_UNDERSTOOD: "were not understood by a recogniser that understood most others",
}


@dataclass(frozen=True)
class Measured:
    """Everything that was measured on the finished result of one language."""

    spans: Sequence[Span]
    """One for each placement, in the same order, with the ends as rendered."""
    onsets_ms: Mapping[str, int]
    timeline_ms: int
    source_lengths: Lengths
    dub_lengths: Lengths
    muxed: Muxed
    evidence: Evidence
    recognized: Recognized = NOT_RECOGNIZED
    source_channels: Channels = UNKNOWN_CHANNELS
    dub_channels: Channels = UNKNOWN_CHANNELS


def build_report(
    *,
    target_language: str,
    lines: Sequence[ScriptLine],
    placements: Sequence[Placement],
    measured: Measured,
    low_confidence: frozenset[str],
    engines: Sequence[muxing_pb2.EngineOfStage],
    warnings: Sequence[common_pb2.Warning],
    min_quality: float = 0.0,
) -> muxing_pb2.ReportDocument:
    """The report document, with a line report for each placement.

    Args:
        min_quality: the quality below which the report warns.
    """
    by_id = {line.line.id: line for line in lines}
    reports = [
        _line_report(by_id[placement.line_id], placement, span, measured)
        for placement, span in zip(placements, measured.spans, strict=True)
    ]
    spans = measured.spans
    spoken = [line for line in reports if ORIGINAL_KEPT not in line.flags]
    lengths = measured.dub_lengths
    report = muxing_pb2.ReportDocument(
        schema_version=SCHEMA_VERSION,
        target_language=target_language,
        lines=len(reports),
        onset_offset_ms=_distribution([abs(line.onset_offset_ms) for line in spoken]),
        tempo=_distribution([line.tempo for line in spoken]),
        overflow_ms=sum(
            max(0, span.end_ms - placement.limit_ms)
            for placement, span in zip(placements, spans, strict=True)
        ),
        truncated_ms=sum(max(0, span.end_ms - measured.timeline_ms) for span in spans),
        clashes=clashes(spans),
        source_duration_s=measured.source_lengths.file_s,
        dub_duration_s=lengths.file_s,
        duration_delta_ms=round((lengths.file_s - measured.source_lengths.file_s) * 1000, 3),
        av_duration_delta_ms=_av_delta_ms(lengths),
        picture=measured.muxed.picture,
        low_confidence_lines=len(low_confidence & by_id.keys()),
        line_reports=reports,
        engines=engines,
        last_line_offset_ms=spoken[-1].onset_offset_ms if spoken else 0,
    )
    _add_sound(report, measured)
    _add_heard(report, measured.evidence.heard)
    _add_recognized(report, measured.recognized)
    report.quality = quality(quality_facts(report))
    report.warnings.extend([*warnings, *own_warnings(report, measured.muxed, min_quality)])
    report.warnings.extend(
        folded_warnings(
            measured.source_channels, measured.dub_channels, stage=STAGE, language=target_language
        )
    )
    report.warnings.extend(_retaken_warning(report, sum(line.retaken for line in lines)))
    return report


def _add_sound(report: muxing_pb2.ReportDocument, measured: Measured) -> None:
    """Fills in levels and channels."""
    original, dub = measured.evidence.source.whole, measured.evidence.dub.whole
    report.original_lufs, report.dub_lufs = original.integrated_lufs, dub.integrated_lufs
    report.loudness_delta_lu = round(dub.integrated_lufs - original.integrated_lufs, 2)
    report.true_peak_dbtp = dub.true_peak_dbtp
    report.source_layout = measured.source_channels.layout
    report.layout = measured.dub_channels.layout


def _add_heard(report: muxing_pb2.ReportDocument, heard: Heard) -> None:
    """Fills in what was heard on the finished file."""
    offsets = [abs(offset) for offset in heard.onset_offsets_ms] or [NOT_MEASURED]
    report.heard_onset_offset_ms.CopyFrom(_distribution(offsets))
    report.drift_start_ms, report.drift_middle_ms, report.drift_end_ms = (
        round(drift, 1) for drift in heard.drift_ms
    )
    report.drift_lines = heard.drift_lines
    report.speech_overlap = round(heard.speech_overlap, 4)
    report.bed_stereo_width = round(heard.bed_stereo_width, 4)
    report.bed_sides_under_lines = round(heard.sides_under_lines, 4)


def _add_recognized(report: muxing_pb2.ReportDocument, recognized: Recognized) -> None:
    """Fills in what a recogniser made of a sample of lines."""
    report.back_recognition_error = round(recognized.back_error, 4)
    report.raw_recognition_error = round(recognized.raw_error, 4)
    report.reference_recognition_error = round(recognized.reference_error, 4)
    report.source_leakage = round(recognized.leakage, 4)
    report.recognized_lines = len(recognized.lines)


def quality_facts(report: muxing_pb2.ReportDocument) -> QualityFacts:
    """What the quality is made from. Onsets as placed stand in where none could be heard."""
    heard = report.heard_onset_offset_ms
    onsets = heard if heard.p50 >= 0 else report.onset_offset_ms
    lines = max(1, report.lines)
    kept = sum(ORIGINAL_KEPT in line.flags for line in report.line_reports)
    lost = report.back_recognition_error - report.reference_recognition_error
    return QualityFacts(
        onset_p50_ms=onsets.p50,
        onset_p95_ms=onsets.p95,
        speech_overlap=report.speech_overlap if report.speech_overlap >= 0 else None,
        tempo_p95=report.tempo.p95,
        overflow_ms_per_line=report.overflow_ms / lines,
        truncated_ms=report.truncated_ms,
        clash_share=report.clashes / lines,
        loudness_delta_lu=report.loudness_delta_lu,
        true_peak_dbtp=report.true_peak_dbtp,
        low_confidence_share=report.low_confidence_lines / lines,
        original_kept_share=kept / lines,
        words_lost=lost if report.back_recognition_error >= 0 else None,
        source_leakage=report.source_leakage if report.source_leakage >= 0 else None,
        drift_ms=drift_grown_ms(report) if report.drift_lines else None,
        width_lost=1 - report.bed_stereo_width if report.bed_stereo_width >= 0 else None,
    )


def drift_grown_ms(report: muxing_pb2.ReportDocument) -> float:
    """How much further off the lines of one part are than those of another."""
    drifts = (report.drift_start_ms, report.drift_middle_ms, report.drift_end_ms)
    return max(drifts) - min(drifts)


def headline(report: muxing_pb2.ReportDocument) -> muxing_pb2.ReportDocument:
    """The report without its lines, as it travels in events."""
    short = muxing_pb2.ReportDocument()
    short.CopyFrom(report)
    short.ClearField("line_reports")
    return short


def own_warnings(
    report: muxing_pb2.ReportDocument, muxed: Muxed, min_quality: float
) -> list[common_pb2.Warning]:
    """What a person should know of this result: one warning for each kind of trouble."""

    def warning(code: str, message: str) -> common_pb2.Warning:
        return errors.warning(code, message, stage=STAGE, target_language=report.target_language)

    found = []
    for flag, words in _FLAG_WORDS.items():
        count = sum(flag in line.flags for line in report.line_reports)
        if count:
            found.append(warning(f"lines_{flag}", f"{count} of {report.lines} lines {words}."))
    if muxed.picture == PICTURE_REENCODED:
        found.append(
            warning("picture_reencoded", f"The picture was encoded again: {muxed.reason}.")
        )
    if abs(report.loudness_delta_lu) > LOUDNESS_TOLERANCE_LU:
        delta = f"{report.loudness_delta_lu:+.1f} LU"
        found.append(warning("loudness_off", f"The dub's loudness is {delta} off the original's."))
    if report.true_peak_dbtp > TRUE_PEAK_DBTP:
        peak = f"{report.true_peak_dbtp:.1f} dBTP"
        found.append(warning("true_peak", f"The dub's true peak is {peak}."))
    if (grown_ms := drift_grown_ms(report)) > DRIFT_MS:
        found.append(
            warning("drifting", f"Lines are up to {grown_ms:.0f} ms further off than others.")
        )
    found += [warning("background_narrow", lost) for lost in _stereo_lost(report)]
    if report.source_leakage > LEAKAGE:
        share = f"{100 * report.source_leakage:.0f} % of the original's words are still recognised"
        instead = "drop the background, or take another separation engine"
        found.append(warning("original_audible", f"{share} under the dub: {instead}."))
    if report.quality < min_quality:
        least = f"{min_quality:g} were asked for"
        found.append(
            warning("quality_below_minimum", f"The quality is {report.quality:.1f}; {least}.")
        )
    return found


def _stereo_lost(report: muxing_pb2.ReportDocument) -> Iterator[str]:
    """What the background has lost of its stereo: a sentence each."""
    width, sides = report.bed_stereo_width, report.bed_sides_under_lines
    if 0 <= width < BED_WIDTH:
        yield f"The background has {100 * width:.0f} % of the original's width."
    if 0 <= sides < SIDES_UNDER_LINES:
        share = f"{100 * sides:.0f} % of the original's energy"
        yield f"While lines are spoken, the background's sides have {share}."


def _retaken_warning(report: muxing_pb2.ReportDocument, count: int) -> list[common_pb2.Warning]:
    if not count:
        return []
    message = f"{count} of {report.lines} lines were said again in other words, to fit."
    return [
        errors.warning(
            "lines_retaken", message, stage=STAGE, target_language=report.target_language
        )
    ]


def _line_report(
    line: ScriptLine, placement: Placement, span: Span, measured: Measured
) -> muxing_pb2.LineReport:
    name = placement.line_id
    recognized = measured.recognized.lines.get(name)
    unclear = name in measured.recognized.not_understood()
    # The original's own onset is not measured: the sound stands where it stood.
    kept = line.line.keeps_original
    heard_ms = span.start_ms if kept else measured.onsets_ms.get(name, span.start_ms)
    return muxing_pb2.LineReport(
        id=name,
        speaker_id=line.line.speaker_id,
        source_start_ms=span.source_start_ms,
        source_end_ms=span.source_end_ms,
        placed_start_ms=span.start_ms,
        placed_end_ms=span.end_ms,
        onset_offset_ms=heard_ms - span.source_start_ms,
        tempo=round(_pace(line, span), 4),
        step=placement.step.wire_name,
        reason=placement.reason,
        flags=[*placement.flags, *([NOT_UNDERSTOOD] if unclear else [])],
        source_confidence=line.source_confidence,
        voice_id=line.voice_id,
        source_text=line.source_text,
        text=line.text,
        recognition_error=round(recognized.mix.error, 4) if recognized else NOT_MEASURED,
        heard_text=recognized.heard_text if recognized else "",
        takes=line.takes,
    )


def _pace(line: ScriptLine, span: Span) -> float:
    """How fast a line is heard, told from its voice's own pace."""
    return line.line.rate * line.line.duration_ms / max(1, span.end_ms - span.start_ms)


def _distribution(values: Sequence[float]) -> muxing_pb2.Distribution:
    if not values:
        return muxing_pb2.Distribution()
    p50, p95 = np.percentile(values, (50, 95))
    return muxing_pb2.Distribution(
        p50=round(float(p50), 3), p95=round(float(p95), 3), max=round(max(values), 3)
    )


def _av_delta_ms(lengths: Lengths) -> float:
    """How much later the sound ends than the picture; 0 where there is no picture."""
    if not lengths.video_end_s:
        return 0.0
    return round((lengths.audio_end_s - lengths.video_end_s) * 1000, 3)
