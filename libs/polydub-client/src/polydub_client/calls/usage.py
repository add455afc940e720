"""What the organisation used."""

from __future__ import annotations

from polydub_client.calls.call import Call, given, one, path
from polydub_client.models import DubUsagePage, OrganisationUsage


def get_usage() -> Call[OrganisationUsage]:
    return Call("GET", path("usage"), one(OrganisationUsage))


def list_dub_usage(month: str, limit: int, cursor: str) -> Call[DubUsagePage]:
    params = given(month=month, limit=limit, cursor=cursor)
    return Call("GET", path("usage", "dubs"), one(DubUsagePage), params=params)
