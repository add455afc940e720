"""The one join: many events of one language, one of which assembles."""

from __future__ import annotations

from polydub.ledger import Ledger
from polydub.v1 import events_pb2


async def all_parts(
    event: events_pb2.Event, ledger: Ledger
) -> dict[int, events_pb2.Products] | None:
    """The products of every part, where this event is the one that assembles; else None.

    Every event records itself before it looks, so whoever records last sees all parts; if two
    replicas see that at once, the first decision stands. A redelivered event finds its own
    number standing and assembles again; the others go on leaving it to that one.
    """
    envelope = event.envelope
    own = str(envelope.part)
    entry = _entry(event.products).SerializeToString(deterministic=True)
    register = f"speech-{_suffix(envelope)}"
    await ledger.record(envelope.job_id, register, own, entry)
    if len(await ledger.names(envelope.job_id, register)) < envelope.parts:
        return None
    assembler = f"assembler-{_suffix(envelope)}"
    if await ledger.decide(envelope.job_id, assembler, own.encode()) != own.encode():
        return None
    return await parts_so_far(event, ledger)


async def parts_so_far(event: events_pb2.Event, ledger: Ledger) -> dict[int, events_pb2.Products]:
    """The products of those parts of the event's language that are spoken already."""
    envelope = event.envelope
    entries = await ledger.entries(envelope.job_id, f"speech-{_suffix(envelope)}")
    return {int(part): events_pb2.Products.FromString(entries[part]) for part in entries}


def _suffix(envelope: events_pb2.Envelope) -> str:
    return f"{envelope.revision}-{envelope.target_language}"


def _entry(products: events_pb2.Products) -> events_pb2.Products:
    """What differs from part to part: the keys and digests of its documents."""
    return events_pb2.Products(asr=products.asr, translation=products.translation, tts=products.tts)
