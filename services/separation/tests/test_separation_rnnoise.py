"""The RNNoise engine on speech and music made here."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from polydub.blocking import no_tick
from polydub.errors import StageError
from polydub_separation.engines import librnnoise, rnnoise
from polydub_separation.engines.base import Separated
from polydub_separation.engines.rnnoise import RnnoiseEngine, write_bed

pytestmark = pytest.mark.integration

RATE_HZ = 48_000
EDGE = RATE_HZ


@pytest.fixture(scope="module")
def engine() -> RnnoiseEngine:
    return RnnoiseEngine()


async def separated(
    engine: RnnoiseEngine, folder: Path, sound: np.ndarray, rate_hz: int = RATE_HZ
) -> tuple[Separated, np.ndarray]:
    original = folder / "original.flac"
    soundfile.write(original, sound, rate_hz, subtype="PCM_24")
    result = await engine.separate(original, folder)
    bed, _ = soundfile.read(result.bed, dtype="float32")
    assert bed.shape == sound.shape
    return result, bed


def gains_db(mixed: np.ndarray, *sources: np.ndarray) -> list[float]:
    """How much of each source is in the mixture, by least squares."""
    matrix = np.stack([source.ravel() for source in sources], axis=1)
    found = np.linalg.lstsq(matrix, mixed.ravel(), rcond=None)[0]
    return [float(20 * np.log10(abs(gain) + 1e-9)) for gain in found]


def error_db(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((got - wanted) ** 2) / np.mean(wanted**2) + 1e-12))


async def test_speech_leaves_stereo_music_stays(
    engine: RnnoiseEngine, speech: np.ndarray, music: np.ndarray, tmp_path: Path
) -> None:
    voice = np.stack([speech, speech], axis=1)
    result, bed = await separated(engine, tmp_path, voice + music)
    talk = slice(2 * RATE_HZ, -2 * RATE_HZ)
    voice_db, music_db = gains_db(bed[talk], voice[talk], music[talk])
    assert voice_db < -15
    assert music_db > -6
    for pause in (slice(0, EDGE), slice(-EDGE, None)):
        assert error_db(bed[pause], music[pause]) < -60
    assert 2 < result.snr_db < 11
    assert 0.3 < result.speech_fraction < 0.9
    heard, rate_hz = soundfile.read(result.voice_16k, dtype="float32")
    assert rate_hz == 16_000
    assert len(heard) == len(speech) / 3
    lag = np.argmax(np.correlate(heard, speech[::3], "full")) - (len(speech) // 3 - 1)
    assert abs(lag) <= 16, "the voice stands where it was spoken"
    assert np.corrcoef(heard, speech[::3])[0, 1] > 0.8


async def test_a_voice_on_one_side_is_taken_from_there(
    engine: RnnoiseEngine, speech: np.ndarray, music: np.ndarray, tmp_path: Path
) -> None:
    voice = np.stack([speech, np.zeros_like(speech)], axis=1)
    _, bed = await separated(engine, tmp_path, voice + music)
    talk = slice(2 * RATE_HZ, -2 * RATE_HZ)
    assert gains_db(bed[talk, 0], speech[talk], music[talk, 0])[0] < -12
    assert gains_db(bed[talk, 1], music[talk, 1])[0] > -4


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
async def test_mono_of_other_rates(
    rate_hz: int, engine: RnnoiseEngine, speech_wav: Path, tmp_path: Path
) -> None:
    spoken, given_hz = soundfile.read(speech_wav, dtype="float32")
    spoken = resample_poly(spoken, rate_hz, given_hz)
    noise = np.random.default_rng(1).standard_normal(len(spoken)).astype(np.float32)
    result, bed = await separated(engine, tmp_path, spoken * 0.5 + noise * 0.002, rate_hz)
    assert bed.std() < 0.2 * (spoken * 0.5).std()
    assert result.snr_db > 8


async def test_surround_voice_in_the_centre(
    engine: RnnoiseEngine, speech: np.ndarray, music: np.ndarray, tmp_path: Path
) -> None:
    sound = np.zeros((len(speech), 6), np.float32)
    sound[:, :2], sound[:, 4:] = music, np.roll(music, 4800, axis=0) * 0.5
    sound[:, 2] = speech
    _, bed = await separated(engine, tmp_path, sound)
    talk = slice(2 * RATE_HZ, -2 * RATE_HZ)
    assert gains_db(bed[talk, 2], speech[talk])[0] < -15
    for side in (0, 1, 4, 5):
        assert gains_db(bed[talk, side], sound[talk, side])[0] > -3
    assert not bed[:, 3].any()


async def test_silence_stays_silent(engine: RnnoiseEngine, tmp_path: Path) -> None:
    result, bed = await separated(engine, tmp_path, np.zeros((RATE_HZ, 2), np.float32))
    assert not bed.any()
    assert (result.snr_db, result.speech_fraction) == (0.0, 0.0)


async def test_shorter_than_one_frame(engine: RnnoiseEngine, tmp_path: Path) -> None:
    await separated(engine, tmp_path, np.full((100, 1), 0.1, np.float32).squeeze())


def test_the_delay_is_compensated(engine: RnnoiseEngine, speech: np.ndarray) -> None:
    engine.load()
    usable = len(speech) // librnnoise.FRAME * librnnoise.FRAME
    with librnnoise.Denoiser(engine._library) as denoiser:
        voice, _ = denoiser.process(speech[:usable])
    size = 2 * usable
    common = np.fft.irfft(np.fft.rfft(voice, size) * np.conj(np.fft.rfft(speech[:usable], size)))
    assert abs(int(np.argmax(common[:4000])) - librnnoise.DELAY_FRAMES * librnnoise.FRAME) <= 2


def test_blocks_do_not_show(speech: np.ndarray, music: np.ndarray, tmp_path: Path) -> None:
    """The result is the same for any size of block, so memory need not grow with the length."""
    original, voice = tmp_path / "original.flac", tmp_path / "voice.raw"
    mixed = music + speech[:, None]
    soundfile.write(original, mixed, RATE_HZ, subtype="PCM_24")
    (speech * 32767).astype("<i2").tofile(voice)
    gate = np.ones(len(speech) // 480, np.float32)
    beds = []
    for name, seconds in (("a.flac", 1.0), ("b.flac", 30.0)):
        write_bed(original, voice, gate, tmp_path / name, no_tick, seconds)
        beds.append(soundfile.read(tmp_path / name, dtype="float32")[0])
    assert error_db(beds[0], beds[1]) < -100


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    def peak_of(seconds: int) -> int:
        count = seconds * 16_000
        original, voice = tmp_path / "original.flac", tmp_path / "voice.raw"
        sound = np.random.default_rng(0).standard_normal(count).astype(np.float32) * 0.1
        soundfile.write(original, sound, 16_000)
        (sound * 32767).astype("<i2").tofile(voice)
        gate = np.ones(seconds * 100, np.float32)
        del sound
        tracemalloc.start()
        write_bed(original, voice, gate, tmp_path / "bed.flac", no_tick)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_of(60) < 1.1 * peak_of(20)


async def test_too_slow_is_a_timeout(speech: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        await separated(RnnoiseEngine(timeout_s=0.05), tmp_path, speech)
    assert caught.value.code == "engine_timeout"
    assert not (tmp_path / "voice.raw").exists()


def test_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rnnoise.librnnoise, "find_library", lambda: None)
    here = RnnoiseEngine().available()
    assert not here.ok
    assert "pyrnnoise" in here.remedy
