"""A line's manner in words, for models that take instructions."""

from __future__ import annotations

from polydub_tts.style import Style

_HIGHER_SEMITONES, _LIVELY_SEMITONES, _FLAT_SEMITONES, _LOUDER_DB = 1.5, 10.0, 3.0, 3.0
"""From where a difference is worth a word. Talk spans about 6 semitones between the 10th and 90th
percentile. Chosen, not measured."""


def instructions(style: Style) -> str:
    """What to tell a model; empty for a plain manner."""
    words = [
        _word(style.pitch_semitones, _HIGHER_SEMITONES, "in a lower voice", "in a higher voice"),
        _word(style.level_db, _LOUDER_DB, "quietly", "loudly"),
    ]
    if style.range_semitones >= _LIVELY_SEMITONES:
        words.append("lively, with much melody")
    elif 0 < style.range_semitones <= _FLAT_SEMITONES:
        words.append("calmly, with little melody")
    said = ", ".join(word for word in words if word)
    return f"Speak {said}." if said else ""


def _word(value: float, far: float, below: str, above: str) -> str:
    if value >= far:
        return above
    return below if value <= -far else ""
