"""The sherpa engine on networks made by hand, for which two tones are two people."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tones import TURNS, matches, tones

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub_diarization.engines.registry import open_registry
from polydub_diarization.engines.sherpa import SherpaDiarization
from polydub_diarization.settings import DiarizationSettings
from polydub_diarization.sound import Talk, open_sound

pytest.importorskip("sherpa_onnx", reason="the extra `sherpa` is not installed")
pytestmark = pytest.mark.integration

WriteWav = Callable[[Path, np.ndarray], Path]


@pytest.fixture
def conversation(tmp_path: Path, write_wav: WriteWav) -> Talk:
    return Talk(open_sound(write_wav(tmp_path / "talk.wav", tones(TURNS, 20_300))))


def engine(models: Path, **options: float) -> SherpaDiarization:
    settings = {"threshold": 0.2, "threads": 1, "timeout_s": 60, **options}
    return SherpaDiarization(model_dir=models, **settings)


@pytest.mark.parametrize("chunk_ms", [600_000, 7_000])
@pytest.mark.parametrize("speakers", [0, 2])
async def test_every_turn_is_found(
    sherpa_models: Path, conversation: Talk, speakers: int, chunk_ms: int
) -> None:
    """In one piece and in pieces that end in the midst of turns."""
    found = await engine(sherpa_models, chunk_ms=chunk_ms).diarize(conversation, speakers=speakers)
    matches(found, TURNS)
    assert list(found.speech) == [turn.span for turn in found.turns]


async def test_the_number_of_speakers_is_honoured(sherpa_models: Path, conversation: Talk) -> None:
    found = await engine(sherpa_models, chunk_ms=7_000).diarize(conversation, speakers=1)
    assert len({turn.speaker for turn in found.turns}) == 1


async def test_the_threshold_decides_where_no_number_is_given(
    sherpa_models: Path, conversation: Talk
) -> None:
    found = await engine(sherpa_models, threshold=1.9).diarize(conversation)
    assert len({turn.speaker for turn in found.turns}) == 1


async def test_people_who_speak_at_once(
    sherpa_models: Path, tmp_path: Path, write_wav: WriteWav
) -> None:
    truth = (("A", 1000, 6000), ("B", 4000, 9000))
    path = write_wav(tmp_path / "both.wav", tones(truth, 10_000))
    found = await engine(sherpa_models).diarize(Talk(open_sound(path)))
    matches(found, truth)
    assert len(found.speech) == 1


async def test_progress_only_grows(sherpa_models: Path, conversation: Talk) -> None:
    told: list[float] = []

    async def watch(fraction: float) -> None:
        told.append(fraction)

    await engine(sherpa_models, chunk_ms=7_000).diarize(conversation, on_progress=watch)
    assert told == sorted(told) and len(told) > 3
    assert told[0] > 0 and told[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["segmentation.onnx", "embedding.onnx"])
async def test_damaged_models_are_said_to_be(
    sherpa_models: Path, conversation: Talk, tmp_path: Path, name: str
) -> None:
    for kind, content in (("cut", b"no network"), ("other", _other(sherpa_models, name))):
        models = tmp_path / kind
        models.mkdir()
        for path in sherpa_models.iterdir():
            (models / path.name).write_bytes(content if path.name == name else path.read_bytes())
        with pytest.raises(StageError) as raised:
            await engine(models).diarize(conversation)
        assert raised.value.code == "engine_failed" and not raised.value.retryable
        assert "damaged" in raised.value.message


def _other(models: Path, name: str) -> bytes:
    """The other network in this one's place: sherpa-onnx ends its process then."""
    return next(path for path in models.iterdir() if path.name != name).read_bytes()


def test_without_models_the_embedded_engine_is_chosen(tmp_path: Path) -> None:
    common = CommonSettings(model_dir=tmp_path, cache_dir=tmp_path)
    registry = open_registry(DiarizationSettings(), common)
    assert registry.choose().id == "embedded"
    here = next(e for e in registry.all() if e.id == "sherpa").available()
    assert not here.ok and str(tmp_path / "diarization" / "sherpa") in here.remedy


def test_with_models_it_is_chosen(sherpa_models: Path) -> None:
    common = CommonSettings(model_dir=sherpa_models.parents[1])
    assert open_registry(DiarizationSettings(), common).choose().id == "sherpa"


def test_the_version_tells_the_models(sherpa_models: Path, tmp_path: Path) -> None:
    """Other models give other results, so their artifacts need other names."""
    copy = tmp_path / "models"
    copy.mkdir()
    for path in sherpa_models.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert engine(copy).version == engine(sherpa_models).version
    (copy / "embedding.onnx").write_bytes(b"another")
    assert engine(copy).version != engine(sherpa_models).version
    assert engine(copy, threshold=0.4).version != engine(copy).version
