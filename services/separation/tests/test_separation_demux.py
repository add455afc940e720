"""Files of all formats through probe and demux, with real ffmpeg."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from polydub import pcm
from polydub.errors import MediaError
from polydub.v1 import common_pb2
from polydub_separation.demux import Demuxed, demux
from polydub_separation.work import probe_stored

pytestmark = pytest.mark.integration

FFmpeg = Callable[..., None]
PICTURE = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=25")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-shortest")
FORMATS = {
    "talk.mp4": (*X264, "-c:a", "aac"),
    "talk.mov": (*X264, "-c:a", "pcm_s16le"),
    "talk.mkv": (*X264, "-c:a", "libopus"),
    "talk.avi": ("-c:v", "mpeg4", "-shortest", "-c:a", "libmp3lame"),
    "talk.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-shortest", "-c:a", "libvorbis"),
    "talk.mp3": ("-vn", "-c:a", "libmp3lame"),
    "talk.wav": ("-vn", "-c:a", "pcm_s24le"),
    "talk.m4a": ("-vn", "-c:a", "aac"),
    "talk.flac": ("-vn", "-c:a", "flac"),
    "talk.ogg": ("-vn", "-c:a", "libvorbis"),
}


async def taken_out(path: Path, folder: Path) -> tuple[common_pb2.MediaInfo, Demuxed]:
    facts = await probe_stored(path, "")
    return facts, await demux(path, facts, folder, timeout_s=60)


def analysis_of(done: Demuxed) -> np.ndarray:
    samples, rate_hz = soundfile.read(done.analysis, dtype="float32")
    assert rate_hz == pcm.RATE_HZ
    return np.asarray(samples)


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format(name: str, speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = tmp_path / name
    ffmpeg("-i", speech_wav, *PICTURE, "-map", "0:a", "-map", "1:v", "-ar", "48000",
           "-t", "3", *FORMATS[name], source)  # fmt: skip
    facts, done = await taken_out(source, tmp_path)
    whole = soundfile.info(done.original)
    assert (whole.samplerate, whole.channels) == (48_000, 1)
    assert done.duration_s == pytest.approx(3.0, abs=0.1)
    assert len(facts.video) == (0 if "-vn" in FORMATS[name] else 1)
    data = done.analysis.read_bytes()
    samples = (len(data) - pcm.HEADER_BYTES) // 2
    assert data[: pcm.HEADER_BYTES] == pcm.wav_header(samples)
    assert samples == pytest.approx(whole.frames / 3, abs=2)
    spoken, _ = soundfile.read(speech_wav, dtype="float32", frames=len(analysis_of(done)))
    heard = analysis_of(done)[: len(spoken)]
    lag = int(np.argmax(np.correlate(heard, spoken, "full"))) - (len(spoken) - 1)
    offset = round(pcm.RATE_HZ * (facts.audio[0].start_s - facts.start_s))
    assert abs(lag + offset) < 0.06 * pcm.RATE_HZ, "the sound stands where the source has it"


async def test_depth_follows_the_source(speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    for name, codec, expected in (
        ("a.wav", "pcm_s16le", "PCM_16"), ("b.wav", "pcm_s24le", "PCM_24"),
        ("c.wav", "pcm_f32le", "PCM_24"), ("d.mp3", "libmp3lame", "PCM_24"),
    ):  # fmt: skip
        ffmpeg("-i", speech_wav, "-t", "1", "-c:a", codec, tmp_path / name)
        _, done = await taken_out(tmp_path / name, tmp_path)
        assert soundfile.info(done.original).subtype == expected


async def test_lossless_sound_is_kept_bit_for_bit(speech_wav: Path, tmp_path: Path) -> None:
    _, done = await taken_out(speech_wav, tmp_path)
    kept, _ = soundfile.read(done.original, dtype="int16")
    given, _ = soundfile.read(speech_wav, dtype="int16")
    assert np.array_equal(kept, given)


@pytest.mark.parametrize("channel", [0, 1])
async def test_a_speaker_on_one_channel_survives(
    channel: int, speech: np.ndarray, tmp_path: Path
) -> None:
    sound = np.zeros((len(speech), 2), np.float32)
    sound[:, channel] = speech
    soundfile.write(tmp_path / "s.wav", sound, 48_000)
    _, done = await taken_out(tmp_path / "s.wav", tmp_path)
    assert 20 * np.log10(analysis_of(done).std() / speech.std()) > -7


async def test_a_speaker_with_one_channel_upside_down_survives(
    speech: np.ndarray, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "s.wav", np.stack([speech, -speech], 1), 48_000)
    _, done = await taken_out(tmp_path / "s.wav", tmp_path)
    assert 20 * np.log10(analysis_of(done).std() / speech.std()) > -1


async def test_more_channels_than_flac_holds_are_folded(speech: np.ndarray, tmp_path: Path) -> None:
    sound = np.zeros((48_000 * 4, 12), np.float32)
    sound[:, 7] = speech[: len(sound)]
    soundfile.write(tmp_path / "s.wav", sound, 48_000)
    _, done = await taken_out(tmp_path / "s.wav", tmp_path)
    left, right = soundfile.read(done.original)[0].std(axis=0)
    assert left == 0
    assert right > 0


async def test_start_offset_is_carried(speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = tmp_path / "late.mkv"
    ffmpeg(*PICTURE, "-itsoffset", "0.5", "-i", speech_wav, "-t", "3", *X264, "-c:a", "flac",
           source)  # fmt: skip
    facts, done = await taken_out(source, tmp_path)
    assert facts.audio[0].start_s - facts.start_s == pytest.approx(0.5, abs=0.01)
    assert done.duration_s == pytest.approx(2.5, abs=0.2), "no silence is put before it"


async def test_gaps_keep_their_time(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = tmp_path / "gap.mkv"
    tone = "sine=frequency=440:duration=6,aselect='not(between(t,2,3))'"
    ffmpeg("-f", "lavfi", "-i", tone, "-c:a", "flac", source)
    _, done = await taken_out(source, tmp_path)
    assert done.duration_s == pytest.approx(6.0, abs=0.1)
    samples = analysis_of(done)
    assert np.abs(samples[int(2.3 * 16_000) : int(2.8 * 16_000)]).max() < 1e-3


async def test_unknown_duration(speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = tmp_path / "live.webm"
    ffmpeg("-i", speech_wav, "-t", "3", "-c:a", "libopus", "-f", "webm", "-live", "1", source)
    facts, done = await taken_out(source, tmp_path)
    assert facts.audio[0].duration_s == 0
    assert done.duration_s == pytest.approx(3.0, abs=0.1)


async def test_progress_is_told(speech_wav: Path, tmp_path: Path) -> None:
    told: list[float] = []

    async def listen(fraction: float) -> None:
        told.append(fraction)

    facts = await probe_stored(speech_wav, "")
    await demux(speech_wav, facts, tmp_path, timeout_s=60, on_fraction=listen)
    assert told and told[-1] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("flags", [(), ("-movflags", "+faststart")])
async def test_a_cut_mp4(
    flags: tuple[str, ...], speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg
) -> None:
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    ffmpeg("-i", speech_wav, *PICTURE, *X264, "-c:a", "aac", *flags, whole)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    assert await code_of(cut, tmp_path) == "media_truncated"


async def test_a_cut_flac_is_found_by_its_length(
    speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg
) -> None:
    whole, cut = tmp_path / "whole.flac", tmp_path / "cut.flac"
    ffmpeg("-i", speech_wav, whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert await code_of(cut, tmp_path) == "media_truncated"


async def test_sound_may_be_shorter_than_the_picture(
    speech_wav: Path, tmp_path: Path, ffmpeg: FFmpeg
) -> None:
    source = tmp_path / "short.mkv"
    ffmpeg("-t", "2", "-i", speech_wav, "-t", "8", *PICTURE, "-c:v", "mpeg4", "-c:a", "aac", source)
    facts, done = await taken_out(source, tmp_path)
    assert facts.duration_s == pytest.approx(8.0, abs=0.1)
    assert done.duration_s == pytest.approx(2.0, abs=0.2)


async def test_what_cannot_be_dubbed(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    silent = tmp_path / "silent.mp4"
    ffmpeg("-t", "1", *PICTURE, *X264, silent)
    assert await code_of(silent, tmp_path) == "no_audio_stream"
    empty, text = tmp_path / "empty", tmp_path / "text"
    empty.touch()
    assert await code_of(empty, tmp_path) == "media_empty"
    text.write_text("This is a letter, not a film.\n" * 100)
    assert await code_of(text, tmp_path) == "media_unreadable"


async def test_headers_without_sound(speech_wav: Path, tmp_path: Path) -> None:
    source = tmp_path / "empty.wav"
    source.write_bytes(pcm.wav_header(0))
    assert await code_of(source, tmp_path) == "media_unreadable"


async def code_of(path: Path, folder: Path) -> str:
    with pytest.raises(MediaError) as caught:
        await taken_out(path, folder)
    assert str(folder) not in caught.value.message
    return caught.value.code
