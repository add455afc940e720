"""Request bodies as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from polydub.errors import StageError


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The bytes of a body.

    Raises:
        StageError: ``invalid_request`` when the connection breaks.
    """
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise StageError("invalid_request", "The upload broke off.") from error
