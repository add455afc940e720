"""Finished dubs whose documents lie in the store, as corrections start from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from polydub.artifacts import dump_document
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub.v1 import asr_pb2, events_pb2, muxing_pb2, translation_pb2, tts_pb2

HEARD = (("Hello there.", "How are you?"), ("It is late.",))
"""By part."""
SAID = {
    "es": (("Hola.", "¿Qué tal?"), ("Es tarde.",)),
    "fr": (("Bonjour.", "Ça va ?"), ("Il est tard.",)),
}


@pytest.fixture
def store(gateway: Any) -> ObjectStore:
    return open_store(CommonSettings(store_dir=Path(gateway.store_dir)))


def line_id(part: int, number: int) -> str:
    return f"u{part}{number:03}"


def transcript(part: int) -> asr_pb2.TranscriptDocument:
    return asr_pb2.TranscriptDocument(
        schema_version=1,
        language="en",
        part=part,
        lines=[
            asr_pb2.TranscriptLine(
                id=line_id(part, number),
                speaker_id=f"S{number + 1}",
                start_ms=part * 5000 + number * 2000,
                end_ms=part * 5000 + number * 2000 + 1500,
                text=text,
                confidence=0.5,
            )
            for number, text in enumerate(HEARD[part])
        ],
    )


def translation(part: int, language: str) -> translation_pb2.TranslationDocument:
    return translation_pb2.TranslationDocument(
        schema_version=1,
        source_language="en",
        target_language=language,
        part=part,
        lines=[
            translation_pb2.TranslatedLine(
                id=line.id,
                speaker_id=line.speaker_id,
                start_ms=line.start_ms,
                end_ms=line.end_ms,
                source_text=line.text,
                text=text,
                candidates=[translation_pb2.TranslationCandidate(text=text)],
            )
            for line, text in zip(transcript(part).lines, SAID[language][part], strict=True)
        ],
    )


def speech(part: int, language: str) -> tts_pb2.SpeechDocument:
    return tts_pb2.SpeechDocument(
        target_language=language,
        part=part,
        lines=[
            tts_pb2.SpokenLine(
                id=line.id,
                speaker_id=line.speaker_id,
                rate=1.1,
                voice=tts_pb2.Voice(id=f"espeak/{language}", language=language),
            )
            for line in transcript(part).lines
        ],
    )


@pytest.fixture
def finished(
    gateway: Any, story_of: Any, tell: Any, store: ObjectStore
) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A dub to Spanish and French whose documents lie in the store."""

    async def make() -> dict[str, Any]:
        dub: dict[str, Any] = await gateway.dub("es", "fr")
        told = await story_of(dub)
        root = f"videos/{dub['video_id']}"

        async def put(name: str, document: Any) -> str:
            await store.put_bytes(f"{root}/{name}", dump_document(document))
            return f"{root}/{name}"

        story = [told.completed("separation")]
        for part in (0, 1):
            key = await put(f"asr/d{part}/transcript.json", transcript(part))
            heard = asr_pb2.AsrProducts(document_key=key, language="en", digest=f"a{part}")
            story.append(told.completed("diarization", part=part))
            story.append(told.completed("asr", part=part, products=events_pb2.Products(asr=heard)))
        for language in ("es", "fr"):
            for part in (0, 1):
                at = f"{language}{part}"
                words = await put(f"translation/{at}/t.json", translation(part, language))
                sound = await put(f"tts/{at}/s.json", speech(part, language))
                products = events_pb2.Products(
                    translation=translation_pb2.TranslationProducts(document_key=words),
                    tts=tts_pb2.TtsProducts(document_key=sound),
                )
                story += [
                    told.completed(stage, part=part, language=language, products=products)
                    for stage in ("translation", "tts")
                ]
            report = muxing_pb2.ReportDocument(target_language=language)
            report.line_reports.add(id=line_id(0, 1), tempo=1.25, reason="stretched")
            key = await put(f"muxing/{language}/report.json", report)
            file = muxing_pb2.OutputFile(
                name=f"talk.{language}.report.json", kind="report", key=key,
                media_type="application/json", target_language=language,
            )  # fmt: skip
            story.append(told.muxed(language, files=[told.file(language), file]))
        await tell(story)
        found: dict[str, Any] = await gateway.until(dub["id"], "completed")
        return found

    return make
