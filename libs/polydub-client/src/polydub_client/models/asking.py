"""What may be asked for in a dub."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FitMode(StrEnum):
    """How a line that is too long is made to fit its moment."""

    BALANCED = "balanced"
    STRICT = "strict"
    NATURAL = "natural"
    SLOW_PICTURE = "slow_picture"


class Priority(StrEnum):
    """How urgent a dub is among those of its organisation that wait."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


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
