"""What operators may set."""

import pytest
from pydantic import ValidationError

from polydub_diarization.parts import PartRule
from polydub_diarization.segmentation import UtteranceRule
from polydub_diarization.settings import DiarizationSettings

pytestmark = pytest.mark.unit


def test_the_defaults_are_those_of_the_domain() -> None:
    settings = DiarizationSettings()
    assert settings.parts == PartRule()
    assert settings.utterances == UtteranceRule()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYDUB_DIARIZATION_PART_TARGET_S", "40")
    monkeypatch.setenv("POLYDUB_DIARIZATION_PAUSE_S", "0.45")
    settings = DiarizationSettings()
    assert settings.parts.target_ms == 40_000
    assert settings.utterances.pause_ms == 450


def test_parts_must_make_sense() -> None:
    with pytest.raises(ValidationError, match="part_min_s"):
        DiarizationSettings(part_min_s=50)
