"""The gRPC face, the file names and the settings."""

from __future__ import annotations

import shutil
from typing import Any, cast

import pytest

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.assembly import file_stem
from polydub_muxing.engines.ffmpeg import FfmpegEngine
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.fit.placement import Step
from polydub_muxing.rpc import MuxingServicer
from polydub_muxing.settings import MuxingSettings

pytestmark = pytest.mark.unit

CALL = cast(Any, None)


def service() -> MuxingServicer:
    return MuxingServicer(
        open_registry(MuxingSettings(), CommonSettings()), MuxingSettings().limits
    )


async def test_the_plan_as_a_preview() -> None:
    request = muxing_pb2.PlanRequest(timeline_ms=10_000)
    request.lines.add(id="a", speaker_id="A", start_ms=0, end_ms=1000, duration_ms=1800)
    request.lines.add(id="b", speaker_id="B", start_ms=1500, end_ms=2500, duration_ms=900)
    first, second = (await service().Plan(request, CALL)).placements
    assert (first.step, first.duration_ms) == (muxing_pb2.FIT_STEP_STRETCHED, 1450)
    assert second.start_ms == 1500


async def test_impossible_times_are_refused() -> None:
    request = muxing_pb2.PlanRequest()
    request.lines.add(id="a", start_ms=5, end_ms=1)
    with pytest.raises(StageError, match="impossible"):
        await service().Plan(request, CALL)


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda command: None)
    here = FfmpegEngine().available()
    assert not here.ok
    assert "apt-get install ffmpeg rubberband-cli" in here.remedy


async def test_engines_are_listed() -> None:
    answer = await service().ListEngines(common_pb2.ListEnginesRequest(), CALL)
    assert [engine.id for engine in answer.engines] == ["ffmpeg"]


def test_steps_and_the_proto_have_the_same_names() -> None:
    for step in Step:
        assert muxing_pb2.FitStep.Value(step.wire_name) == step


@pytest.mark.parametrize(
    ("filename", "stem"),
    [
        ("My talk.final.mov", "My talk.final"),
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\a?b.mkv", "a_b"),
        ("  ", "dub"),
        (".mp4", "mp4"),
        ("x" * 300 + ".mp4", "x" * 100),
    ],
)
def test_file_stems_are_safe_to_save(filename: str, stem: str) -> None:
    assert file_stem(filename) == stem
