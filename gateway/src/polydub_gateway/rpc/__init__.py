"""The public API as gRPC, over the same services as the HTTP routes."""

from __future__ import annotations

from polydub.rpc import Served
from polydub_gateway.gateway import Gateway
from polydub_gateway.rpc.accounting import AccountingServicer
from polydub_gateway.rpc.dubbing import DubbingServicer
from polydub_gateway.rpc.editing import EditingServicer
from polydub_gateway.rpc.speakers import SpeakersServicer
from polydub_gateway.rpc.uploads import UploadsServicer
from polydub_gateway.rpc.webhooks import WebhooksServicer
from polydub_gateway.rpc.words import WordsServicer

SERVICERS = {
    "dubbing": DubbingServicer,
    "uploads": UploadsServicer,
    "editing": EditingServicer,
    "speakers": SpeakersServicer,
    "words": WordsServicer,
    "webhooks": WebhooksServicer,
    "accounting": AccountingServicer,
}
"""By proto file; each has one service."""


def services(gateway: Gateway) -> list[Served]:
    """All services of the public API."""
    return [
        Served(module, servicer.__name__.removesuffix("Servicer"), servicer(gateway))
        for module, servicer in SERVICERS.items()
    ]
