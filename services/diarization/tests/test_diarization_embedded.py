"""The embedded engine on speech, music and silence."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polydub.errors import StageError
from polydub.pcm import RATE_HZ
from polydub_diarization.edges import refine
from polydub_diarization.engines.base import Diarized
from polydub_diarization.engines.embedded import EmbeddedDiarization
from polydub_diarization.levels import levels_of
from polydub_diarization.sound import Sound, Talk, open_sound

pytestmark = pytest.mark.integration

WriteWav = Callable[[Path, np.ndarray], Path]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedDiarization:
    cache = tmp_path_factory.mktemp("cache")
    return EmbeddedDiarization(cache_dir=cache, threads=2, timeout_s=60)


def spoken_ms(diarized: Diarized) -> int:
    return sum(span.length_ms for span in diarized.speech)


def edges(diarized: Diarized, sound: Sound) -> list[tuple[int, int]]:
    levels = np.concatenate(list(levels_of(sound.blocks())))
    return [(span.start_ms, span.end_ms) for span in refine(diarized.speech, levels)]


async def test_two_voices_in_turns(
    engine: EmbeddedDiarization, dialogue, tmp_path: Path, write_wav: WriteWav
) -> None:
    sound = open_sound(write_wav(tmp_path / "talk.wav", dialogue.samples))
    fractions: list[float] = []

    async def watch(fraction: float) -> None:
        fractions.append(fraction)

    found = await engine.diarize(Talk(sound), on_progress=watch)
    assert fractions == sorted(fractions) and all(0 <= fraction <= 1 for fraction in fractions)
    assert len({turn.speaker for turn in found.turns}) == 2
    voice_of: dict[str, str] = {}
    for true in dialogue.turns:
        inside = [
            turn
            for turn in found.turns
            if min(turn.span.end_ms, true.end_ms) - max(turn.span.start_ms, true.start_ms) > 100
        ]
        assert {voice_of.setdefault(true.speaker, turn.speaker) for turn in inside} == {
            turn.speaker for turn in inside
        }, f"{true} was given to {inside}"
        assert abs(inside[0].span.start_ms - true.start_ms) <= 250
        assert abs(inside[-1].span.end_ms - true.end_ms) <= 250
    assert len(set(voice_of.values())) == 2


async def test_onsets_are_exact(
    engine: EmbeddedDiarization, dialogue, tmp_path: Path, write_wav: WriteWav
) -> None:
    sound = open_sound(write_wav(tmp_path / "talk.wav", dialogue.samples))
    starts = [start for start, _ in edges(await engine.diarize(Talk(sound)), sound)]
    away = [min(abs(start - turn.start_ms) for start in starts) for turn in dialogue.turns]
    assert max(away) <= 40
    assert np.median(away) <= 20


async def test_one_voice_is_one_speaker(
    engine: EmbeddedDiarization, make_talk, tmp_path: Path, write_wav: WriteWav
) -> None:
    talk = make_talk(
        [
            ("rms", "A single person can talk for a long time about very little."),
            ("rms", "What is more, nobody may notice that nothing has been said."),
            ("rms", "In the end everyone goes home and remembers a pleasant evening."),
        ]
    )
    sound = open_sound(write_wav(tmp_path / "talk.wav", talk.samples))
    assert len({turn.speaker for turn in (await engine.diarize(Talk(sound))).turns}) == 1
    forced = await engine.diarize(Talk(sound), speakers=2)
    assert len({turn.speaker for turn in forced.turns}) == 2


async def test_equal_input_gives_equal_output(
    engine: EmbeddedDiarization, dialogue, tmp_path: Path, write_wav: WriteWav
) -> None:
    talk = Talk(open_sound(write_wav(tmp_path / "talk.wav", dialogue.samples[: 12 * RATE_HZ])))
    assert await engine.diarize(talk) == await engine.diarize(talk)


@pytest.mark.parametrize("samples", [0, 100, 20 * RATE_HZ])
async def test_silence_has_no_speakers(
    engine: EmbeddedDiarization, tmp_path: Path, write_wav: WriteWav, samples: int
) -> None:
    path = write_wav(tmp_path / "silence.wav", np.zeros(samples, np.float32))
    assert await engine.diarize(Talk(open_sound(path))) == Diarized((), ())


async def test_music_is_hardly_speech(
    engine: EmbeddedDiarization, music, tmp_path: Path, write_wav: WriteWav
) -> None:
    path = write_wav(tmp_path / "music.wav", music(20))
    assert spoken_ms(await engine.diarize(Talk(open_sound(path)))) < 2000


async def test_the_voice_estimate_brings_back_what_music_hides(
    engine: EmbeddedDiarization, dialogue, music, tmp_path: Path, write_wav: WriteWav
) -> None:
    voice = dialogue.samples
    loud = voice + 4 * music(len(voice) / RATE_HZ)[: len(voice)]
    mixed = open_sound(write_wav(tmp_path / "mixed.wav", loud))
    estimate = open_sound(write_wav(tmp_path / "voice.wav", voice))
    true_ms = sum(turn.end_ms - turn.start_ms for turn in dialogue.turns)
    without, with_voice = (
        await engine.diarize(Talk(mixed)),
        await engine.diarize(Talk(mixed, estimate)),
    )
    assert spoken_ms(without) < 0.7 * true_ms
    assert spoken_ms(with_voice) > 0.9 * true_ms


async def test_numbers_of_speakers_that_can_not_be(
    engine: EmbeddedDiarization, tmp_path: Path, write_wav: WriteWav
) -> None:
    talk = Talk(open_sound(write_wav(tmp_path / "a.wav", np.zeros(1600, np.float32))))
    for wrong in (-1, 21):
        with pytest.raises(StageError) as raised:
            await engine.diarize(talk, speakers=wrong)
        assert raised.value.code == "invalid_request"


async def test_a_time_limit_is_kept(tmp_path: Path, dialogue, write_wav: WriteWav) -> None:
    hasty = EmbeddedDiarization(cache_dir=tmp_path, threads=1, timeout_s=0.01)
    hasty.load()
    path = write_wav(tmp_path / "long.wav", np.tile(dialogue.samples, 10))
    with pytest.raises(StageError) as raised:
        await hasty.diarize(Talk(open_sound(path)))
    assert raised.value.code == "engine_timeout" and raised.value.retryable


async def test_cancelling_ends_the_work(
    engine: EmbeddedDiarization, tmp_path: Path, dialogue, write_wav: WriteWav
) -> None:
    path = write_wav(tmp_path / "long.wav", np.tile(dialogue.samples, 40))
    begun = asyncio.Event()

    async def watch(fraction: float) -> None:
        begun.set()

    work = asyncio.create_task(engine.diarize(Talk(open_sound(path)), on_progress=watch))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


def test_it_says_what_it_is(engine: EmbeddedDiarization) -> None:
    info = engine.info()
    assert info.available and info.licence and info.limits and info.commercial_use
    assert "silero" in info.version and "ge2e" in info.version
