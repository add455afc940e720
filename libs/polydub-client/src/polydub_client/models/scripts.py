"""A dub's script: its lines, its speakers, and how they are corrected."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydub_client.models.dubs import Dub


@dataclass(frozen=True)
class Wording:
    """How a line is said in another language."""

    text: str = ""
    origin: str = ""
    """``machine`` or ``person``: who worded it."""
    stale: bool = False
    """What is said has changed: it is translated anew with the dub."""
    candidates: tuple[str, ...] = ()
    """What the engine offered, best first."""


@dataclass(frozen=True)
class Fit:
    """How a line stands in the finished dub."""

    placed_start_ms: int = 0
    placed_end_ms: int = 0
    onset_offset_ms: int = 0
    """Measured on the rendered speech; positive: late."""
    tempo: float = 0.0
    step: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    voice_id: str = ""
    recognition_error: float = -1.0
    """Word error rate of what a recogniser heard; -1: not measured."""
    heard_text: str = ""
    takes: int = 0


@dataclass(frozen=True)
class Segment:
    """One line of a script."""

    id: str = ""
    part: int = 0
    start_ms: int = 0
    end_ms: int = 0
    speaker_id: str = ""
    text: str = ""
    confidence: float = 0.0
    revision: int = 0
    """What a change of this line is based on."""
    translations: dict[str, Wording] = field(default_factory=dict)
    fit: Fit | None = None
    """In the language that was asked for; None where it was not made yet."""


@dataclass(frozen=True)
class Speaker:
    """Someone who speaks."""

    id: str = ""
    name: str = ""
    voices: dict[str, str] = field(default_factory=dict)
    """Languages in which a person chose the voice."""
    registered_id: str = ""
    """Who of the registered speakers they are; empty: nobody of those."""
    revision: int = 0
    """What a change of this speaker is based on."""


@dataclass(frozen=True)
class Script:
    """The lines of a dub in the order in which they are said, or a page of them."""

    revision: int = 0
    """Counts changes of any line or speaker."""
    language: str = ""
    stale_languages: tuple[str, ...] = ()
    """Corrected since they were made: regenerate."""
    segments: tuple[Segment, ...] = ()
    next_after: str = ""
    total: int = 0
    speakers: tuple[Speaker, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """Another way to say a line."""

    text: str = ""
    origin: str = ""
    """``memory``, ``candidate`` of the translation, or ``rephrased``."""


@dataclass(frozen=True)
class Preview:
    """How a line would sound."""

    wav: bytes = b""
    """Mono."""
    duration_ms: int = 0


@dataclass(frozen=True)
class Regenerated:
    """A dub that is being made again."""

    dub: Dub = field(default_factory=Dub)
    affected: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Language to the lines made anew."""
