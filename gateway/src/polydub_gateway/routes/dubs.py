"""Starting, looking at and steering dubs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from polydub_gateway.routes.context import GatewayOf, Owner
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import DubIn, DubOut, DubPage

router = APIRouter(prefix="/v1/dubs", tags=["dubs"])


@router.post("", status_code=202, responses=problems(404, 409, 422, 503))
async def create_dub(
    asked: DubIn,
    response: Response,
    gateway: GatewayOf,
    owner: Owner,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> DubOut:
    """Starts a dub. The same Idempotency-Key with the same body gives the same dub."""
    dub = await gateway.dubs.create(owner, asked.request(), idempotency_key=idempotency_key)
    response.headers["Location"] = f"/v1/dubs/{dub.id}"
    return DubOut.of(dub, gateway.prices)


@router.get("", responses=problems(422))
async def list_dubs(
    gateway: GatewayOf,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> DubPage:
    """Dubs, newest first. Give `next_cursor` as `cursor` for the next page."""
    page = await gateway.dubs.list(owner, limit=limit, cursor=cursor)
    return DubPage(
        dubs=[DubOut.of(dub, gateway.prices) for dub in page.dubs], next_cursor=page.next_cursor
    )


@router.get("/{dub_id}", responses=problems(404))
async def get_dub(dub_id: str, gateway: GatewayOf, owner: Owner) -> DubOut:
    """One dub as it stands."""
    return DubOut.of(await gateway.dubs.get(owner, dub_id), gateway.prices)


@router.post("/{dub_id}/cancel", responses=problems(404, 409, 503))
async def cancel_dub(dub_id: str, gateway: GatewayOf, owner: Owner) -> DubOut:
    """Stops a dub."""
    return DubOut.of(await gateway.dubs.cancel(owner, dub_id), gateway.prices)


@router.post("/{dub_id}/retry", status_code=202, responses=problems(404, 409, 503))
async def retry_dub(dub_id: str, gateway: GatewayOf, owner: Owner) -> DubOut:
    """Starts a failed or canceled dub again, from where it got to."""
    return DubOut.of(await gateway.dubs.retry(owner, dub_id), gateway.prices)
