"""The colour of a voice: half of what a speaker's dub lacks of their voice in the original. Pure.

Long-term average spectra in third octaves, as equalisers match them; what comes out is one short
filter of linear phase for each speaker, put in place so that no onset moves.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import firwin2, oaconvolve

from polydub_muxing.sound import spectra
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.spectra import Powers

SHARE = 0.5
"""Of the difference: another voice says other words; all of it would be a caricature."""
LIMIT_DB = 6.0
LEVEL_HZ = (200.0, 4000.0)
"""Where both levels are made equal before they are compared: most of speech's energy."""
CLEAR_DB = 3.0
"""The voice must stand so far above the bed in a band to be believed there."""
RANGE_DB = 50.0
"""Bands further below the strongest one hold rounding, leakage and noise rather than voice."""
LEAST_BANDS = 8
LEAST_SPEECH_S = 1.5
CLIFF_DB = 25.0
"""No voice falls so far within half an octave: such a track is band-limited."""
LOWEST_CLIFF_HZ = 2500.0
BEYOND_CLIFF_DB = -12.0
"""What a dub keeps beyond the limit of a band-limited track: it is heard to belong there, and
remains clearer than its source."""
_TAPS_S = 0.0107
_EVEN = np.array([0.25, 0.5, 0.25])


def mean_spectrum(mono: Samples, rate_hz: int) -> Powers:
    """The sum of the spectra of all frames in bands, and its count last; shape (bands + 1,).

    Sums of sums are sums: a speaker's lines may be added up.
    """
    size = spectra.frame_size(rate_hz)
    power = spectra.powers(spectra.spectra(mono[:, None], size))[:, 0]
    return np.append(spectra.in_bands(power.sum(axis=0), size), len(power))


def correction(voice: Powers, bed: Powers, dub: Powers, rate_hz: int) -> Powers | None:
    """What each band of the dub is to be changed by in decibels, shape (bands,).

    Args:
        voice: :func:`mean_spectrum` of the speaker's voice in the original.
        bed: of what is heard beside it.
        dub: of the speaker's dub.

    Returns:
        None where there is too little to go by.
    """
    size = spectra.frame_size(rate_hz)
    if min(voice[-1], dub[-1]) * size / 2 < LEAST_SPEECH_S * rate_hz:
        return None
    voice_db, bed_db, dub_db = (spectra.db(each[:-1] / each[-1]) for each in (voice, bed, dub))
    known = (
        (voice_db > bed_db + CLEAR_DB)
        & (voice_db > voice_db.max() - RANGE_DB)
        & (dub_db > dub_db.max() - RANGE_DB)
    )
    middles = _middles(rate_hz)
    level = known & (middles >= LEVEL_HZ[0]) & (middles <= LEVEL_HZ[1])
    if known.sum() < LEAST_BANDS or not level.any():
        return None
    lacking = voice_db - dub_db
    lacking -= lacking[level].mean()
    places = np.arange(len(lacking))
    even = np.interp(places, places[known], np.convolve(_held(lacking[known]), _EVEN, "valid"))
    gentle: Powers = np.clip(SHARE * even, -LIMIT_DB, LIMIT_DB)
    cliff_hz, own_hz = band_limit_hz(voice + bed, rate_hz), band_limit_hz(dub, rate_hz)
    if cliff_hz is None or (own_hz is not None and own_hz <= cliff_hz):
        return gentle
    return np.where(middles > cliff_hz, BEYOND_CLIFF_DB, gentle)


def _held(values: Powers) -> Powers:
    return np.pad(values, 1, mode="edge")


def band_limit_hz(original: Powers, rate_hz: int) -> float | None:
    """Where a track clearly ends, as a telephone's does; None where it just fades away."""
    middles = _middles(rate_hz)
    level = spectra.db(original[:-1] / max(original[-1], 1.0))
    for place in range(1, len(level) - 2):
        above = middles >= middles[place] * 2**0.5
        if middles[place] < LOWEST_CLIFF_HZ or not above.any():
            continue
        if level[place] - level[above].max() > CLIFF_DB:
            return float(middles[place])
    return None


def filter_of(correction_db: Powers, rate_hz: int) -> Samples:
    """A symmetric filter with an odd number of taps, as long as 11 ms, with these gains."""
    taps = 2 * round(_TAPS_S * rate_hz / 2) + 1
    nyquist = rate_hz / 2
    grid = np.linspace(0, nyquist, 513)
    middles = np.maximum(_middles(rate_hz), 1.0)
    gains = np.interp(np.log(np.maximum(grid, 1.0)), np.log(middles), correction_db)
    fir: Samples = firwin2(taps, grid / nyquist, 10 ** (gains / 20)).astype(np.float32)
    return fir


def coloured(mono: Samples, fir: Samples) -> Samples:
    """The sound through the filter, in place: as long as before, and not a sample later."""
    through: Samples = oaconvolve(mono, fir, mode="same").astype(np.float32)
    return through


def _middles(rate_hz: int) -> Powers:
    size = spectra.frame_size(rate_hz)
    return spectra.in_bands(spectra.frequencies(size, rate_hz), size)
