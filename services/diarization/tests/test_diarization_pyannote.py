"""The pyannote engine on a pipeline set by hand, for which two tones are two people."""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tones import NEAR_MS, TURNS, matches, tones

from polydub.errors import StageError
from polydub.pcm import RATE_HZ
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub_diarization.engines.base import Diarized
from polydub_diarization.engines.chunks import assembled
from polydub_diarization.engines.pyannote import PyannoteDiarization
from polydub_diarization.engines.pyannote_child import Listener, Orders
from polydub_diarization.engines.registry import open_registry
from polydub_diarization.settings import DiarizationSettings
from polydub_diarization.sound import Talk, open_sound

pytest.importorskip("pyannote.audio", reason="the extra `pyannote` is not installed")

pytestmark = pytest.mark.neural

WriteWav = Callable[[Path, np.ndarray], Path]


@pytest.fixture
def conversation(tmp_path: Path, write_wav: WriteWav) -> Talk:
    return Talk(open_sound(write_wav(tmp_path / "talk.wav", tones(TURNS, 20_300))))


def engine(model: Path, **options: float | str) -> PyannoteDiarization:
    settings = {"threads": 1, "timeout_s": 100, "link_threshold": 0.2, **options}
    return PyannoteDiarization(model_dir=model, **settings)


@pytest.fixture(scope="module")
def listener(pyannote_model: Path) -> Listener:
    """What the engine's child holds, here in this process: loading it takes ten seconds."""
    return Listener(orders_for(pyannote_model))


def orders_for(model: Path, **options: str | int) -> Orders:
    orders = Orders(
        sound="", model=str(model), speakers=0, least_speakers=0, most_speakers=0,
        device="cpu", threads=1, chunk_ms=600_000,
    )  # fmt: skip
    return replace(orders, **options)


@pytest.fixture
def hear(listener: Listener, pyannote_model: Path) -> Callable[..., Diarized]:
    def heard(talk: Talk, **options: int) -> Diarized:
        orders = orders_for(pyannote_model, sound=str(talk.sound.path), **options)
        return assembled(list(listener.listen(orders)), orders.speakers, 0.2)

    return heard


@pytest.mark.parametrize("chunk_ms", [600_000, 7_000])
@pytest.mark.parametrize("speakers", [0, 2])
def test_every_turn_is_found(hear, conversation: Talk, speakers: int, chunk_ms: int) -> None:
    """In one piece and in pieces that end in the midst of turns."""
    found = hear(conversation, speakers=speakers, chunk_ms=chunk_ms)
    matches(found, TURNS)
    assert list(found.speech) == [turn.span for turn in found.turns]
    assert not found.overlaps


@pytest.mark.parametrize("chunk_ms", [600_000, 7_000])
def test_the_number_of_speakers_is_honoured(hear, conversation: Talk, chunk_ms: int) -> None:
    found = hear(conversation, speakers=1, chunk_ms=chunk_ms)
    assert len({turn.speaker for turn in found.turns}) == 1


def test_bounds_hold_where_no_number_is_given(hear, conversation: Talk) -> None:
    assert len({turn.speaker for turn in hear(conversation, most_speakers=1).turns}) == 1
    assert len({turn.speaker for turn in hear(conversation, least_speakers=2).turns}) == 2


def test_people_who_speak_at_once(hear, tmp_path: Path, write_wav: WriteWav) -> None:
    truth = (("A", 1000, 6000), ("B", 4000, 9000))
    found = hear(Talk(open_sound(write_wav(tmp_path / "both.wav", tones(truth, 10_000)))))
    matches(found, truth)
    (both,) = found.overlaps
    assert abs(both.start_ms - 4000) <= NEAR_MS and abs(both.end_ms - 6000) <= NEAR_MS


@pytest.mark.parametrize("samples", [100, 3_000])
def test_a_moment_of_sound(hear, tmp_path: Path, write_wav: WriteWav, samples: int) -> None:
    path = write_wav(tmp_path / "brief.wav", tones((("A", 0, 1000),), 1000)[:samples])
    found = hear(Talk(open_sound(path)), speakers=2)
    assert all(turn.span.end_ms <= samples * 1000 // RATE_HZ for turn in found.turns)


def test_without_memory_on_the_gpu_batches_shrink_and_then_the_cpu_goes_on(
    hear, listener: Listener, conversation: Talk, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    import torch

    network = type(listener._pipeline._embedding)
    embed, calls = network.__call__, []

    def full(self: object, *arguments: object, **options: object) -> object:
        calls.append((listener.device, len(arguments[0])))
        if listener.device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return embed(self, *arguments, **options)

    monkeypatch.setattr(listener, "device", "cuda")
    monkeypatch.setattr(network, "__call__", full)
    matches(hear(conversation), TURNS)
    assert calls[:3] == [("cuda", 8), ("cuda", 1), ("cpu", 1)]
    notes = [json.loads(line).get("note", "") for line in capfd.readouterr().out.splitlines()]
    assert [note for note in notes if note] == [
        "The GPU's memory is full: it goes on in the smallest batches.",
        "The GPU's memory is full: the CPU goes on.",
    ]


async def test_every_turn_is_told_by_the_child(pyannote_model: Path, conversation: Talk) -> None:
    told: list[float] = []

    async def watch(fraction: float) -> None:
        told.append(fraction)

    here = engine(pyannote_model, chunk_ms=7_000)
    matches(await here.diarize(conversation, speakers=2, on_progress=watch), TURNS)
    assert told == sorted(told) and len(told) > 3
    assert 0 <= told[0] < 0.2 and told[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["embedding", "config.yaml"])
async def test_damaged_models_are_said_to_be(
    pyannote_model: Path, conversation: Talk, tmp_path: Path, name: str
) -> None:
    copy = Path(shutil.copytree(pyannote_model, tmp_path / "copy"))
    damaged = next(path for path in sorted(copy.rglob("*")) if name in str(path) and path.is_file())
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(StageError) as raised:
        await engine(copy).diarize(conversation)
    assert raised.value.code == "engine_failed" and not raised.value.retryable
    assert "damaged" in raised.value.message


async def test_cancelling_kills_the_child(pyannote_model: Path, conversation: Talk) -> None:
    work = asyncio.create_task(engine(pyannote_model).diarize(conversation))

    async def runs() -> bool:
        return _running(pyannote_model)

    await poll_until(runs, "the child runs")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not _running(pyannote_model)


def _running(model: Path) -> bool:
    """Whether there is a process with the model's folder on its command line."""
    return any(str(model) in _command(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def _command(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""  # it has ended


def test_the_model_decides_what_auto_takes(pyannote_model: Path, tmp_path: Path) -> None:
    here = CommonSettings(model_dir=pyannote_model.parents[2], cache_dir=tmp_path)
    assert open_registry(DiarizationSettings(), here).choose().id == "pyannote"
    elsewhere = DiarizationSettings(pyannote_model="mine")
    first = open_registry(elsewhere, here).all()[0].available()
    assert not first.ok and str(pyannote_model.parent / "mine") in first.remedy
    assert "HF_TOKEN" in first.remedy and "accept the terms" in first.remedy


def test_the_version_tells_the_model(pyannote_model: Path, tmp_path: Path) -> None:
    """Another model gives another result, so its artifacts need another name."""
    copy = Path(shutil.copytree(pyannote_model, tmp_path / pyannote_model.name))
    assert engine(copy).version == engine(pyannote_model).version
    assert engine(copy, most_speakers=3).version != engine(copy).version
    (copy / "embedding" / "pytorch_model.bin").write_bytes(b"another")
    assert engine(copy).version != engine(pyannote_model).version
