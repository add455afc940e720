"""A dub's script as people see and change it: plain frozen data, and what may be done to it. Pure.

A line is said at one time by one speaker. Whoever changes what is said makes the machine's
translations of it stale: they are made anew with the dub. People's own words stay until they
change them themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from polydub import cues
from polydub.errors import StageError

SOURCE = ""
"""Stands for the transcript where the others are named by their target language."""

MAX_CHARACTERS = 2000
SHORTEST_MS = 100


class Origin(StrEnum):
    """Who worded a translation."""

    MACHINE = "machine"
    PERSON = "person"


@dataclass(frozen=True)
class Wording:
    """How a line is said in another language."""

    text: str
    origin: Origin = Origin.MACHINE
    stale: bool = False
    """What is said has changed since: it is translated anew with the dub."""
    candidates: tuple[str, ...] = ()
    """What the engine offered, best first."""
    changed_at: int = 0
    """The script's revision that changed it; 0: as it was translated first."""


@dataclass(frozen=True)
class Segment:
    """One line of the script."""

    id: str
    part: int
    start_ms: int
    end_ms: int
    speaker_id: str
    text: str
    confidence: float = 1.0
    changed_at: int = 0
    translations: Mapping[str, Wording] = field(default_factory=dict)
    revision: int = 1

    def changed_since(self, revision: int, language: str) -> bool:
        """Whether it is to be said otherwise in a language than a revision of the script has it."""
        wording = self.translations.get(language)
        return max(self.changed_at, wording.changed_at if wording else 0) > revision


@dataclass(frozen=True)
class Speaker:
    """Someone who speaks."""

    id: str
    name: str
    voices: Mapping[str, str] = field(default_factory=dict)
    """Target language -> the voice that a person chose."""
    changed_at: Mapping[str, int] = field(default_factory=dict)
    """Target language -> the script's revision that changed the voice."""
    revision: int = 1
    registered_id: str | None = None
    """Who of the registry they are."""


@dataclass(frozen=True)
class Recasting:
    """What a person wants otherwise with a speaker; None: as it is."""

    name: str | None = None
    voices: Mapping[str, str | None] = field(default_factory=dict)
    """Target language -> the voice, or None for the one that is cast."""
    registered_id: str | None = None
    """Who of the registry they are; empty: nobody of it."""


@dataclass(frozen=True)
class Script:
    """A dub's whole script."""

    revision: int
    published_revision: int
    language: str
    languages: tuple[str, ...]
    stale: tuple[str, ...]
    """The languages in which something was corrected since they were made."""
    segments: tuple[Segment, ...]
    speakers: tuple[Speaker, ...]
    touched: Mapping[str, Sequence[int]]
    """The parts that people changed: target language, empty for the transcript -> parts."""
    documents: Mapping[str, Mapping[str, str]]
    """The stages' own documents: stage, or ``stage/language`` -> part -> key."""

    def affected(self, language: str) -> list[str]:
        """The lines that would be made anew in a language."""
        since = self.published_revision
        moved = {s.id for s in self.speakers if s.changed_at.get(language, 0) > since}
        return [
            each.id
            for each in self.segments
            if each.speaker_id in moved or each.changed_since(since, language)
        ]


@dataclass(frozen=True)
class Change:
    """What a person wants otherwise; None: as it is."""

    text: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    speaker_id: str | None = None
    translations: Mapping[str, str | None] = field(default_factory=dict)
    """Language -> a person's words, or None to have it translated anew."""


def changed(segment: Segment, change: Change, at: int, *, end_ms: int) -> Segment:
    """The line with a change; equal to it where nothing differs.

    Args:
        at: the script's revision that the change makes.
        end_ms: of the talk.

    Raises:
        StageError: ``invalid_request``.
    """
    spoken = replace(
        segment,
        text=segment.text if change.text is None else _said(change.text),
        start_ms=segment.start_ms if change.start_ms is None else change.start_ms,
        end_ms=segment.end_ms if change.end_ms is None else change.end_ms,
        speaker_id=change.speaker_id or segment.speaker_id,
    )
    check_time(spoken.start_ms, spoken.end_ms, end_ms)
    if spoken != segment:
        spoken = replace(spoken, changed_at=at)
    if spoken.text != segment.text:
        spoken = replace(spoken, confidence=1.0, translations=_outdated(segment, at))
    spoken = replace(spoken, translations=_worded(spoken.translations, change.translations, at))
    return spoken if spoken == segment else replace(spoken, revision=segment.revision + 1)


