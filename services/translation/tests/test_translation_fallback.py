"""What takes over when the preferred engine breaks off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra polydub-translation[llm] is not installed")

from translation_vendors import Fault, Vendor, serving

from polydub.engines import EngineRegistry
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, events_pb2, translation_pb2
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.engines.registry import open_registry
from polydub_translation.handler import TranslationHandler
from polydub_translation.rpc import TranslationServicer
from polydub_translation.settings import TranslationSettings

pytestmark = pytest.mark.integration

Registry = EngineRegistry[TranslationEngine]


def nonsense(asked: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": "no"}}]}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(nonsense) as vendor:
        yield vendor


@pytest.fixture
def registry(vendor: Vendor, tmp_path: Path) -> Iterator[Registry]:
    """A language model that never gives a proper answer, before Apertium."""
    settings = TranslationSettings(llm_url=f"{vendor.url}/v1", llm_model="tiny", request_retries=0)
    opened = open_registry(settings, CommonSettings(model_dir=tmp_path))
    if not (here := opened.all()[-1].available()).ok:
        pytest.skip(here.reason)
    yield opened
    opened.close()


def request(engine: str = "", target: str = "es") -> translation_pb2.TranslateRequest:
    return translation_pb2.TranslateRequest(
        texts=["The red house."], source_language="en", target_language=target, engine=engine
    )


async def test_the_next_engine_takes_over_and_is_named(registry: Registry, vendor: Vendor) -> None:
    answer = await TranslationServicer(registry).Translate(request(), None)  # type: ignore[arg-type]
    assert answer.engine.id == "apertium"
    assert "casa" in answer.results[0].candidates[0].text
    assert len(vendor.asked) == 2


async def test_the_document_names_who_made_it(registry: Registry, tmp_path: Path) -> None:
    context = stage_context("translation", tmp_path)
    transcript = asr_pb2.TranscriptDocument(
        schema_version=1,
        language="en",
        lines=[asr_pb2.TranscriptLine(id="u1", start_ms=0, end_ms=900, text="The red house.")],
    )
    key = await context.folder("v1", transcript="t1").put_document("transcript.json", transcript)
    event = events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j1", video_id="v1", stage="asr"),
        spec=events_pb2.DubSpec(target_languages=["es"]),
        products=events_pb2.Products(
            asr=asr_pb2.AsrProducts(document_key=key, language="en", digest="t1")
        ),
        completed=events_pb2.Completed(),
    )
    handler = TranslationHandler(registry, candidates=2)
    (emission,) = await handler.handle(event, context)
    assert emission.failure is None
    assert emission.products.translation.engine.id == "apertium"
    assert [use.id for use in context.used] == ["apertium"]


async def test_an_engine_asked_for_by_name_has_no_substitute(registry: Registry) -> None:
    with pytest.raises(StageError) as told:
        await TranslationServicer(registry).Translate(request("llm"), None)  # type: ignore[arg-type]
    assert told.value.code == "engine_failed"


async def test_where_nothing_else_can_the_error_stays(registry: Registry, vendor: Vendor) -> None:
    vendor.faults = [Fault(429, {"Retry-After": "9"}, body=json.dumps({"error": {}}))]
    with pytest.raises(StageError) as told:
        await TranslationServicer(registry).Translate(request(target="ja"), None)  # type: ignore[arg-type]
    assert told.value.retryable
    assert "asks to wait 9 s" in told.value.message
