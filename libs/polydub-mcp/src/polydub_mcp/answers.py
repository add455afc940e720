"""What tools answer, as structured output."""

from __future__ import annotations

import math
from collections import Counter
from urllib.parse import quote

from pydantic import BaseModel, Field

from polydub_client import Artifact, Dub, Report, Script, Segment

READABLE = frozenset({"subtitles", "transcript", "report"})
"""Kinds of files that are text, and resources here."""


class Figures(BaseModel):
    """Measured on the finished file; null: not measured."""

    lines: int
    onset_offset_p50_ms: float = Field(description="How far lines start from the original's")
    onset_offset_p95_ms: float
    tempo_p95: float = Field(description="1: as spoken; above 1.25 sounds hurried")
    overflow_ms: int = Field(description="Speech beyond its slot and the silence behind it")
    truncated_ms: int
    clashes: int = Field(description="Pairs of lines that sound together and should not")
    loudness_delta_lu: float | None
    true_peak_dbtp: float | None
    low_confidence_lines: int
    picture: str

    @classmethod
    def of(cls, report: Report) -> Figures:
        return cls(
            lines=report.lines,
            onset_offset_p50_ms=report.onset_offset_ms.p50,
            onset_offset_p95_ms=report.onset_offset_ms.p95,
            tempo_p95=report.tempo.p95,
            overflow_ms=report.overflow_ms,
            truncated_ms=report.truncated_ms,
            clashes=report.clashes,
            loudness_delta_lu=_finite(report.loudness_delta_lu),
            true_peak_dbtp=_finite(report.true_peak_dbtp),
            low_confidence_lines=report.low_confidence_lines,
            picture=report.picture,
        )


class LanguageAnswer(BaseModel):
    """One target language of a dub."""

    language: str
    state: str = Field(description="`stale`: corrected since it was made; regenerate makes it")
    progress: float
    problem: str = Field(description="Why it failed, and what to do; empty: it did not")
    figures: Figures | None


class DubAnswer(BaseModel):
    """A dub and how it stands."""

    id: str
    video_id: str
    filename: str
    state: str
    has_ended: bool
    progress: float = Field(description="0 to 1")
    stage: str
    eta_s: float | None = Field(description="Seconds left; null: not known")
    source_language: str = Field(description="As heard, or as told")
    languages: list[LanguageAnswer]
    warnings: dict[str, int] = Field(description="Kinds of warnings, and how often each came")
    problem: str
    cost: float | None = Field(description="null: no price is set")
    currency: str

    @classmethod
    def of(cls, dub: Dub) -> DubAnswer:
        return cls(
            id=dub.id,
            video_id=dub.video_id,
            filename=dub.filename,
            state=dub.state,
            has_ended=dub.state.has_ended,
            progress=dub.progress,
            stage=dub.stage,
            eta_s=dub.eta_s,
            source_language=dub.detected_language or dub.source_language,
            languages=[
                LanguageAnswer(
                    language=each.language,
                    state=each.state,
                    progress=each.progress,
                    problem=f"{each.error.message} {each.error.hint}" if each.error else "",
                    figures=Figures.of(each.report) if each.report else None,
                )
                for each in dub.languages
            ],
            warnings=dict(Counter(each.code for each in dub.warnings)),
            problem=f"{dub.error.message} {dub.error.hint}" if dub.error else "",
            cost=dub.cost,
            currency=dub.currency,
        )


class DubsAnswer(BaseModel):
    dubs: list[DubAnswer]


class PairAnswer(BaseModel):
    source: str
    target: str
    via: list[str] = Field(description="Languages that the translation goes through")


class LanguagesAnswer(BaseModel):
    pairs: list[PairAnswer]


class EstimateAnswer(BaseModel):
    """What a dub will need; null: not measured here yet, or no price is set."""

    video_id: str = Field(description="Give it to dub_video in place of the path or address")
    seconds: float | None
    seconds_at_most: float | None
    cost: float | None
    currency: str


class LineAnswer(BaseModel):
    """A line of the script."""

    id: str
    start_ms: int
    end_ms: int
    speaker_id: str
    text: str = Field(description="What is said, in the language that is spoken")
    translation: str = Field(description="In the language asked for")
    is_stale: bool = Field(description="What is said has changed: it will be translated anew")
    revision: int = Field(description="Give it with a correction, so that nobody's work is lost")
    tempo: float | None = Field(description="Of the finished line; above 1.25 sounds hurried")
    flags: list[str] = Field(description="What is notable of how the finished line fits")

    @classmethod
    def of(cls, segment: Segment, language: str) -> LineAnswer:
        wording = segment.translations.get(language)
        return cls(
            id=segment.id,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            speaker_id=segment.speaker_id,
            text=segment.text,
            translation=wording.text if wording else "",
            is_stale=bool(wording and wording.stale),
            revision=segment.revision,
            tempo=segment.fit.tempo if segment.fit else None,
            flags=list(segment.fit.flags) if segment.fit else [],
        )


class ScriptAnswer(BaseModel):
    """Lines in the order in which they are said."""

    source_language: str
    lines: list[LineAnswer]
    total: int
    next_after: str = Field(description="Give it as `after` for the next lines; empty: no more")

    @classmethod
    def of(cls, script: Script, language: str) -> ScriptAnswer:
        return cls(
            source_language=script.language,
            lines=[LineAnswer.of(each, language) for each in script.segments],
            total=script.total,
            next_after=script.next_after,
        )


class SuggestionAnswer(BaseModel):
    text: str
    origin: str = Field(description="`memory` of people's corrections, `candidate`, `rephrased`")


class SuggestionsAnswer(BaseModel):
    suggestions: list[SuggestionAnswer]


class RegeneratedAnswer(BaseModel):
    dub: DubAnswer
    affected: dict[str, list[str]] = Field(description="Language to the lines made anew")


class FileAnswer(BaseModel):
    """A file of a dub's results."""

    name: str
    kind: str
    language: str
    size_bytes: int
    path: str = Field(description="Where it was saved; empty: it was not")
    resource: str = Field(description="To be read as a resource; empty: it is no text")

    @classmethod
    def of(cls, dub_id: str, artifact: Artifact, path: str = "") -> FileAnswer:
        return cls(
            name=artifact.name,
            kind=artifact.kind,
            language=artifact.language,
            size_bytes=artifact.size_bytes,
            path=path,
            resource=resource_uri(dub_id, artifact) if artifact.kind in READABLE else "",
        )


class FilesAnswer(BaseModel):
    files: list[FileAnswer]


class MonthAnswer(BaseModel):
    month: str
    minutes: float = Field(description="Minutes of source, times languages")
    languages: int
    dubs: dict[str, int] = Field(description="State to how many")
    cost: float | None


class UsageAnswer(BaseModel):
    months: list[MonthAnswer]
    storage_bytes: int
    minutes_per_month_allowed: float | None = Field(description="null: as many as one likes")
    currency: str


def resource_uri(dub_id: str, artifact: Artifact) -> str:
    return f"polydub://dubs/{quote(dub_id, safe='')}/files/{quote(artifact.name, safe='')}"


def _finite(measure: float | None) -> float | None:
    return measure if measure is not None and math.isfinite(measure) else None
