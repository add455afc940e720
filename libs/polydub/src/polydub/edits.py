"""What a person corrected or chose, as a job's spec names it. Pure."""

from __future__ import annotations

import unicodedata

from polydub.v1 import events_pb2, translation_pb2

BY_SUBTITLES = "subtitles"
"""The engine of a document that was made from subtitles of a person: it is theirs word for word."""

_IGNORED = frozenset("PZC")
"""First letters of the Unicode categories that do not tell two sentences apart: punctuation,
spaces, control characters."""


def edited_part(
    spec: events_pb2.DubSpec, part: int, target_language: str = ""
) -> events_pb2.EditedPart | None:
    """The document that stands for a stage's own work on a part; None where nobody touched it.

    Args:
        target_language: empty for the transcript.
    """
    wanted = (part, target_language)
    found = (each for each in spec.edits if (each.part, each.target_language) == wanted)
    return next(found, None)


def chosen_voices(spec: events_pb2.DubSpec, target_language: str) -> dict[str, str]:
    """Speaker -> the voice's id; a choice for the language goes before one for all of them."""
    general = {each.speaker_id: each.voice_id for each in spec.voices if not each.target_language}
    special = {
        each.speaker_id: each.voice_id
        for each in spec.voices
        if each.target_language == target_language
    }
    return {**general, **special}


def worded_by_person(line: translation_pb2.TranslatedLine) -> bool:
    """Whether a person changed what translation wrote."""
    offered = [candidate.text for candidate in line.candidates]
    return line.corrected or (bool(offered) and line.text not in offered)


def memory_for(
    spec: events_pb2.DubSpec, target_language: str
) -> events_pb2.TranslationMemory | None:
    """What people corrected before in a target language; None where there is nothing."""
    found = (each for each in spec.memories if each.target_language == target_language)
    return next(found, None)


def normalized(text: str) -> str:
    """What two sentences that are the same have in common."""
    letters = unicodedata.normalize("NFKC", text).casefold()
    kept = (" " if unicodedata.category(each)[0] in _IGNORED else each for each in letters)
    return " ".join("".join(kept).split())
