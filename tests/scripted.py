"""A dub of two lines, made without stages: its documents in the store, its events told."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from polydub.artifacts import dump_document
from polydub.store import ObjectStore
from polydub.v1 import asr_pb2, events_pb2, translation_pb2, tts_pb2

LINES = (("u0000", "Hello there.", "Hola."), ("u0001", "How are you?", "¿Qué tal?"))
LANGUAGE = "es"


def _transcript() -> asr_pb2.TranscriptDocument:
    document = asr_pb2.TranscriptDocument(schema_version=1, language="en")
    for number, (name, text, _) in enumerate(LINES):
        document.lines.add(id=name, speaker_id="S1", text=text, **_times(number))
    return document


def _translation() -> translation_pb2.TranslationDocument:
    document = translation_pb2.TranslationDocument(
        schema_version=1, source_language="en", target_language=LANGUAGE
    )
    for number, (name, source, text) in enumerate(LINES):
        document.lines.add(
            id=name, speaker_id="S1", source_text=source, text=text, **_times(number)
        )
    return document


def _times(number: int) -> dict[str, int]:
    return {"start_ms": 2000 * number, "end_ms": 2000 * number + 1500}


async def documents_told(told: Any, store: ObjectStore) -> list[events_pb2.Event]:
    """Writes what the stages would have; the events of a dub of one part, to its good end."""
    root = f"videos/{told.accepted.envelope.video_id}"

    async def put(name: str, document: Message) -> str:
        await store.put_bytes(f"{root}/{name}", dump_document(document))
        return f"{root}/{name}"

    heard = asr_pb2.AsrProducts(
        document_key=await put("asr/a/transcript.json", _transcript()), language="en", digest="a"
    )
    words = await put("translation/t/t.json", _translation())
    speech = tts_pb2.SpeechDocument(schema_version=1, target_language=LANGUAGE)
    sound = await put("tts/s/s.json", speech)
    products = events_pb2.Products(
        translation=translation_pb2.TranslationProducts(document_key=words),
        tts=tts_pb2.TtsProducts(document_key=sound),
    )
    return [
        told.completed("separation"),
        told.completed("diarization", part=0),
        told.completed("asr", part=0, products=events_pb2.Products(asr=heard)),
        told.completed("translation", part=0, language=LANGUAGE, products=products),
        told.completed("tts", part=0, language=LANGUAGE, products=products),
        told.muxed(LANGUAGE),
    ]
