"""Clips of one speaker alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub.errors import MediaError
from polydub.pcm import RATE_HZ
from polydub_diarization.reference import LONGEST_MS, choose, write_clip
from polydub_diarization.sound import open_sound
from polydub_diarization.spans import Span, total_ms

pytestmark = pytest.mark.unit


def test_the_longest_stretches_in_order() -> None:
    spans = [Span(0, 500), Span(1000, 6000), Span(7000, 8500), Span(9000, 15_000)]
    assert choose(spans) == [Span(1000, 6000), Span(7000, 8000), Span(9000, 15_000)]


def test_never_more_than_twelve_seconds_and_from_several_places() -> None:
    chosen = choose([Span(0, 30_000), Span(40_000, 70_000), Span(80_000, 83_000)])
    assert chosen == [Span(0, 6000), Span(40_000, 46_000)]
    assert total_ms(chosen) == LONGEST_MS


def test_fragments_only_where_there_is_nothing_else() -> None:
    fragments = [Span(n * 1000, n * 1000 + 700) for n in range(10)]
    assert len(choose(fragments)) == 5
    assert choose([Span(0, 3500), *fragments[5:]]) == [Span(0, 3500)]


def test_the_clip_holds_the_stretches_and_nothing_else(
    tmp_path: Path, write_wav: Callable[[Path, np.ndarray], Path]
) -> None:
    samples = np.full(10 * RATE_HZ, 0.5, np.float32)
    samples[3 * RATE_HZ : 6 * RATE_HZ] = -0.25
    sound = open_sound(write_wav(tmp_path / "talk.wav", samples))
    write_clip(sound, [Span(0, 2000), Span(7000, 9000)], tmp_path / "clip.wav")
    clip, rate_hz = soundfile.read(tmp_path / "clip.wav")
    assert rate_hz == RATE_HZ and len(clip) == 4.1 * RATE_HZ
    assert clip.min() >= 0 and clip[RATE_HZ] == pytest.approx(0.5, abs=1e-3)
    assert np.abs(np.diff(clip)).max() < 0.01


def test_a_sound_of_another_kind_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "stereo.wav", np.zeros((100, 2)), 44_100)
    with pytest.raises(MediaError, match="16000"):
        open_sound(tmp_path / "stereo.wav")
    (tmp_path / "none.wav").write_bytes(b"no sound")
    with pytest.raises(MediaError):
        open_sound(tmp_path / "none.wav")


def test_reading_beyond_the_end_gives_what_there_is(
    tmp_path: Path, write_wav: Callable[[Path, np.ndarray], Path]
) -> None:
    sound = open_sound(write_wav(tmp_path / "a.wav", np.zeros(RATE_HZ, np.float32)))
    assert sound.duration_ms == 1000
    assert len(sound.read(500, 2000)) == RATE_HZ // 2
    assert len(sound.read(5000, 6000)) == 0
    assert sum(map(len, sound.blocks())) == RATE_HZ
