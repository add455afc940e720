"""Which deliveries of a message were tries of its work.

JetStream counts how often it delivered a message, and a delivery can't be taken back: what a worker
hands back because it is told to stop comes to the next one with a higher count, just as if the
process had died. So whoever hands back enters that delivery into the job's ledger first, and a
message's try is the count without what is entered there. Any number of polite stops costs no try,
whichever processes and replicas they were; a process that dies enters nothing, so its delivery
counts.

- A first delivery, which is nearly every one, asks the ledger nothing.
- An entry is as good as its message: the ledger forgets it after the time for which the stream
  keeps messages, or with its job. There are as many as polite stops, times what was under way.
- The server sets no limit of its own (see :meth:`polydub.bus.Bus.stage_consumer`): at its limit it
  would end a message without telling anybody, and no later configuration brings that one back.
- A process of a release that knows nothing of this hands back without an entry. Then the delivery
  counts as a try, as it did there; one that was entered counts as one where such a process gets
  the message.
"""

from __future__ import annotations

from nats.aio.msg import Msg

from polydub.ledger import Ledger


async def count(ledger: Ledger, stage: str, job_id: str, message: Msg) -> int:
    """Which try of its work a message that was just delivered begins; the first one is 1.

    Raises:
        StageError: ``bus_unavailable``.
    """
    delivered = int(message.metadata.num_delivered)
    if delivered == 1:
        return 1
    released = await ledger.names(job_id, _register(stage, message))
    # Only earlier ones: where the consumer was made anew, its count began again.
    return delivered - sum(int(delivery) < delivered for delivery in released)


async def record_release(ledger: Ledger, stage: str, job_id: str, message: Msg) -> None:
    """Notes that a delivery ends in a polite stop, before the message is handed back.

    Raises:
        StageError: ``bus_unavailable``.
    """
    delivery = str(message.metadata.num_delivered)
    await ledger.record(job_id, _register(stage, message), delivery, b"")


def _register(stage: str, message: Msg) -> str:
    return f"released-{stage}-{message.metadata.sequence.stream}"
