"""Dubs, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass

from polydub_client.models.asking import CloneConsent, Term
from polydub_client.models.reports import Report
from polydub_client.models.states import DubState, Problem


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
    duration_s: float = 0.0
    """Of the video."""
    state: DubState = DubState.UNKNOWN
    progress: float = 0.0
    """0 to 1."""
    stage: str = ""
    stage_progress: float = 0.0
    message: str = ""
    eta_s: float | None = None
    expected_s: float | None = None
    """How long it was expected to take when it was accepted; None: not measured."""
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
    priority: str = ""
    revision: int = 0
    """Counts how often it was started again."""
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
class Artifact:
    """One file of a dub's results."""

    name: str = ""
    kind: str = ""
    """video, audio, subtitles, transcript or report."""
    language: str = ""
    size_bytes: int = 0
    media_type: str = ""
    url: str = ""
