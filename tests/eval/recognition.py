"""What fitting and mixing cost a recogniser, apart from what the bed itself costs it.

A recogniser hears worse over music, whoever mixed it. So the dub is heard beside a *reference mix*
of the same lines, in which nothing was fitted, limited, coloured or separated: the voice engine's
own recordings over the bed, as far above it as the original's voices are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from eval import sound, words
from eval.dubbing import Dubbed, Spoken
from eval.measures import Figures
from eval.sound import SPEECH_HZ
from eval.stems import Samples

_LEADS_MS = (0, 3, 6)
"""Silence before a track. A recogniser's frames then fall elsewhere, and where it is unsure its
words change: the mean over several hearings moves less than one of them."""


class Ears(Protocol):
    """A deployment, as far as it can listen."""

    def back_recognized(self, recording: Path, language: str) -> str | None:
        """What it hears in a WAV (16 kHz mono); None where no engine knows the language."""


def costs(dub: Dubbed, heard: Samples, original: Samples, bed: Samples, ears: Ears) -> Figures:
    """Errors in percent of the script on the dub, on the reference mix and on the lines alone.

    Nothing where no engine knows the language. Sounds are mono at ``SPEECH_HZ``.

    Args:
        heard: the dub.
        original: the source's sound.
        bed: the same without the voices.
    """
    alone = _one_after_the_other(dub.lines)
    found = [
        _error(dub, track, ears) for track in (heard, _reference_mix(alone, original, bed), alone)
    ]
    errors = [error for error in found if error is not None]
    if len(errors) < len(found):
        return {}
    mixed, reference, raw = errors
    return {
        "back_wer_percent": mixed,
        "reference_wer_percent": reference,
        "raw_wer_percent": raw,
        "back_wer_cost_points": mixed - reference,
        "bed_wer_cost_points": reference - raw,
    }


def _error(dub: Dubbed, track: Samples, ears: Ears) -> float | None:
    """Mean over several hearings; characters where the language writes no spaces."""
    measure = (
        words.character_error_rate
        if words.counts_characters(dub.language)
        else words.word_error_rate
    )
    script = " ".join(line.text for line in dub.lines)
    errors = []
    with tempfile.TemporaryDirectory() as name:
        recording = Path(name) / "heard.wav"
        for lead_ms in _LEADS_MS:
            later = np.pad(track, (lead_ms * SPEECH_HZ // 1000, 0))
            soundfile.write(recording, later, SPEECH_HZ, subtype="PCM_16")
            back = ears.back_recognized(recording, dub.language)
            if back is None:
                return None
            errors.append(100 * measure(script, back))
    return float(np.mean(errors))


def _one_after_the_other(lines: Sequence[Spoken]) -> Samples:
    """The voice engine's own recordings where the plan has them, and silence between them.

    Where lines meet, the later one waits: what their meeting costs is the mix's.
    """
    pieces: list[Samples] = []
    length = 0
    for line in sorted(lines, key=lambda line: line.placed.dub):
        recording = sound.samples(line.recording, SPEECH_HZ, 1)
        start = round(line.placed.dub[0] * SPEECH_HZ / 1000)
        silence = np.zeros(max(0, start - length), np.float32)
        pieces += [silence, recording]
        length += len(silence) + len(recording)
    return np.concatenate(pieces)


def _reference_mix(alone: Samples, original: Samples, bed: Samples) -> Samples:
    """The lines over the bed, as loud as the original's voices; where it ends, it begins anew."""
    length = min(len(original), len(bed))
    voices = original[:length] - bed[:length]
    gain_db = sound.loudness_lufs(voices, SPEECH_HZ) - sound.loudness_lufs(alone, SPEECH_HZ)
    mixed: Samples = alone * np.float32(10 ** (gain_db / 20)) + np.resize(bed, len(alone))
    return mixed
