"""The evaluation's ears on speech that the test makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import sample
import soundfile
from eval import generated, hearing, listening
from eval.dubbing import Spoken
from eval.sound import SPEECH_HZ
from eval.stems import Samples
from eval.timing import Placed
from scipy.signal import butter, sosfiltfilt

pytestmark = pytest.mark.integration

START_MS, BED_DB = 1000, -18.0


def spoken(voice: str, text: str, folder: Path) -> Samples:
    """One sentence, mono, 16 kHz, without silence around it."""
    path = folder / "line.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
    said, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == SPEECH_HZ
    loud = np.flatnonzero(np.abs(said) > 0.005)
    line: Samples = said[loud[0] : loud[-1] + 1]
    return line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    text = "The weather was good and the road was long."
    return spoken("slt", text, tmp_path_factory.mktemp("line"))


def dub_of(line: Samples, cut_ms: int = 0) -> Samples:
    """The line at 1 s over music, its last milliseconds left out."""
    start = START_MS * SPEECH_HZ // 1000
    bed = sample.music(5 * sample.RATE_HZ)[:: sample.RATE_HZ // SPEECH_HZ, 0]
    dub = bed * float(line.std()) / bed.std() * 10 ** (BED_DB / 20)
    kept = line[: len(line) - cut_ms * SPEECH_HZ // 1000]
    dub[start : start + len(kept)] += kept
    mixed: Samples = dub.astype(np.float32)
    return mixed


def over_the_telephone(sound: Samples) -> Samples:
    """Without heights, as muxing colours a voice that stands for one on the telephone."""
    dull: Samples = sosfiltfilt(butter(8, 3500, fs=SPEECH_HZ, output="sos"), sound)
    return dull


def find(line: Samples, dub: Samples, start_ms: float, length: float = 1.0) -> listening.Found:
    end_ms = start_ms + length * len(line) * 1000 / SPEECH_HZ
    return listening.find(line, listening.spectra(dub), (start_ms, end_ms))


def test_a_line_is_found_where_it_is_and_not_where_it_was_planned(line: Samples) -> None:
    found = find(line, dub_of(line), START_MS - 80, length=1.04)
    assert found.start_ms == pytest.approx(START_MS, abs=15)
    assert found.end_ms == pytest.approx(START_MS + len(line) * 1000 / SPEECH_HZ, abs=15)
    assert found.likeness >= listening.HEARD
    assert found.missing_ms == 0


def test_a_missing_last_word_is_noticed(line: Samples) -> None:
    found = find(line, dub_of(line, cut_ms=300), START_MS)
    assert found.missing_ms == pytest.approx(300, abs=120)


@pytest.mark.parametrize(
    ("voice", "text"),
    [("rms", "We can visit the old church."), ("slt", "He wants to see the city.")],
)
def test_another_line_is_not_found(line: Samples, voice: str, text: str, tmp_path: Path) -> None:
    other = spoken(voice, text, tmp_path)
    assert find(other, dub_of(line), START_MS).likeness < listening.HEARD


def test_the_detector_hears_speech_over_music(line: Samples) -> None:
    ((begins, ends),) = hearing.speech_spans(dub_of(line))
    assert begins == pytest.approx(START_MS, abs=100)
    assert ends == pytest.approx(START_MS + len(line) * 1000 / SPEECH_HZ, abs=150)


def test_pocketsphinx_hears_english(line: Samples) -> None:
    pause = np.zeros(SPEECH_HZ // 2, np.float32)
    heard = hearing.english_heard(np.concatenate([pause, line, pause])).split()
    assert {"weather", "good"} <= set(heard)


def test_turns_of_a_generated_dialogue_are_where_the_sound_is() -> None:
    script = (
        generated.Said("flite:rms", "Good morning."),
        generated.Said("flite:slt", "Yes.", 0.5),
    )
    speech, turns = generated.dialogue(script)
    for turn in turns:
        at = slice(*(round(ms * sample.RATE_HZ / 1000) for ms in (turn.start_ms, turn.end_ms)))
        assert np.abs(speech[at]).max() > 0.1
        speech[at] = 0
    assert not speech.any()
    assert turns[1].start_ms - turns[0].end_ms == pytest.approx(500, abs=1)


def test_noise_of_the_bed_is_stereo_and_falls_with_pitch(tmp_path: Path) -> None:
    noise = generated.pink_noise(4 * sample.RATE_HZ)
    power = np.abs(np.fft.rfft(noise[:, 0])) ** 2
    low, high = (power[slice(4 * f, 8 * f)].mean() for f in (100, 1000))
    assert 10 * np.log10(low / high) == pytest.approx(10, abs=1.5)
    left, right = noise.T
    common = float((left * right).mean() / (left.std() * right.std()))
    assert 0.2 < common < 0.8


@pytest.mark.parametrize(("cut_ms", "missing_ms"), [(0, 0), (600, 600)])
def test_a_voice_without_heights_lacks_only_what_was_cut(
    line: Samples, cut_ms: int, missing_ms: int
) -> None:
    found = find(line, over_the_telephone(dub_of(line, cut_ms)), START_MS)
    assert found.missing_ms == pytest.approx(missing_ms, abs=150)
    assert (found.missing_ms > 0) == (cut_ms > 0)


def test_of_two_takes_the_one_that_is_heard_is_found(line: Samples, tmp_path: Path) -> None:
    takes = tmp_path / "first.wav", tmp_path / "second.wav"
    other = spoken("slt", "We can visit the old church in the afternoon.", tmp_path)
    for path, take in zip(takes, (other, line), strict=True):
        soundfile.write(path, take, SPEECH_HZ)
    span = (float(START_MS), START_MS + len(line) * 1000 / SPEECH_HZ)
    said = Spoken("u1", takes[0], Placed(span, span), "The weather was good.", takes)
    once = Spoken("u2", takes[0], Placed(span, span), "We can visit.")
    (heard, kept) = listening.as_heard((said, once), dub_of(line))
    assert (heard.recording, kept.recording) == (takes[1], takes[0])
