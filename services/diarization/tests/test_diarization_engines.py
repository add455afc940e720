"""What every engine must do, whatever it is made of."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polydub.errors import StageError
from polydub.pcm import RATE_HZ
from polydub.settings import CommonSettings
from polydub_diarization.engines.base import DiarizationEngine, Diarized
from polydub_diarization.engines.registry import open_registry
from polydub_diarization.settings import DiarizationSettings
from polydub_diarization.sound import Talk, open_sound

pytestmark = pytest.mark.integration

WriteWav = Callable[[Path, np.ndarray], Path]
Make = Callable[..., DiarizationEngine]


@pytest.fixture(params=[pytest.param("pyannote", marks=pytest.mark.neural), "sherpa", "embedded"])
def model_dir(request: pytest.FixtureRequest) -> Path:
    """A folder with models for the engine, where it needs any."""
    if request.param == "pyannote":
        return request.getfixturevalue("pyannote_model").parents[2]
    return request.getfixturevalue("sherpa_models").parents[1]


@pytest.fixture
def make(
    request: pytest.FixtureRequest, model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Make:
    """Makes the engine with other settings than the usual ones; skips what is not installed."""
    common = CommonSettings(model_dir=model_dir, cache_dir=tmp_path_factory.getbasetemp() / "cache")
    wanted = request.node.callspec.params["model_dir"]

    def build(**settings: float) -> DiarizationEngine:
        registry = open_registry(DiarizationSettings(**settings), common)
        engine = next(engine for engine in registry.all() if engine.id == wanted)
        if not engine.available().ok:
            pytest.skip(engine.available().reason)
        return engine

    return build


@pytest.fixture
def talk(tmp_path: Path, write_wav: WriteWav) -> Callable[[np.ndarray], Talk]:
    return lambda samples: Talk(open_sound(write_wav(tmp_path / "talk.wav", samples)))


def tone(seconds: float) -> np.ndarray:
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)


@pytest.mark.parametrize("samples", [0, 100, 5 * RATE_HZ])
async def test_where_nobody_speaks_there_is_nothing(make: Make, talk, samples: int) -> None:
    found = await make().diarize(talk(np.zeros(samples, np.float32)), speakers=2)
    assert found == Diarized((), ())


async def test_turns_lie_in_speech_and_speech_in_the_talk(make: Make, talk, dialogue) -> None:
    there = talk(dialogue.samples)
    found = await make().diarize(there)
    for before, after in zip(found.speech, found.speech[1:], strict=False):
        assert before.end_ms < after.start_ms
    for span in found.speech:
        assert 0 <= span.start_ms < span.end_ms <= there.sound.duration_ms
    for turn in found.turns:
        assert any(turn.span.shared_ms(span) == turn.span.length_ms for span in found.speech)


async def test_wrong_numbers_of_speakers_are_refused(make: Make, talk) -> None:
    for wrong in (-1, 21):
        with pytest.raises(StageError) as raised:
            await make().diarize(talk(np.zeros(100, np.float32)), speakers=wrong)
        assert raised.value.code == "invalid_request"


async def test_a_time_limit_is_kept(make: Make, talk) -> None:
    with pytest.raises(StageError) as raised:
        await make(timeout_s=0.05).diarize(talk(tone(600)))
    assert raised.value.code == "engine_timeout" and raised.value.retryable


async def test_cancelling_ends_the_work(make: Make, talk, dialogue) -> None:
    begun = asyncio.Event()

    async def watch(fraction: float) -> None:
        begun.set()

    samples = np.concatenate([tone(10), np.tile(dialogue.samples, 15)])
    work = asyncio.create_task(make().diarize(talk(samples), on_progress=watch))
    await asyncio.wait_for(begun.wait(), 30)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_two_talks_at_once_do_not_mix(
    make: Make, tmp_path: Path, write_wav, dialogue
) -> None:
    engine = make()
    there = Talk(open_sound(write_wav(tmp_path / "a.wav", dialogue.samples[: 10 * RATE_HZ])))
    empty = Talk(open_sound(write_wav(tmp_path / "b.wav", np.zeros(RATE_HZ, np.float32))))
    alone = await engine.diarize(there)
    first, second, again = await asyncio.gather(
        engine.diarize(there), engine.diarize(empty), engine.diarize(there)
    )
    assert first == again == alone
    assert second == Diarized((), ())


def test_it_says_what_it_is(make: Make) -> None:
    info = make().info()
    assert info.available and info.licence and info.limits and info.version
