"""Starting, looking at and steering dubs."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from polydub_gateway.accounts.audit import Actor
from polydub_gateway.gateway import Gateway
from polydub_gateway.jobs.asking import check_urgency
from polydub_gateway.jobs.listing import Sought
from polydub_gateway.jobs.service import Dub
from polydub_gateway.jobs.state import State
from polydub_gateway.routes.context import AddressOf, Editor, GatewayOf, Viewer
from polydub_gateway.routes.instants import Instant
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import DubIn, DubOut, DubPage, LanguagesIn

router = APIRouter(prefix="/v1/dubs", tags=["dubs"])


@router.post("", status_code=202, responses=problems(404, 409, 422, 503))
async def create_dub(
    asked: DubIn,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> DubOut:
    """Starts a dub. The same Idempotency-Key with the same body gives the same dub."""
    request = asked.request()
    check_urgency(caller, request)
    dub = await gateway.dubs.create(
        caller.organisation_id, request, idempotency_key=idempotency_key
    )
    response.headers["Location"] = f"/v1/dubs/{dub.id}"
    return await _out(gateway, caller.organisation_id, dub)


@router.get("", responses=problems(422))
async def list_dubs(
    gateway: GatewayOf,
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[list[State] | None, Query(description="Several: any of them")] = None,
    video_id: Annotated[str, Query(max_length=40)] = "",
    target_language: Annotated[str, Query(max_length=40)] = "",
    created_from: Annotated[Instant | None, Query(description="Then or later")] = None,
    created_before: Annotated[Instant | None, Query(description="Earlier than then")] = None,
    q: Annotated[str, Query(max_length=200, description="Is in the file's name")] = "",
    order: Annotated[
        Literal["newest", "oldest"], Query(description="Which of them comes first")
    ] = "newest",
) -> DubPage:
    """Dubs, newest first. Give `next_cursor` as `cursor` for the next page, with the same rest."""
    sought = Sought(
        states=tuple(state or ()),
        video_id=video_id,
        target_language=target_language,
        created_from_ms=_unix_ms(created_from),
        created_before_ms=_unix_ms(created_before),
        text=q,
        oldest_first=order == "oldest",
    )
    page = await gateway.dubs.list(
        caller.organisation_id, limit=limit, cursor=cursor, sought=sought
    )
    return DubPage(
        dubs=await asyncio.gather(
            *(_out(gateway, caller.organisation_id, dub) for dub in page.dubs)
        ),
        next_cursor=page.next_cursor,
    )


@router.get("/{dub_id}", responses=problems(404))
async def get_dub(dub_id: str, gateway: GatewayOf, caller: Viewer) -> DubOut:
    """One dub as it stands."""
    owner_id = caller.organisation_id
    return await _out(gateway, owner_id, await gateway.dubs.get(owner_id, dub_id))


@router.post("/{dub_id}/cancel", responses=problems(404, 409, 503))
async def cancel_dub(dub_id: str, gateway: GatewayOf, caller: Editor) -> DubOut:
    """Stops a dub."""
    owner_id = caller.organisation_id
    return await _out(gateway, owner_id, await gateway.dubs.cancel(owner_id, dub_id))


@router.post("/{dub_id}/retry", status_code=202, responses=problems(404, 409, 503))
async def retry_dub(dub_id: str, gateway: GatewayOf, caller: Editor) -> DubOut:
    """Starts a failed or canceled dub again, from where it got to."""
    owner_id = caller.organisation_id
    return await _out(gateway, owner_id, await gateway.dubs.retry(owner_id, dub_id))


@router.post("/{dub_id}/languages", status_code=202, responses=problems(404, 409, 422, 503))
async def add_languages(
    dub_id: str, asked: LanguagesIn, gateway: GatewayOf, caller: Editor
) -> DubOut:
    """Makes an ended dub in further languages as well. What is made already is found again.

    Its files stay to be fetched meanwhile. Saying it twice adds nothing more.
    """
    owner_id = caller.organisation_id
    dub = await gateway.dubs.add_languages(owner_id, dub_id, asked.target_languages)
    return await _out(gateway, owner_id, dub)


@router.delete("/{dub_id}", status_code=204, responses=problems(404, 409, 503))
async def delete_dub(dub_id: str, gateway: GatewayOf, caller: Editor, address: AddressOf) -> None:
    """Deletes a dub that has ended, with what was made for it alone. The video stays."""
    await gateway.removal.delete(caller.organisation_id, dub_id, by=Actor.of(caller, address))


def _unix_ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


async def _out(gateway: Gateway, owner_id: str, dub: Dub) -> DubOut:
    is_playable = await gateway.live_streams.is_playable(owner_id, dub)
    return DubOut.of(dub, gateway.prices, is_playable=is_playable)