def split(
    segment: Segment, new_id: str, at_ms: int, at_character: int, at: int
) -> tuple[Segment, Segment]:
    """The line in two, at a moment and before a character.

    Both are translated anew; a person's words are shared out between them as the source's are.

    Raises:
        StageError: ``invalid_request`` when one of them would have no time or no words.
    """
    if not segment.start_ms + SHORTEST_MS <= at_ms <= segment.end_ms - SHORTEST_MS:
        raise _invalid(f"at_ms must leave both lines at least {SHORTEST_MS} ms")
    head, tail = segment.text[:at_character].strip(), segment.text[at_character:].strip()
    if not head or not tail:
        raise _invalid("at_character must leave both lines some words")
    halves = {
        language: _halved(wording, (len(head), len(tail)), at)
        for language, wording in segment.translations.items()
    }
    first = replace(
        segment, end_ms=at_ms, text=head, changed_at=at, revision=segment.revision + 1,
        translations={language: half for language, (half, _) in halves.items()},
    )  # fmt: skip
    second = replace(
        first, id=new_id, start_ms=at_ms, end_ms=segment.end_ms, text=tail, revision=1,
        translations={language: half for language, (_, half) in halves.items()},
    )  # fmt: skip
    return first, second


def merged(first: Segment, second: Segment, at: int) -> Segment:
    """Two lines as one, said by the first's speaker.

    Raises:
        StageError: ``invalid_request`` for lines of different parts, or too many words.
    """
    if first.part != second.part:
        raise _invalid(
            "these two lines are worked on in different parts of the talk and can't be merged"
        )
    languages = dict.fromkeys((*first.translations, *second.translations))
    return replace(
        first,
        start_ms=min(first.start_ms, second.start_ms),
        end_ms=max(first.end_ms, second.end_ms),
        text=_said(f"{first.text} {second.text}"),
        confidence=min(first.confidence, second.confidence),
        changed_at=at,
        translations={tag: _joined(first, second, tag, at) for tag in languages},
        revision=first.revision + 1,
    )


def inserted(segment: Segment, *, end_ms: int) -> Segment:
    """A new line as it may stand.

    Raises:
        StageError: ``invalid_request``.
    """
    check_time(segment.start_ms, segment.end_ms, end_ms)
    return replace(segment, text=_said(segment.text))


def check_time(start_ms: int, end_ms: int, talk_ms: int) -> None:
    """Returns when a line may have this time.

    Raises:
        StageError: ``invalid_request``.
    """
    if not 0 <= start_ms <= end_ms - SHORTEST_MS or end_ms > talk_ms:
        raise _invalid(
            f"a line begins at 0 or later, lasts {SHORTEST_MS} ms or more, and ends by {talk_ms} ms"
        )


def _outdated(segment: Segment, at: int) -> dict[str, Wording]:
    """The translations of what is not said any more."""
    return {
        language: wording
        if wording.origin is Origin.PERSON
        else replace(wording, stale=True, changed_at=at)
        for language, wording in segment.translations.items()
    }


def _worded(
    known: Mapping[str, Wording], wanted: Mapping[str, str | None], at: int
) -> dict[str, Wording]:
    if unknown := set(wanted) - set(known):
        raise _invalid(f"the dub is not made in {', '.join(sorted(unknown))}")
    worded = dict(known)
    for language, text in wanted.items():
        before = known[language]
        if text is None:
            worded[language] = replace(before, origin=Origin.MACHINE, stale=True, changed_at=at)
        elif (said := _said(text, empty=True)) != before.text or before.stale:
            worded[language] = replace(
                before, text=said, origin=Origin.PERSON, stale=False, changed_at=at
            )
    return worded


def _halved(wording: Wording, lengths: tuple[int, int], at: int) -> tuple[Wording, Wording]:
    """A translation for each of two lines, the source of which is so long."""
    if wording.origin is not Origin.PERSON or wording.stale:
        anew = Wording("", stale=True, changed_at=at)
        return anew, anew
    # What can't be cut is said in the first: nothing of it is lost, and nothing is said twice.
    head, *tail = cues.shared_out(wording.text, lengths)
    said = replace(wording, text=head, candidates=(), changed_at=at)
    return said, replace(said, text="".join(tail))


def _joined(first: Segment, second: Segment, language: str, at: int) -> Wording:
    wordings = [each.translations.get(language) for each in (first, second)]
    known = [each for each in wordings if each is not None]
    by_person = any(each.origin is Origin.PERSON for each in known)
    return Wording(
        text=" ".join(each.text for each in known if each.text),
        origin=Origin.PERSON if by_person else Origin.MACHINE,
        stale=len(known) < 2 or any(each.stale for each in known),
        changed_at=at,
    )


def _said(text: str, *, empty: bool = False) -> str:
    """The text in one line."""
    said = " ".join(text.split())
    if not said and not empty:
        raise _invalid("a line needs words; delete it if nothing is to be said")
    if len(said) > MAX_CHARACTERS:
        raise _invalid(f"a line has at most {MAX_CHARACTERS} characters")
    return said


def _invalid(message: str) -> StageError:
    return StageError("invalid_request", f"{message[0].upper()}{message[1:]}.")
