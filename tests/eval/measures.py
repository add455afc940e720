"""What is measured, in which unit, and the bounds that a good dub keeps."""

from __future__ import annotations

from dataclasses import dataclass

from eval.timing import Offset

Figures = dict[str, float]
"""By a measure's key; what could not be measured is missing."""


@dataclass(frozen=True)
class Row:
    """One clip in one language: a column of the table."""

    clip: str
    language: str
    problem: str
    """Why there is no dub; empty where there is one."""
    figures: Figures
    offsets: tuple[Offset, ...] = ()
    tempos: tuple[float, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """One column of the table."""

    key: str
    title: str
    digits: int = 0
    at_most: float | None = None
    at_least: float | None = None
    of_size: bool = False
    """The bound holds for the figure without its sign."""

    @property
    def bound(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}" if not self.of_size else f"±{self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    def kept(self, figure: float) -> bool | None:
        """Whether a figure keeps the bound; None where there is no bound."""
        seen = round(abs(figure) if self.of_size else figure, self.digits)
        if self.at_most is not None:
            return seen <= self.at_most
        return seen >= self.at_least if self.at_least is not None else None


MEASURES = (
    Measure("wer_percent", "WER %", 1),
    Measure("cer_percent", "CER %", 1),
    Measure("der_percent", "DER %", 1),
    Measure("speakers_missed", "speakers found less known"),
    Measure("bed_si_sdr_db", "bed SI-SDR dB", 1),
    Measure("bed_si_sdr_speech_db", "the same while someone speaks", 1),
    Measure("mix_si_sdr_speech_db", "the mix itself while someone speaks", 1),
    Measure("bed_stem_width_percent", "bed stem width %", 1),
    Measure("chrf", "chrF", 1),
    Measure("detector_p95_ms", "the detector's own error p95 ms"),
    Measure("onsets", "onsets compared"),
    Measure("onsets_missed", "onsets without a pause before them"),
    Measure("onset_p50_ms", "onset p50 ms"),
    Measure("onset_p95_ms", "onset p95 ms", at_most=150),
    Measure("line_onset_p95_ms", "onset p95 ms, lines found again"),
    Measure("overlap", "speech overlap", 3, at_least=0.90),
    Measure("tempo_p95", "tempo p95", 3, at_most=1.25),
    Measure("overflow_ms", "overflow ms"),
    Measure("cut_words", "lines with a cut word", at_most=0),
    Measure("clashes", "clashes", at_most=0),
    Measure("loudness_delta_lu", "loudness delta LU", 1, at_most=1.0, of_size=True),
    Measure("speech_delta_lu", "the speech alone, delta LU", 1),
    Measure("true_peak_dbtp", "true peak dBTP", 1, at_most=-1.0),
    Measure("width_percent", "width in pauses %", 1, at_least=90.0),
    Measure("sides_percent", "sides under lines %", 1, at_least=25.0),
    Measure("leakage", "leakage", 3),
    Measure("leakage_source", "the same words heard in the source", 3),
    Measure("back_wer_percent", "back-recognition WER %", 1),
    Measure("reference_wer_percent", "the same on the reference mix", 1),
    Measure("back_wer_cost_points", "what fitting and mixing cost, points", 1, at_most=3.0),
    Measure("raw_wer_percent", "the same on the lines alone", 1),
    Measure("bed_wer_cost_points", "what any bed costs, points", 1),
    Measure("drift_start_ms", "drift, first third ms"),
    Measure("drift_middle_ms", "second third ms"),
    Measure("drift_end_ms", "last third ms"),
    Measure("picture_identical", "picture identical", at_least=1),
    Measure("lines", "lines spoken"),
    Measure("lines_kept", "lines left as they were"),
    *(
        Measure(f"rtf_{stage}", f"RTF {stage}", 3)
        for stage in ("separation", "diarization", "asr", "translation", "tts", "muxing")
    ),
)
BY_KEY = {measure.key: measure for measure in MEASURES}
