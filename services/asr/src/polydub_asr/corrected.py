"""The transcript of one part as a person left it: nothing is recognised."""

from __future__ import annotations

from polydub.artifacts import read_document
from polydub.stage import Emission, StageContext
from polydub.v1 import asr_pb2, events_pb2
from polydub_asr.documents import products_with


async def corrected(
    edit: events_pb2.EditedPart, event: events_pb2.Event, context: StageContext
) -> Emission:
    """The event's part with the person's document."""
    document = await read_document(context.store, edit.key, asr_pb2.TranscriptDocument)
    context.used.append(document.engine)
    products = products_with(event.products, document, key=edit.key, digest=edit.digest)
    return Emission(products, reused=True, warnings=document.warnings)
