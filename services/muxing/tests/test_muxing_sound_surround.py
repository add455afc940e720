"""A talk in 5.1, and how a dub's options are heard in the finished file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_jobs import RATE_HZ, SaidLine, ffmpeg, make_job, music, original_of
from muxing_sounds import level_db

from polydub.artifacts import read_document
from polydub.settings import CommonSettings
from polydub.testing import stage_context
from polydub.v1 import events_pb2, muxing_pb2
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.settings import MuxingSettings

pytestmark = pytest.mark.integration

LINES = (SaidLine("u1", "S1", 1000, 2500, 1500),)
CENTRE, LEFT_BACK = 2, 4


async def test_surround_stays_surround(tmp_path: Path) -> None:
    bed = music(4000, channels=6)
    original = bed.copy()
    original[:, CENTRE] = original_of(bed[:, CENTRE : CENTRE + 1], LINES)[:, 0]
    soundfile.write(tmp_path / "o.wav", original, RATE_HZ)
    clip = tmp_path / "clip.mka"
    ffmpeg("-i", tmp_path / "o.wav", "-af", "aformat=channel_layouts=5.1", "-c:a", "flac", clip)
    context = stage_context("muxing", tmp_path)
    job = await make_job(context, clip, bed=bed, original=original, lines=LINES, video=None)
    settings = MuxingSettings()
    muxing = MuxingHandler(open_registry(settings, CommonSettings()), settings)
    (emission,) = await muxing.handle(job.events[0], context)
    report = await report_of(job, emission.products)
    assert (report.source_layout, report.layout) == ("5.1", "5.1")
    assert "channels_folded" not in [warning.code for warning in report.warnings]
    assert abs(report.loudness_delta_lu) <= 1.0 and report.true_peak_dbtp <= -1.0

    dub = await job.output(emission.products, "audio", tmp_path)
    ffmpeg("-i", dub, "-c:a", "pcm_f32le", tmp_path / "dub.wav")
    heard, _ = soundfile.read(tmp_path / "dub.wav", dtype="float32")
    said = slice(round(1.1 * RATE_HZ), round(2.4 * RATE_HZ))
    assert level_db(heard[said, CENTRE]) > level_db(bed[said, CENTRE]) + 6
    for channel in (0, 1, LEFT_BACK, LEFT_BACK + 1):
        there, wanted = heard[said, channel], bed[said, channel]
        assert level_db(there - wanted) < level_db(wanted) - 20  # what AAC leaves
    mixed, _ = soundfile.read(context.scratch / "dub.flac", dtype="float32")
    sides = np.delete(np.arange(6), CENTRE)
    np.testing.assert_allclose(mixed[:, sides], bed[:, sides], atol=2**-22)


async def test_a_choice_of_sound_is_another_result_and_no_choice_is_none(tmp_path: Path) -> None:
    bed = music(2000)
    soundfile.write(tmp_path / "o.wav", bed, RATE_HZ)
    context = stage_context("muxing", tmp_path)
    job = await make_job(
        context, tmp_path / "o.wav", bed=bed, original=bed, lines=LINES, video=None
    )
    settings = MuxingSettings()
    registry = open_registry(settings, CommonSettings())
    muxing, engine = MuxingHandler(registry, settings), registry.choose("", task="muxing")
    (event,) = job.events

    def digest() -> str:
        return muxing._folder(event, {0: event.products}, engine, context).digest

    plain = digest()
    event.spec.sound.SetInParent()
    assert digest() == plain
    event.spec.sound.voice_over = True
    assert digest() != plain


async def report_of(job, products: events_pb2.Products) -> muxing_pb2.ReportDocument:
    key = next(file.key for file in products.muxing.files if file.kind == "report")
    return await read_document(job.context.store, key, muxing_pb2.ReportDocument)
