"""A dub as HTTP Live Streaming, while it is made and afterwards."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from polydub_gateway.gateway import Gateway
from polydub_gateway.jobs.service import Dub
from polydub_gateway.routes.artifacts import Asked, AskedOf, asked_bytes
from polydub_gateway.routes.context import GatewayOf, Viewer
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.ranges import etag_of, matches

router = APIRouter(prefix="/v1/dubs", tags=["live streams"])

PLAYLIST = "application/vnd.apple.mpegurl"
FINAL = "private, max-age=31536000, immutable"
GROWING = "private, no-cache"


def _playlist_docs(description: str, example: str) -> dict[int | str, dict[str, Any]]:
    content = {PLAYLIST: {"schema": {"type": "string"}, "example": example}}
    return {
        200: {"content": content, "description": description},
        304: {"description": "The playlist that If-None-Match names"},
        **problems(404, 503),
    }


MASTER_DOCS = _playlist_docs(
    "The playlist to give a player",
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Español",LANGUAGE="es",DEFAULT=YES,'
    'AUTOSELECT=YES,CHANNELS="2",URI="es.m3u8"\n'
    '#EXT-X-STREAM-INF:BANDWIDTH=2400000,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720,'
    'FRAME-RATE=29.970,AUDIO="sound"\npicture.m3u8\n',
)
MEDIA_DOCS = _playlist_docs(
    "The segments of one rendition: `picture`, `original`, a language, or `<language>-subtitles`",
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n#EXT-X-MEDIA-SEQUENCE:0\n"
    '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MAP:URI="es/init.mp4"\n'
    "#EXTINF:5.994667,\nes/segment-00000.m4s\n",
)
_SEGMENT: dict[str, Any] = {"video/mp4": {}, "audio/mp4": {}, "text/vtt": {}}
FILE_DOCS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": _SEGMENT,
        "description": "The whole segment",
    },
    206: {"content": _SEGMENT, "description": "The range that was asked for"},
    304: {"description": "The bytes that If-None-Match names"},
    **problems(404, 416, 503),
}


@router.head("/{dub_id}/hls/master.m3u8", include_in_schema=False)
@router.get("/{dub_id}/hls/master.m3u8", responses=MASTER_DOCS, response_class=Response)
async def get_hls_master(
    dub_id: str,
    gateway: GatewayOf,
    caller: Viewer,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The dub with every language that can be heard so far beside the original.

    The dub has to be asked for with the extra `hls`. 404 until the first segment is there; the
    dub's `hls_url` is null until then. A language that joins later is in it from then on.
    """
    dub = await gateway.dubs.get(caller.organisation_id, dub_id)
    return playlist_answer(
        await gateway.live_streams.master(caller.organisation_id, dub), if_none_match
    )


@router.head("/{dub_id}/hls/{rendition}.m3u8", include_in_schema=False)
@router.get("/{dub_id}/hls/{rendition}.m3u8", responses=MEDIA_DOCS, response_class=Response)
async def get_hls_rendition(
    dub_id: str,
    rendition: str,
    gateway: GatewayOf,
    caller: Viewer,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """One rendition's segments so far: an event until it is complete."""
    dub = await gateway.dubs.get(caller.organisation_id, dub_id)
    return playlist_answer(
        await gateway.live_streams.media(caller.organisation_id, dub, rendition), if_none_match
    )


@router.head("/{dub_id}/hls/{rendition}/{file}", include_in_schema=False)
@router.get(
    "/{dub_id}/hls/{rendition}/{file}", responses=FILE_DOCS, response_class=StreamingResponse
)
async def get_hls_file(
    dub_id: str,
    rendition: str,
    file: str,
    gateway: GatewayOf,
    caller: Viewer,
    asked: AskedOf,
) -> Response:
    """A header or segment, whole or a range of it; to be kept for good once it is final."""
    dub = await gateway.dubs.get(caller.organisation_id, dub_id)
    return await segment_answer(gateway, dub, rendition, file, asked)


async def segment_answer(
    gateway: Gateway, dub: Dub, rendition: str, file: str, asked: Asked
) -> Response:
    """A header or segment of a dub's stream."""
    found = await gateway.live_streams.file(dub, rendition, file)
    headers = {
        "ETag": etag_of(found.key),
        "Accept-Ranges": "bytes",
        "Cache-Control": FINAL if found.final else GROWING,
        "X-Content-Type-Options": "nosniff",
    }
    return await asked_bytes(gateway, found.key, found.media_type, headers, asked)


def playlist_answer(text: str, if_none_match: str | None) -> Response:
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": GROWING, "X-Content-Type-Options": "nosniff"}
    if matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type=PLAYLIST)
