"""Request bodies as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from polydub.errors import StageError
from polydub_gateway.bodies import stream_of
from polydub_gateway.gateway import Gateway


async def body_of(request: Request, gateway: Gateway) -> AsyncIterator[bytes]:
    """The bytes of a body, however many.

    Raises:
        StageError: ``invalid_request`` when the connection breaks or nothing comes any more.
    """
    chunks = stream_of(request).stream()
    idle_s = gateway.settings.uploads.upload_idle_s
    try:
        while True:
            async with asyncio.timeout(idle_s):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
    except (ClientDisconnect, TimeoutError) as error:
        raise StageError("invalid_request", "The upload broke off.") from error
