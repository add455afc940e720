"""What was measured on a finished file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Distribution:
    """Percentiles of one measure over all lines."""

    p50: float = 0.0
    p95: float = 0.0
    max: float = 0.0


@dataclass(frozen=True)
class Report:
    """The headline figures of one language, measured on the finished file."""

    target_language: str = ""
    lines: int = 0
    onset_offset_ms: Distribution = field(default_factory=Distribution)
    tempo: Distribution = field(default_factory=Distribution)
    overflow_ms: int = 0
    truncated_ms: int = 0
    clashes: int = 0
    original_lufs: float | None = None
    dub_lufs: float | None = None
    loudness_delta_lu: float | None = None
    true_peak_dbtp: float | None = None
    source_duration_s: float = 0.0
    dub_duration_s: float = 0.0
    duration_delta_ms: float = 0.0
    av_duration_delta_ms: float = 0.0
    picture: str = ""
    """copied, reencoded, or none."""
    low_confidence_lines: int = 0
    last_line_offset_ms: int = 0
