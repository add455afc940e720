"""What can be asked for in a dub, as the keyword arguments of ``create_dub``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypedDict, cast

from polydub_client.models import CloneConsent, Extra, FitMode, Priority, SubtitleFile, Term

AUTO = "auto"
"""As a source language: the server finds it out."""


class DubOptions(TypedDict, total=False):
    """How a dub is to be made; what is left out is as the server has it."""

    source_language: str
    """A BCP-47 tag, or ``auto``."""
    speakers: int
    """How many people speak; 0: find out."""
    fit_mode: FitMode | str
    """How lines that are too long are made to fit; ``balanced`` unless told."""
    engines: Mapping[str, str] | None
    """Stage to engine id, where not ``auto``."""
    glossary: Sequence[Term]
    """Terms to translate as given."""
    glossary_ids: Sequence[str]
    """Glossaries that the server keeps, whose terms count, too."""
    use_memory: bool
    """Use what people corrected before where the same is said; True unless told."""
    clone_consent: CloneConsent | None
    """Whose consent allows to imitate the speakers' voices; None: stock voices speak."""
    lipsync: bool
    """Move the lips to the dub."""
    extras: Sequence[Extra | str]
    """Files to be made beside the usual ones."""
    min_quality: float
    """0 to 100; a language whose report says less ends with a warning."""
    subtitles: Sequence[SubtitleFile]
    """The source language's are the transcript, a target language's its translation."""
    keep_background: bool
    """Keep music and noise of the original; True unless told."""
    voice_over: bool
    """Leave the original, low, under the dub."""
    noise_reduction: bool
    """Take steady noise out of what is kept of the original."""
    match_voices: bool
    """Give the voices the original's colour and room; True unless told."""
    priority: Priority | str
    """Among the organisation's dubs that wait; ``normal`` unless told, ``high`` is for admins."""


def wire(options: DubOptions) -> dict[str, Any]:
    """The options as JSON.

    Raises:
        TypeError: for one that there is not.
    """
    if unknown := options.keys() - DubOptions.__annotations__.keys():
        raise TypeError(f"create_dub has no option {', '.join(sorted(unknown))}.")
    return {name: _plain(value) for name, value in options.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, CloneConsent):  # the rest of it is given by the server
        return {"given_by": value.given_by, "statement": value.statement}
    if isinstance(value, Term | SubtitleFile):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str(value)
    return [_plain(each) for each in value] if isinstance(value, Sequence) else value


class DubFilter(TypedDict, total=False):
    """Which dubs are looked for; what is left out does not matter."""

    states: Sequence[str]
    """Any of them."""
    video_id: str
    target_language: str
    created_from: datetime | str
    """Then or later; with a time zone."""
    created_before: datetime | str
    """Earlier than then."""
    text: str
    """Is in the file's name."""
    oldest_first: bool


_FILTER_NAMES = {"states": "state", "text": "q"}


def filter_params(wanted: DubFilter) -> dict[str, str | list[str]]:
    """The filter as query parameters.

    Raises:
        TypeError: for a condition that there is not.
    """
    if unknown := wanted.keys() - DubFilter.__annotations__.keys():
        raise TypeError(f"Dubs can't be looked for by {', '.join(sorted(unknown))}.")
    params: dict[str, str | list[str]] = {"order": "oldest"} if wanted.get("oldest_first") else {}
    for name, value in wanted.items():
        if name != "oldest_first" and value:
            params[_FILTER_NAMES.get(name, name)] = _param(value)
    return params


def _param(value: object) -> str | list[str]:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, str) else [str(each) for each in cast(Any, value)]


class SegmentChange(TypedDict, total=False):
    """What is to be otherwise in a line; what is left out stays."""

    text: str
    start_ms: int
    end_ms: int
    speaker_id: str
    translations: Mapping[str, str | None]
    """Language to a person's words; None: translate it anew."""


def segment_body(change: SegmentChange) -> dict[str, Any]:
    """The change as JSON.

    Raises:
        TypeError: for what a line does not have.
    """
    if unknown := change.keys() - SegmentChange.__annotations__.keys():
        raise TypeError(f"A line has no {', '.join(sorted(unknown))}.")
    return {name: value for name, value in change.items() if value is not None}
