"""The transcript of one part as a person left it: nothing is recognised."""

from __future__ import annotations

from polydub.artifacts import read_document
from polydub.stage import Emission, StageContext
from polydub.v1 import asr_pb2, events_pb2


async def corrected(
    edit: events_pb2.EditedPart, event: events_pb2.Event, context: StageContext
) -> Emission:
    """The event's part with the person's document."""
    document = await read_document(context.store, edit.key, asr_pb2.TranscriptDocument)
    context.used.append(document.engine)
    products = events_pb2.Products()
    products.CopyFrom(event.products)
    products.asr.CopyFrom(
        asr_pb2.AsrProducts(
            document_key=edit.key,
            language=document.language,
            engine=document.engine,
            digest=edit.digest,
        )
    )
    return Emission(products, reused=True, warnings=document.warnings)
