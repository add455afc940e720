"""How many channels become one without losing anybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Weights = npt.NDArray[np.float32]

MAX_CHANNELS = 8
"""What FLAC can hold."""
_BLOCK_SECONDS = 10
_CENTRE = {"3.0": 2, "3.1": 2, "4.0": 2, "4.1": 2, "5.0": 2, "5.0(side)": 2, "5.1": 2,
           "5.1(side)": 2, "6.0": 2, "6.1": 2, "7.0": 2, "7.1": 2}  # fmt: skip
_LOW_EFFECTS = {"2.1": 2, "3.1": 3, "4.1": 3, "5.1": 3, "5.1(side)": 3, "6.1": 3, "7.1": 3}
"""Places of the centre and of the low-frequency effects channel, in ffmpeg's layouts."""
_LAYOUT_OF = {3: "3.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""The layout that FLAC means by a number of channels (RFC 9639, 9.1.3)."""
_CENTRE_GAIN = 2.0
_ANTIPHASE = 0.1


def weights_of_layout(channels: int, layout: str) -> Weights:
    """What of each channel goes into the mono signal; shape (channels,), sum of magnitudes 1.

    All count alike, so that nobody who is on one microphone only is lost; the centre, where films
    have their dialogue, counts twice, and a declared low-frequency effects channel not at all.
    Layouts that nobody declared have neither: those tracks are microphones.
    """
    weights = np.ones(channels, np.float32)
    if layout in _CENTRE and _CENTRE[layout] < channels:
        weights[_CENTRE[layout]] = _CENTRE_GAIN
    if layout in _LOW_EFFECTS and _LOW_EFFECTS[layout] < channels:
        weights[_LOW_EFFECTS[layout]] = 0.0
    shares: Weights = weights / weights.sum(dtype=np.float32)
    return shares


def flac_layout(channels: int) -> str:
    """ffmpeg's name for the layout of a FLAC file with so many channels; empty: none special."""
    return _LAYOUT_OF.get(channels, "")


def cancels(path: Path) -> bool:
    """Whether a stereo file is nearly silent as a sum: one channel is the other upside down.

    So it is with a balanced microphone on a stereo input. Such a talk sounds odd in headphones,
    and is gone in mono.
    """
    total, difference = 0.0, 0.0
    with soundfile.SoundFile(path) as file:
        if file.channels != 2:
            return False
        for block in file.blocks(_BLOCK_SECONDS * file.samplerate, dtype="float32"):
            left, right = block[:, 0], block[:, 1]
            total += float(np.sum(np.square(left + right)))
            difference += float(np.sum(np.square(left - right)))
    return total < _ANTIPHASE * difference


def mono_weights(path: Path, layout: str | None = None) -> Weights:
    """The weights for one FLAC file; a second channel that is upside down is turned round.

    Args:
        layout: what the source declared; None: what FLAC means by the number of channels.
    """
    channels = soundfile.info(path).channels
    weights = weights_of_layout(channels, flac_layout(channels) if layout is None else layout)
    return weights * np.array([1, -1], np.float32) if cancels(path) else weights
