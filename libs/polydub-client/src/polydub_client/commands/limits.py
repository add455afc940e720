"""What the organisation may use."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from polydub_client.commands.options import ApiKey, Json, Server
from polydub_client.connection import DEFAULT_URL
from polydub_client.models import OwnLimits
from polydub_client.terminal import records
from polydub_client.terminal.arguments import RateChange, count, rate_change
from polydub_client.terminal.following import step
from polydub_client.terminal.session import session

_NONE = "; `none`: as the operator has it."


def limits(
    minutes: Annotated[
        str, typer.Option("--minutes", help=f"Of source a month, times languages{_NONE}")
    ] = "",
    storage_bytes: Annotated[
        str, typer.Option("--storage-bytes", help=f"Videos and all that is made of them{_NONE}")
    ] = "",
    dubs: Annotated[str, typer.Option("--dubs", help=f"At a time{_NONE}")] = "",
    rate: Annotated[
        list[str] | None,
        typer.Option(
            "--rate",
            metavar="CLASS=CALLS/SECONDS",
            help=f"Calls of each member and key, such as write=60/60{_NONE} Repeat it.",
        ),
    ] = None,
    key: Annotated[str, typer.Option("--key", help="--rate is of this key alone.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show what the organisation may use; with options, set tighter limits of its own."""
    quotas: dict[str, Any] = {
        name: count(asked)
        for name, asked in (
            ("minutes_per_month", minutes), ("storage_bytes", storage_bytes),
            ("concurrent_jobs", dubs),
        )
        if asked
    }  # fmt: skip
    rates = [rate_change(each) for each in rate or ()]
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.organisation.limits()
        if quotas or rates:
            own = _with_rates(replace(found.own, **quotas), rates, key)
            with step("The limits could not be set."):
                found = now.client.organisation.set_limits(own)
        now.tell("limits", {"limits": found}, lambda out: records.show_limits(out, found))


def _with_rates(own: OwnLimits, changes: list[RateChange], key: str) -> OwnLimits:
    before = own.keys.get(key, {}) if key else own.rates
    changed = {**before, **{each.call_class: each.rate for each in changes}}
    kept = {name: rate for name, rate in changed.items() if rate is not None}
    if not key:
        return replace(own, rates=kept)
    keys = {**own.keys, key: kept}
    return replace(own, keys={name: rates for name, rates in keys.items() if rates})
