"""Links to a dub for people without an account, and what they see behind one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from polydub_gateway.accounts.audit import Actor
from polydub_gateway.routes.artifacts import (
    PLAYED_DOCS,
    SAVED_DOCS,
    AskedOf,
    file_answer,
    original_answer,
)
from polydub_gateway.routes.context import AddressOf, Anyone, Editor, GatewayOf, Viewer
from polydub_gateway.routes.hls import (
    FILE_DOCS,
    MASTER_DOCS,
    MEDIA_DOCS,
    playlist_answer,
    segment_answer,
)
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.share_schemas import (
    NewShareOut,
    SharedOut,
    ShareIn,
    ShareOut,
    SharesOut,
)
from polydub_gateway.sharing.shares import ShareRequest
from polydub_gateway.sharing.shown import SharedDub

owners = APIRouter(prefix="/v1/dubs/{dub_id}/shares", tags=["sharing"])


@owners.post("", status_code=201, responses=problems(404, 409, 422))
async def create_share(
    dub_id: str,
    asked: ShareIn,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
    address: AddressOf,
) -> NewShareOut:
    """Makes a link to a dub for people without an account. Its token is told only here.

    Who has the link sees the dub, and hears its original, until it expires, is revoked, or the
    dub is deleted.
    """
    request = ShareRequest(
        asked.expires_in_s, tuple(dict.fromkeys(asked.languages)), asked.downloads
    )
    row, token = await gateway.shares.create(
        caller.organisation_id, dub_id, request, by=Actor.of(caller, address)
    )
    response.headers["Cache-Control"] = "no-store"
    public_url = gateway.settings.sign_in.public_url.rstrip("/")
    url = f"{public_url}/shared/{token}"
    return NewShareOut(**ShareOut.of(row).model_dump(), token=token, url=url)


@owners.get("", responses=problems(404))
async def list_shares(dub_id: str, gateway: GatewayOf, caller: Viewer) -> SharesOut:
    """The links of a dub that hold, newest first."""
    rows = await gateway.shares.list(caller.organisation_id, dub_id)
    return SharesOut(shares=[ShareOut.of(row) for row in rows])


@owners.delete("/{share_id}", status_code=204, responses=problems(404))
async def delete_share(
    dub_id: str, share_id: str, gateway: GatewayOf, caller: Editor, address: AddressOf
) -> None:
    """Revokes a link: from now on it does not lead anywhere."""
    by = Actor.of(caller, address)
    await gateway.shares.revoke(caller.organisation_id, dub_id, share_id, by=by)


# --- behind a link -----------------------------------------------------------------------------

UNLISTED = {"X-Robots-Tag": "noindex, nofollow, noarchive"}
"""Search engines are to know nothing of what a link shows."""


def _unlisted(answer: Response) -> Response:
    answer.headers.update(UNLISTED)
    return answer


async def _opened(token: str, gateway: GatewayOf) -> SharedDub:
    return await gateway.shares.open(token)


Opened = Annotated[SharedDub, Depends(_opened)]
guests = APIRouter(prefix="/v1/shared/{token}", tags=["sharing"], dependencies=[Anyone])


@guests.get("", responses=problems(404))
async def get_shared(
    token: str, response: Response, shared: Opened, gateway: GatewayOf
) -> SharedOut:
    """A dub as its link shows it. Nobody needs to sign in."""
    _unlisted(response)
    response.headers["Cache-Control"] = "no-store"
    is_playable = await gateway.live_streams.is_playable(shared.share.owner_id, shared.dub)
    return SharedOut.of(token, shared, is_playable=is_playable)


@guests.head("/artifacts/{name}", include_in_schema=False)
@guests.get("/artifacts/{name}", responses=SAVED_DOCS, response_class=StreamingResponse)
async def get_shared_artifact(
    name: str,
    shared: Opened,
    gateway: GatewayOf,
    asked: AskedOf,
    inline: Annotated[bool, Query(description="To be shown rather than saved")] = False,
) -> Response:
    """One file that a link shows, whole or a range of it."""
    is_shown = inline or not shared.share.downloads
    return _unlisted(await file_answer(gateway, name, shared.file(name), asked, inline=is_shown))


@guests.head("/original", include_in_schema=False)
@guests.get("/original", responses=PLAYED_DOCS, response_class=StreamingResponse)
async def get_shared_original(shared: Opened, gateway: GatewayOf, asked: AskedOf) -> Response:
    """The file that was uploaded, to be played beside its dub: whole or a range of it."""
    owner_id = shared.share.owner_id
    return _unlisted(await original_answer(gateway, owner_id, shared.dub, asked))


@guests.head("/hls/master.m3u8", include_in_schema=False)
@guests.get("/hls/master.m3u8", responses=MASTER_DOCS, response_class=Response)
async def get_shared_hls_master(shared: Opened, gateway: GatewayOf, asked: AskedOf) -> Response:
    """The dub as HTTP Live Streaming, in the languages that the link shows."""
    text = await gateway.live_streams.master(shared.share.owner_id, shared.dub)
    return _unlisted(playlist_answer(text, asked.if_none_match))


@guests.head("/hls/{rendition}.m3u8", include_in_schema=False)
@guests.get("/hls/{rendition}.m3u8", responses=MEDIA_DOCS, response_class=Response)
async def get_shared_hls_rendition(
    rendition: str, shared: Opened, gateway: GatewayOf, asked: AskedOf
) -> Response:
    """One rendition's segments so far: an event until it is complete."""
    text = await gateway.live_streams.media(shared.share.owner_id, shared.dub, rendition)
    return _unlisted(playlist_answer(text, asked.if_none_match))


@guests.head("/hls/{rendition}/{file}", include_in_schema=False)
@guests.get("/hls/{rendition}/{file}", responses=FILE_DOCS, response_class=StreamingResponse)
async def get_shared_hls_file(
    rendition: str, file: str, shared: Opened, gateway: GatewayOf, asked: AskedOf
) -> Response:
    """A header or segment, whole or a range of it."""
    return _unlisted(await segment_answer(gateway, shared.dub, rendition, file, asked))


router = APIRouter()
router.include_router(owners)
router.include_router(guests)
