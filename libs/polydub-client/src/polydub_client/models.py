"""What the server speaks of, as frozen dataclasses. Field names are the wire's."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FitMode(StrEnum):
    """How a line that is too long is made to fit its moment."""

    BALANCED = "balanced"
    STRICT = "strict"
    NATURAL = "natural"
    SLOW_PICTURE = "slow_picture"


class Extra(StrEnum):
    """A file to be made beside the usual ones."""

    MKV = "mkv"
    """Per language, with subtitles that can be switched on."""
    MULTITRACK = "multitrack"
    """One file with the original and every language."""
    STEMS = "stems"
    """The speech alone, and the rest alone."""
    BURNED = "burned"
    """Subtitles in the picture, which is encoded again for it."""
    BURNED_BILINGUAL = "burned_bilingual"
    HLS = "hls"
    """A live stream of all languages, the first segments while the rest is made."""


class DubState(StrEnum):
    """Where a dub, or one language of it, stands."""

    UNKNOWN = ""
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    COMPLETED_WITH_WARNINGS = "completed_with_warnings"
    FAILED = "failed"
    CANCELED = "canceled"
    STALE = "stale"
    """Of a language: made, and something was corrected since."""

    @classmethod
    def _missing_(cls, value: object) -> DubState:  # noqa: ARG003
        return cls.UNKNOWN  # a state that a newer server knows

    @property
    def has_ended(self) -> bool:
        return self in _ENDED

    @property
    def has_results(self) -> bool:
        return self in (
            DubState.COMPLETED,
            DubState.COMPLETED_WITH_WARNINGS,
            DubState.STALE,
        )


_ENDED = frozenset(
    {
        DubState.COMPLETED,
        DubState.COMPLETED_WITH_WARNINGS,
        DubState.FAILED,
        DubState.CANCELED,
        DubState.STALE,
    }
)


@dataclass(frozen=True)
class Video:
    """An uploaded file and what its headers say."""

    id: str = ""
    filename: str = ""
    size_bytes: int = 0
    duration_s: float = 0.0
    container: str = ""
    frame_rate: float | None = None
    """None, as width and height, when there is no picture."""
    width: int | None = None
    height: int | None = None
    channels: int | None = None
    """Of the track that will be dubbed, as is the sample rate."""
    sample_rate_hz: int | None = None
    created_at: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a dub, or one language of it, failed."""

    code: str = ""
    message: str = ""
    hint: str = ""
    stage: str = ""
    retryable: bool = False


@dataclass(frozen=True)
class DubWarning:
    """Something to know about a result that did come about."""

    code: str = ""
    message: str = ""
    stage: str = ""
    line_id: str = ""
    language: str = ""
    """Empty: of all languages."""


@dataclass(frozen=True)
class Distribution:
    """Percentiles of one measure over all lines."""

    p50: float = 0.0
    p95: float = 0.0
    max: float = 0.0


@dataclass(frozen=True)
class Term:
    """How a term is said in another language."""

    source: str = ""
    target: str = ""
    """Empty: it stays as it is."""
    target_language: str = ""
    """Empty: in every target language."""


@dataclass(frozen=True)
class SubtitleFile:
    """Subtitles of a video, SRT or WebVTT. In the source language they are the transcript, in a
    target language its translation."""

    language: str = ""
    text: str = ""


@dataclass(frozen=True)
class CloneConsent:
    """The consent of the people in a video to have their voices imitated."""

    given_by: str = ""
    """Who vouches for it, by name."""
    statement: str = ""
    id: str = ""
    """Given by the server, as is the time at which it was recorded."""
    recorded_at: str = ""


@dataclass(frozen=True)
class Usage:
    """What a service bills for a dub, over all attempts."""

    stage: str = ""
    engine: str = ""
    unit: str = ""
    """characters, seconds, tokens or requests."""
    quantity: float = 0.0
    cost: float | None = None
    """None where the deployment has no price for it."""


@dataclass(frozen=True)
class EngineUsed:
    """An engine that took part in a dub, and in which stage."""

    stage: str = ""
    id: str = ""
    version: str = ""


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


