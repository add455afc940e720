"""The finished file is recognised again: by recorded ears that tell tones, and by a real engine."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from muxing_jobs import Sound, ffmpeg
from muxing_peers import Asr, serving

from polydub.engines import EngineRegistry
from polydub.pcm import RATE_HZ, PcmReader
from polydub.peers import Peers
from polydub.store.local import LocalStore
from polydub.testing import poll_until
from polydub.v1 import asr_pb2
from polydub_muxing.report.recognition import Listener, Talk
from polydub_muxing.report.recognized import NOT_RECOGNIZED, Recognized, TimedWord
from polydub_muxing.report.sample import SampleLine
from polydub_muxing.sound.backdrop import Sounds

pytestmark = pytest.mark.integration

VOICE_HZ = 22_050
OFFSET_MS = 300
LINES = (("u1", 500, 1300, 400), ("u2", 2000, 2700, 700), ("u3", 3100, 3900, 1100))
"""Id, start, end, and the pitch that stands for its word."""


def tone(f0_hz: float, duration_ms: int, rate_hz: int) -> Sound:
    moments = np.arange(duration_ms * rate_hz // 1000) / rate_hz
    return np.asarray(0.3 * np.sin(2 * np.pi * f0_hz * moments), np.float32)


def word_of(samples: Sound) -> str:
    """The loudest tone, to 100 Hz, in letters."""
    spectrum = np.abs(np.fft.rfft(samples))
    f0_hz = float(np.argmax(spectrum)) * RATE_HZ / len(samples)
    return f"pitch{round(f0_hz / 100)}"


async def tones_talk(folder: Path, store: LocalStore, **changed: float) -> Talk:
    """A dub of tones; ``changed`` lines sound at another pitch in the mix than as spoken."""
    mix = np.zeros(48_000 * 5, np.float32)
    lines = []
    for name, start_ms, end_ms, f0_hz in LINES:
        first = (start_ms + OFFSET_MS) * 48
        heard = tone(changed.get(name, f0_hz), end_ms - start_ms, 48_000)
        mix[first : first + len(heard)] += heard
        soundfile.write(folder / "raw.wav", tone(f0_hz, 600, VOICE_HZ), VOICE_HZ)
        await store.put_file(f"videos/v/{name}.wav", folder / "raw.wav")
        word = TimedWord("pitch4", start_ms + 100)
        lines.append(
            SampleLine(name, f"Pitch{f0_hz // 100}!", f"videos/v/{name}.wav", start_ms, end_ms,
                       start_ms, end_ms, [word])
        )  # fmt: skip
    soundfile.write(folder / "mix.wav", mix, 48_000)
    ffmpeg("-i", folder / "mix.wav", "-c:a", "aac", "-b:a", "128k", folder / "dub.m4a")
    return Talk(folder / "dub.m4a", OFFSET_MS, "es", "en", lines, "videos/v/muxing/d")


def ear(store: LocalStore) -> Any:
    async def hear(request: asr_pb2.TranscribeRequest) -> list[asr_pb2.Word]:
        samples = await PcmReader(store, request.audio_key).read(request.start_ms, request.end_ms)
        loud = np.flatnonzero(np.abs(samples) > 0.1)
        start_ms = request.start_ms + int(loud[0]) * 1000 // RATE_HZ
        text = word_of(samples[loud[0] : loud[-1]])
        return [asr_pb2.Word(text=text, start_ms=start_ms, end_ms=start_ms + 10)]

    return hear


async def ignore(fraction: float) -> None:
    assert 0 <= fraction <= 1


async def listen(
    others: Peers, store: LocalStore, folder: Path, talk: Talk, timeout_s: float = 60
) -> Recognized:
    return await Listener(others, store, folder, timeout_s).listen(talk, ignore)


async def sample_files(store: LocalStore) -> list[str]:
    return [info.key async for info in store.walk("videos/v/muxing")]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


async def test_each_line_is_cut_out_where_it_sounds(tmp_path: Path, store: LocalStore) -> None:
    talk = await tones_talk(tmp_path, store)
    asr = Asr(ear(store), ["es", "en"])
    async with serving(asr=asr) as others:
        found = await listen(others, store, tmp_path, talk)
    assert {name: line.heard_text for name, line in found.lines.items()} == {
        "u1": "pitch4", "u2": "pitch7", "u3": "pitch11",
    }  # fmt: skip
    assert (found.back_error, found.raw_error) == (0, 0)
    # The one source word that sounds at its own time: the first line's own.
    assert (found.leaked, found.source_words) == (1, 3)
    assert len(asr.asked) == 9
    assert await sample_files(store) == []
    assert not list(tmp_path.glob("recognized*"))


async def test_what_the_mix_spoils_is_told_from_what_the_voice_does(
    tmp_path: Path, store: LocalStore
) -> None:
    talk = await tones_talk(tmp_path, store, u2=1500)
    async with serving(asr=Asr(ear(store), ["es"])) as others:
        found = await listen(others, store, tmp_path, talk)
    assert found.back_error == pytest.approx(1 / 3)
    assert (found.raw_error, found.reference_error, found.leakage) == (0, 0, -1)
    assert found.not_understood() == {"u2"}


async def test_what_the_background_covers_is_covered_in_the_reference_too(
    tmp_path: Path, store: LocalStore
) -> None:
    """Whoever mixes it: the line is not lost to the dub."""
    plain = await tones_talk(tmp_path, store)
    mix, rate_hz = soundfile.read(tmp_path / "mix.wav", dtype="float32")
    mix = mix[OFFSET_MS * rate_hz // 1000 :]
    bed = np.zeros_like(mix)
    covered = slice(1900 * rate_hz // 1000, 2800 * rate_hz // 1000)  # u2
    bed[covered] = 2 * tone(2000, 900, rate_hz)
    for name, sound in (("original", mix + bed), ("bed", bed), ("mix", mix + bed)):
        soundfile.write(tmp_path / f"{name}.wav", sound, rate_hz, subtype="FLOAT")
    ffmpeg("-i", tmp_path / "mix.wav", "-c:a", "aac", "-b:a", "128k", tmp_path / "dub.m4a")
    split = Sounds(tmp_path / "original.wav", tmp_path / "bed.wav")
    talk = replace(plain, offset_ms=0, split=split)
    async with serving(asr=Asr(ear(store), ["es"])) as others:
        found = await listen(others, store, tmp_path, talk)
        alone = await listen(others, store, tmp_path, replace(talk, split=None))
    assert found.lines["u2"].heard_text == "pitch20"
    assert found.back_error == found.reference_error == pytest.approx(1 / 3)
    assert found.raw_error == alone.reference_error == 0


async def test_without_an_engine_for_the_language_only_the_leak_is_measured(
    tmp_path: Path, store: LocalStore
) -> None:
    talk = await tones_talk(tmp_path, store)
    async with serving(asr=Asr(ear(store), ["en-US"])) as others:
        found = await listen(others, store, tmp_path, talk)
    assert (found.back_error, found.raw_error, found.leakage) == (-1, -1, pytest.approx(1 / 3))
    async with serving(asr=Asr(ear(store), ["de"])) as others:
        assert await listen(others, store, tmp_path, talk) == NOT_RECOGNIZED


async def test_without_an_answer_nothing_is_measured_and_nothing_fails(
    tmp_path: Path, store: LocalStore
) -> None:
    talk = await tones_talk(tmp_path, store)

    async def never(request: object) -> list[asr_pb2.Word]:
        await asyncio.Event().wait()
        return []

    async with serving() as others:
        assert await listen(others, store, tmp_path, talk) == NOT_RECOGNIZED
    async with serving(asr=Asr(never, ["es"])) as others:
        assert await listen(others, store, tmp_path, talk, timeout_s=1.5) == NOT_RECOGNIZED
    assert await sample_files(store) == []


async def test_cancelling_takes_the_sample_away(tmp_path: Path, store: LocalStore) -> None:
    talk = await tones_talk(tmp_path, store)

    async def never(request: object) -> list[asr_pb2.Word]:
        await asyncio.Event().wait()
        return []

    asr = Asr(never, ["es"])

    async def is_asked() -> bool:
        return bool(asr.asked)

    async with serving(asr=asr) as others:
        task = asyncio.create_task(listen(others, store, tmp_path, talk))
        await poll_until(is_asked, "asr to be asked")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await sample_files(store) == []


SENTENCES = ("The river runs through the valley.",)


def spoken(path: Path, text: str) -> tuple[Sound, int]:
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", path], check=True)
    samples, rate_hz = soundfile.read(path, dtype="float32")
    return samples, rate_hz


async def speech_talk(folder: Path, store: LocalStore, noise: float) -> Talk:
    """English lines under noise, and their recordings."""
    rng = np.random.default_rng(1)
    pieces, lines, moment_ms = [], [], 0
    for number, text in enumerate(SENTENCES):
        path = folder / f"said{number}.wav"
        said, rate_hz = spoken(path, text)
        await store.put_file(f"videos/v/u{number}.wav", path)
        pieces += [np.zeros(rate_hz // 2, np.float32), said]
        start_ms = moment_ms + 500
        moment_ms = start_ms + len(said) * 1000 // rate_hz
        lines.append(
            SampleLine(
                f"u{number}",
                text,
                f"videos/v/u{number}.wav",
                start_ms,
                moment_ms,
                start_ms,
                moment_ms,
            )
        )
    voice = np.concatenate(pieces)
    bed = np.asarray(noise * rng.standard_normal(len(voice)), np.float32)
    for name, sound in (("mix", (voice + bed) / 2), ("original", voice + bed), ("bed", bed)):
        soundfile.write(folder / f"{name}.wav", sound, rate_hz, subtype="FLOAT")
    ffmpeg("-i", folder / "mix.wav", "-c:a", "aac", "-b:a", "128k", folder / "dub.m4a")
    split = Sounds(folder / "original.wav", folder / "bed.wav")
    return Talk(folder / "dub.m4a", 0, "en", "es", lines, "videos/v/muxing/d", split=split)


async def test_a_clean_mix_is_understood_like_the_recordings_and_noise_is_not(
    tmp_path: Path, store: LocalStore
) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    asr_rpc = pytest.importorskip("polydub_asr.rpc", reason="polydub-asr is not installed")
    engines = pytest.importorskip("polydub_asr.engines.pocketsphinx")
    engine = engines.PocketSphinxEngine(timeout_s=60)
    servicer = asr_rpc.AsrServicer(EngineRegistry("asr", [lambda: engine]), store)
    async with serving(asr=servicer) as others:
        clean = await listen(others, store, tmp_path, await speech_talk(tmp_path, store, 0.0))
        loud = await listen(others, store, tmp_path, await speech_talk(tmp_path, store, 0.2))
    assert clean.raw_error == loud.raw_error < 0.5
    assert clean.back_error <= clean.raw_error + 0.1
    assert loud.back_error > clean.back_error + 0.25
    assert clean.reference_error == clean.raw_error
    assert loud.reference_error == pytest.approx(loud.back_error, abs=0.2)
