"""What lies behind the dub: bed, ducked original, or nothing; and what a digest says of it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_sounds import RATE_HZ, Sound, level_db, music, noise

from polydub.blocking import no_tick
from polydub.v1 import muxing_pb2
from polydub_muxing.kept import Rows
from polydub_muxing.report.channels import Channels, folded_warnings
from polydub_muxing.sound.backdrop import (
    CROSSFADE_S,
    Backdrop,
    Layers,
    Sounds,
    Stretch,
    layers,
    meter,
)
from polydub_muxing.sound.levels import TRIM, TRIM_ALONE, TRIM_OVER, trim_of
from polydub_muxing.sound.loudness import SlotMeter, channel_weights
from polydub_muxing.sound.options import AS_IT_IS, SoundOptions

pytestmark = pytest.mark.unit

SECOND = RATE_HZ
BLOCK = 50_001
SAID = Stretch((2 * SECOND, 4 * SECOND), (2 * SECOND, 5 * SECOND))
KEPT = Stretch((6 * SECOND, 7 * SECOND), None)


def babble(seconds: float) -> Sound:
    """Syllables of noise, mono."""
    count = round(seconds * SECOND)
    swell = np.maximum(0, np.sin(2 * np.pi * 2.5 * np.arange(count) / SECOND))
    return np.asarray(0.1 * swell * np.random.default_rng(3).standard_normal(count), np.float32)


def talk(bed: Sound, leak: float = 0.0) -> tuple[Sound, Sound]:
    """Original and bed; someone speaks where :data:`SAID` and :data:`KEPT` are."""
    voice = np.zeros(len(bed), np.float32)
    for line in (SAID, KEPT):
        voice[slice(*line.source)] = babble((line.source[1] - line.source[0]) / SECOND)
    return bed + voice[:, None], bed + leak * voice[:, None]


def laid(
    folder: Path, original: Sound, bed: Sound, *lines: Stretch, options: SoundOptions = AS_IT_IS
) -> tuple[Layers, Sound]:
    sounds = Sounds(folder / "original.flac", folder / "bed.flac")
    for path, sound in ((sounds.original, original), (sounds.bed, bed)):
        soundfile.write(path, sound, RATE_HZ, subtype="PCM_24")
    given = layers(sounds, lines, options, Rows(), no_tick)
    with ExitStack() as stack:
        backdrop = Backdrop(sounds, given, options, stack)
        assert (backdrop.frames, backdrop.channels, backdrop.rate_hz) == (*bed.shape, RATE_HZ)
        starts = range(0, len(bed), BLOCK)
        sound = np.concatenate([backdrop.read(at, min(at + BLOCK, len(bed))) for at in starts])
        again = backdrop.read(3 * SECOND + 7, 4 * SECOND)
    np.testing.assert_array_equal(again, sound[3 * SECOND + 7 : 4 * SECOND])
    return given, sound


def test_a_clean_bed_with_music_is_used_as_it_is(tmp_path: Path) -> None:
    original, bed = talk(music(8))
    given, sound = laid(tmp_path, original, bed, SAID)
    assert given == Layers([], [], [SAID.source])
    np.testing.assert_allclose(sound, bed, atol=1e-6)


def test_a_bed_with_traces_is_ducked_under_the_dub_and_only_there(tmp_path: Path) -> None:
    bed = noise(8, 0.01)
    original, leaky = talk(bed, leak=0.3)
    given, sound = laid(tmp_path, original, leaky, SAID)
    assert len(given.dips) == 1
    under = slice(2 * SECOND, 4 * SECOND)
    assert level_db(sound[under]) == pytest.approx(level_db(leaky[under]) - 8, abs=0.3)
    np.testing.assert_allclose(sound[: SECOND * 9 // 5], leaky[: SECOND * 9 // 5], atol=1e-6)
    np.testing.assert_allclose(sound[SECOND * 9 // 2 :], leaky[SECOND * 9 // 2 :], atol=1e-6)


def test_words_that_are_whole_in_the_bed_are_turned_down_where_no_dub_covers_them_too(
    tmp_path: Path,
) -> None:
    bed = noise(8, 0.003)
    original, _ = talk(bed)
    missed = (SAID.source[0] + SECOND // 4, SAID.source[1])
    leaky = bed.copy()
    leaky[slice(*missed)] = original[slice(*missed)]
    short = Stretch(SAID.source, (SAID.source[0], SAID.source[0] + SECOND))
    given, sound = laid(tmp_path, original, leaky, short)
    assert len(given.dips) == 1
    uncovered = slice(SAID.source[0] + SECOND * 3 // 2, SAID.source[1])
    assert level_db(sound[uncovered]) == pytest.approx(level_db(leaky[uncovered]) - 8, abs=0.3)


def test_a_hole_is_filled_up_to_the_pauses(tmp_path: Path) -> None:
    bed = noise(8, 0.003)
    original, _ = talk(bed)
    holed = bed.copy()
    holed[slice(*SAID.source)] *= 0.02
    _, sound = laid(tmp_path, original, holed, SAID)
    inside = slice(2 * SECOND, 4 * SECOND)
    assert level_db(sound[inside]) == pytest.approx(level_db(bed), abs=0.7)


def test_the_original_is_there_where_it_is_kept_and_nowhere_else(tmp_path: Path) -> None:
    bed = music(8)
    original, _ = talk(bed)
    _, sound = laid(tmp_path, original, bed, SAID, KEPT)
    begin, end = KEPT.source
    fade = round(CROSSFADE_S * RATE_HZ)
    kept = slice(begin + fade, end - fade)
    np.testing.assert_allclose(sound[:begin], bed[:begin], atol=1e-6)
    np.testing.assert_allclose(sound[end:], bed[end:], atol=1e-6)
    np.testing.assert_allclose(sound[kept], original[kept], atol=1e-6)
    middle = begin + fade // 2
    np.testing.assert_allclose(sound[middle], (bed[middle] + original[middle]) / 2, atol=2e-3)


def test_a_voice_over_keeps_the_original_low_under_the_dub(tmp_path: Path) -> None:
    bed = music(8, 0.02)
    original, _ = talk(bed)
    _, sound = laid(tmp_path, original, bed, SAID, KEPT, options=SoundOptions(voice_over=True))
    assert SAID.dub is not None
    under, free = slice(*SAID.dub), slice(round(5.7 * SECOND), None)
    assert level_db(sound[under]) == pytest.approx(level_db(original[under]) - 15, abs=0.1)
    np.testing.assert_allclose(sound[free], original[free], atol=1e-6)
    np.testing.assert_allclose(sound[:SECOND], original[:SECOND], atol=1e-6)
    steps = np.abs(np.diff(sound[:, 0])).max()
    assert steps <= np.abs(np.diff(original[:, 0])).max()


def test_without_background_there_is_nothing_but_what_is_kept(tmp_path: Path) -> None:
    bed = music(8)
    original, _ = talk(bed)
    options = SoundOptions(drop_background=True)
    _, sound = laid(tmp_path, original, bed, SAID, KEPT, options=options)
    assert not sound[: KEPT.source[0]].any() and not sound[KEPT.source[1] :].any()
    middle = slice(round(6.2 * SECOND), round(6.8 * SECOND))
    np.testing.assert_allclose(sound[middle], original[middle], atol=1e-6)


def test_a_voice_over_without_background_is_voices_alone(tmp_path: Path) -> None:
    bed = music(8)
    original, _ = talk(bed)
    options = SoundOptions(drop_background=True, voice_over=True)
    _, sound = laid(tmp_path, original, bed, SAID, options=options)
    under = slice(2 * SECOND, 4 * SECOND)
    assert level_db(sound[under]) == pytest.approx(level_db((original - bed)[under]) - 15, abs=0.1)
    np.testing.assert_allclose(sound[:SECOND], 0, atol=1e-6)


def test_what_was_metered_is_metered_again_only_where_it_changed(tmp_path: Path) -> None:
    original, leaky = talk(noise(20, 0.01), leak=0.3)
    laid(tmp_path, original, leaky, SAID)
    sounds, rows = Sounds(tmp_path / "original.flac", tmp_path / "bed.flac"), Rows()

    def metered(*lines: Stretch) -> tuple[Sound, Sound]:
        given = layers(sounds, lines, AS_IT_IS, rows, no_tick)
        with ExitStack() as stack:
            backdrop = Backdrop(sounds, given, AS_IT_IS, stack)
            whole = SlotMeter(RATE_HZ, channel_weights(2))
            whole.add(backdrop.read(0, backdrop.frames))
            return meter(backdrop, rows, no_tick), whole.slots()

    slots, whole = metered(SAID)
    np.testing.assert_allclose(slots, whole, rtol=1e-9)
    rows = Rows(rows.arrays())
    known = metered(SAID)[0]
    assert not rows.changed
    np.testing.assert_array_equal(known, slots)
    dub = (SAID.source[0], SAID.source[1] - SECOND // 2)
    slots, whole = metered(Stretch(SAID.source, dub))
    assert rows.changed
    np.testing.assert_allclose(slots, whole, rtol=1e-9)


def test_options_are_named_where_they_are_chosen() -> None:
    message = muxing_pb2.SoundOptions(voice_over=True, plain_voices=True)
    assert SoundOptions.of(message).chosen == ("voice_over", "plain_voices")
    assert SoundOptions.of(muxing_pb2.SoundOptions()) == AS_IT_IS
    assert AS_IT_IS.chosen == ()
    trims = [trim_of(SoundOptions.of(muxing_pb2.SoundOptions(**{name: True})))
             for name in ("noise_reduction", "drop_background", "voice_over")]  # fmt: skip
    assert trims == [TRIM, TRIM_ALONE, TRIM_OVER]


def test_folded_channels_are_told() -> None:
    def told(source: int, dub: int) -> list[str]:
        sides = Channels(source, f"{source}"), Channels(dub, f"{dub}")
        return [each.code for each in folded_warnings(*sides, stage="muxing", language="es")]

    assert told(8, 6) == ["channels_folded"]
    assert told(6, 6) == told(4, 6) == told(0, 2) == []
