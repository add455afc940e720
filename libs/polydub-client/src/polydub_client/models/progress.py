"""Messages of event streams."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydub_client.models.states import DubState, Problem


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
class FeedMessage:
    """What changed in the list of dubs.

    The first one of a connection has the type ``start``: a list that is fetched then shows
    everything before. The others, of the type ``dub``, tell of one dub.
    """

    type: str = ""
    sequence: int = 0
    missed: bool = False
    """Of ``start``: what was to be resumed from is gone; fetch the list anew."""
    timestamp: str = ""
    job_id: str = ""
    video_id: str = ""
    state: DubState = DubState.UNKNOWN
    progress: float = 0.0
    languages: dict[str, DubState] = field(default_factory=dict)
