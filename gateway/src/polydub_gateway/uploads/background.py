"""What goes on without a request: imports, whole uploads that wait, and sweeping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from polydub import telemetry
from polydub.errors import StageError

log = telemetry.logger(__name__)


async def repeat(work: Callable[[], Awaitable[None]], every_s: float) -> None:
    """Does something again and again; what is away at the moment is not its end."""
    while True:
        try:
            await work()
        except (StageError, SQLAlchemyError, OSError) as error:
            log.warning("will be done again", what=work.__qualname__, reason=type(error).__name__)
        await asyncio.sleep(every_s)
