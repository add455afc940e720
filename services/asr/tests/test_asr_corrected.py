"""A part that a person corrected: recognition hands their document on."""

from __future__ import annotations

from pathlib import Path

import pytest

from polydub.engines import EngineRegistry
from polydub.stage import StageContext
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, common_pb2, events_pb2
from polydub_asr.engines.base import AsrEngine
from polydub_asr.handler import AsrHandler

pytestmark = pytest.mark.integration


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("asr", tmp_path)


async def test_a_corrected_part_is_handed_on_and_nothing_is_recognised(
    registry: EngineRegistry[AsrEngine], context: StageContext
) -> None:
    document = asr_pb2.TranscriptDocument(
        schema_version=1,
        engine=common_pb2.EngineUse(id="pocketsphinx", version="1"),
        language="en",
        part=1,
        lines=[asr_pb2.TranscriptLine(id="u0001", speaker_id="S1", text="As it was said.")],
        warnings=[common_pb2.Warning(code="low_confidence", line_id="u0001")],
    )
    folder = context.folder("v1", of="edit")
    key = await folder.put_document("transcript-1.json", document)
    event = events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", part=1, parts=3),
        spec=events_pb2.DubSpec(
            edits=[
                events_pb2.EditedPart(part=0, key="videos/v1/other.json", digest="e0"),
                events_pb2.EditedPart(part=1, target_language="es", key="no", digest="es1"),
                events_pb2.EditedPart(part=1, key=key, digest="e1"),
            ]
        ),
    )
    # There is no diarization and no sound: whoever listened would fail.
    (emission,) = await AsrHandler(registry, low_confidence=0.5).handle(event, context)
    asr = emission.products.asr
    assert (asr.document_key, asr.digest, asr.language) == (key, "e1", "en")
    assert asr.engine.id == "pocketsphinx"
    assert emission.reused
    assert [each.code for each in emission.warnings] == ["low_confidence"]