@dataclass(frozen=True)
class DubLanguage:
    """One target language of a dub, with its own state."""

    language: str = ""
    state: DubState = DubState.UNKNOWN
    progress: float = 0.0
    error: Problem | None = None
    report: Report | None = None


@dataclass(frozen=True)
class Dub:
    """One job: a video on its way into one or more languages."""

    id: str = ""
    video_id: str = ""
    filename: str = ""
    state: DubState = DubState.UNKNOWN
    progress: float = 0.0
    """0 to 1."""
    stage: str = ""
    stage_progress: float = 0.0
    message: str = ""
    eta_s: float | None = None
    source_language: str = ""
    """As asked for."""
    detected_language: str = ""
    """As recognition took it; empty until then."""
    speakers: int = 0
    fit_mode: str = ""
    engines_used: tuple[EngineUsed, ...] = ()
    glossary: tuple[Term, ...] = ()
    clone_consent: CloneConsent | None = None
    """None: no voice is imitated."""
    lipsync: bool = False
    extras: tuple[str, ...] = ()
    min_quality: float = 0.0
    keep_background: bool = True
    voice_over: bool = False
    noise_reduction: bool = False
    match_voices: bool = True
    subtitles: tuple[str, ...] = ()
    """The languages whose text was brought as subtitles."""
    usage: tuple[Usage, ...] = ()
    cost: float | None = None
    """None where something used has no price."""
    currency: str = ""
    languages: tuple[DubLanguage, ...] = ()
    hls_url: str = ""
    """The live stream's playlist on the server, with `Extra.HLS`; empty until it can be played."""
    warnings: tuple[DubWarning, ...] = ()
    error: Problem | None = None
    created_at: str = ""
    finished_at: str = ""


@dataclass(frozen=True)
class DubPage:
    """Some dubs, newest first, and where the next ones begin."""

    dubs: tuple[Dub, ...] = ()
    next_cursor: str = ""


@dataclass(frozen=True)
class LanguageProgress:
    """One language within a progress message."""

    language: str = ""
    state: DubState = DubState.UNKNOWN
    progress: float = 0.0


@dataclass(frozen=True)
class Progress:
    """One message of a dub's event stream."""

    type: str = ""
    job_id: str = ""
    timestamp: str = ""
    state: DubState = DubState.UNKNOWN
    progress: float = 0.0
    """0 to 1, of the whole dub."""
    stage: str = ""
    stage_progress: float = 0.0
    message: str = ""
    eta_s: float | None = None
    languages: tuple[LanguageProgress, ...] = ()
    error: Problem | None = None


@dataclass(frozen=True)
class Artifact:
    """One file of a dub's results."""

    name: str = ""
    kind: str = ""
    """video, audio, subtitles, transcript or report."""
    language: str = ""
    size_bytes: int = 0
    media_type: str = ""
    url: str = ""


@dataclass(frozen=True)
class LanguagePair:
    """A direction, and the pivot languages on its way."""

    source: str = ""
    target: str = ""
    via: tuple[str, ...] = ()
    source_name: str = ""
    target_name: str = ""


@dataclass(frozen=True)
class Languages:
    """What a deployment can dub into what."""

    pairs: tuple[LanguagePair, ...] = ()
    silent_stages: tuple[str, ...] = ()
    """Stages that do not answer: pairs may be missing."""


@dataclass(frozen=True)
class Engine:
    """One engine of one stage, as the server sees it."""

    id: str = ""
    name: str = ""
    version: str = ""
    available: bool = False
    unavailable_reason: str = ""
    remedy: str = ""
    quality: str = ""
    """draft, standard or studio."""
    languages: tuple[str, ...] = ()
    """Heard or spoken; empty where language does not matter."""
    pairs: tuple[LanguagePair, ...] = ()
    neural: bool = False
    cloning: bool = False
    device: str = ""
    licence: str = ""
    commercial_use: bool = False
    limits: tuple[str, ...] = ()
    """Sentences: what it can't do."""


@dataclass(frozen=True)
class StageEngines:
    """A stage's engines, in the order in which `auto` tries them."""

    stage: str = ""
    answers: bool = True
    """Whether the stage's service answered; without it nothing is known."""
    engines: tuple[Engine, ...] = ()
