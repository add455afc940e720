"""Colour and room of a speaker's dub: gently, only where it is known, onsets to the sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_sounds import RATE_HZ, Sound, in_hall, level_db, music, said
from scipy.signal import butter, correlate, sosfilt

from polydub.blocking import no_tick
from polydub_muxing.kept import Rows
from polydub_muxing.report.measure import Span, onsets_ms
from polydub_muxing.sound import colour, reverberation, spectra
from polydub_muxing.sound.backdrop import Sounds
from polydub_muxing.sound.colour import LIMIT_DB, coloured, correction, filter_of, mean_spectrum
from polydub_muxing.sound.matching import Match, Spoken, match_line, matches
from polydub_muxing.sound.mixing import PreparedLine
from polydub_muxing.sound.reverberation import decays_s, in_room, tail, wanted_s

pytestmark = pytest.mark.integration

SILENCE = np.zeros(10 * RATE_HZ, np.float32)


def through(sound: Sound, low_hz: float, kind: str, order: int = 1) -> Sound:
    sections = butter(order, low_hz, kind, fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(sections, sound), np.float32)


def found(voice: Sound, dub: Sound, bed: Sound = SILENCE) -> np.ndarray | None:
    return correction(*(mean_spectrum(each, RATE_HZ) for each in (voice, bed, dub)), RATE_HZ)


def middles_hz() -> np.ndarray:
    size = spectra.frame_size(RATE_HZ)
    return spectra.in_bands(spectra.frequencies(size, RATE_HZ), size)


def test_the_same_voice_is_left_as_it_is() -> None:
    bands = found(said(), said())
    assert bands is not None
    np.testing.assert_allclose(bands, 0, atol=1e-6)


def test_half_of_a_darker_colour_is_taken_over() -> None:
    dark = through(said(), 1000, "lowpass")
    bands = found(dark, said())
    assert bands is not None
    high, low = (np.argmin(np.abs(middles_hz() - hz)) for hz in (4000, 500))
    # A first-order filter at 1 kHz: -1 dB at 500 Hz, -12.3 dB at 4 kHz.
    assert bands[low] - bands[high] == pytest.approx((12.3 - 1.0) / 2, abs=1.2)
    assert np.abs(bands).max() <= LIMIT_DB
    after = coloured(said(), filter_of(bands, RATE_HZ))
    assert distance(dark, after) < 0.7 * distance(dark, said())


def distance(voice: Sound, dub: Sound) -> float:
    """How far the long-term spectra are apart in decibels, level aside, 200 to 8000 Hz."""
    one, other = (mean_spectrum(each, RATE_HZ) for each in (voice, dub))
    apart = spectra.db(one[:-1] / one[-1]) - spectra.db(other[:-1] / other[-1])
    inside = (middles_hz() > 200) & (middles_hz() < 8000)
    return float(np.std(apart[inside]))


def test_what_the_bed_covers_is_not_believed() -> None:
    loud = music(10, 1.0)[:, 0]
    assert found(said(), through(said(), 1000, "lowpass"), bed=loud + 0.3) is None
    assert found(said()[:RATE_HZ], said()) is None


def test_a_dull_track_is_no_telephone_and_a_telephone_is_not_made_of_the_dub() -> None:
    clear = said(voice="rms")
    dull, cut = through(clear, 3400, "lowpass", 2), through(clear, 3400, "lowpass", 16)
    of_dull, of_cut = found(dull, clear), found(cut, clear)
    assert of_dull is not None and of_cut is not None
    below, above = middles_hz() < 3000, (middles_hz() > 4800) & (middles_hz() < 7500)
    assert (np.abs(of_dull) <= LIMIT_DB).all()
    assert (np.abs(of_cut[below]) <= LIMIT_DB).all()
    assert (of_cut[above] == colour.BEYOND_CLIFF_DB).all()


def test_the_filter_moves_no_onset() -> None:
    bands = found(through(said(), 1000, "lowpass"), said())
    assert bands is not None
    fir = filter_of(bands, RATE_HZ)
    assert len(fir) % 2 == 1 and len(fir) <= 0.011 * RATE_HZ
    np.testing.assert_allclose(fir, fir[::-1], atol=1e-7)
    click = np.zeros(2000, np.float32)
    click[700] = 1.0
    assert np.argmax(np.abs(coloured(click, fir))) == 700
    assert len(coloured(click[:100], fir)) == 100


def test_rooms_are_told_from_dry_voices() -> None:
    dry = decays_s(said(), RATE_HZ)
    assert wanted_s(dry, dry) is None
    for time_s, direct_db in ((0.5, 0.0), (0.8, 0.0)):
        wet = decays_s(in_hall(said(), time_s, direct_db), RATE_HZ)
        given = wanted_s(wet, dry)
        assert given is not None and 0.3 <= given <= 1.3 * time_s
        assert wanted_s(wet, wet) is None
    assert wanted_s(wet[:5], dry) is None
    assert decays_s(SILENCE, RATE_HZ) == []


@pytest.mark.parametrize("time_s", [0.3, 0.6, 1.2])
def test_a_tail_is_faint_and_short(time_s: float) -> None:
    room = tail(time_s, RATE_HZ)
    wet, more = in_room(said(), room, RATE_HZ)
    assert len(wet) == len(said()) + more and more <= 0.3 * RATE_HZ
    before = round(0.01 * RATE_HZ)
    np.testing.assert_allclose(wet[:before], said()[:before], atol=1e-7)
    ringing = wet[: len(said())] - said()
    assert -18 < level_db(ringing) - level_db(said()) <= -10
    assert level_db(wet[len(said()) :]) < level_db(said()) - 20
    assert abs(wet[-1]) < 1e-4
    assert in_room(np.zeros(0, np.float32), room, RATE_HZ)[1] == more


def write(folder: Path, original: Sound, bed: Sound) -> Sounds:
    sounds = Sounds(folder / "original.flac", folder / "bed.flac")
    for path, sound in ((sounds.original, original), (sounds.bed, bed)):
        soundfile.write(path, sound, RATE_HZ, subtype="PCM_24")
    return sounds


def spoken(folder: Path, dub: Sound, source: tuple[int, int], alone: bool = True) -> Spoken:
    dub.tofile(folder / "line.f32")
    line = PreparedLine("u1", folder / "line.f32", source[0], len(dub))
    return Spoken(line, "S1", source, alone)


def given(split: Sounds, line: Spoken) -> Match:
    (match,) = matches(split, [line], Rows(), Rows(), no_tick).values()
    return match


def test_a_line_gets_the_colour_and_the_room_of_its_speaker(tmp_path: Path) -> None:
    voice = through(in_hall(said(), 0.6, 0.0), 1500, "lowpass")[: 10 * RATE_HZ]
    original = np.pad(voice, (RATE_HZ, RATE_HZ))
    split = write(tmp_path, original, np.zeros_like(original))
    source = (RATE_HZ, RATE_HZ + len(said()))
    dub = said(voice="rms")
    line = spoken(tmp_path, dub, source)
    match = given(split, line)
    ready = match_line(line.sound, match, RATE_HZ)
    assert match.given_to(line.sound, RATE_HZ) == ready
    sound = ready.read(0, ready.samples)
    assert ready.spoken == len(dub) and 0 < ready.tail <= 0.3 * RATE_HZ
    assert distance(voice, sound) < distance(voice, dub) - 0.5
    onsets = []
    for number, each in enumerate((dub, sound)):
        soundfile.write(tmp_path / f"{number}.wav", np.pad(each, (4800, 0)), RATE_HZ)
        span = Span("u1", 0, 9000, 100, 9000)
        onsets.append(onsets_ms(tmp_path / f"{number}.wav", [span], no_tick)["u1"])
    assert abs(onsets[0] - onsets[1]) <= 5  # the threshold is passed elsewhere, see below
    opening = slice(0, RATE_HZ)
    lags = correlate(sound[opening], dub[opening])
    assert int(np.argmax(lags)) == RATE_HZ - 1  # which is no lag at all


def test_who_never_speaks_alone_stays_plain(tmp_path: Path) -> None:
    split = write(tmp_path, SILENCE, SILENCE)
    line = spoken(tmp_path, said(), (0, 5 * RATE_HZ), alone=False)
    match = given(split, line)
    assert match.fir is None and match.room is None
    assert match_line(line.sound, match, RATE_HZ) == line.sound
    assert match.given_to(line.sound, RATE_HZ) == line.sound
    assert reverberation.ringing_s([]) is None
