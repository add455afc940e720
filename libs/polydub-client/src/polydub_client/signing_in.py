"""The access token on each request, and its renewal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator

import httpx

from polydub_client.calls import accounts
from polydub_client.decode import decode
from polydub_client.keeping.locks import ASK_AGAIN_S
from polydub_client.keeping.sessions import SessionKeeper, SignedIn
from polydub_client.models import Tokens

_EARLY_S = 30.0
"""A token that ends so soon is renewed before it is used."""
_ENDED = frozenset({401, 403})

_Steps = Generator[httpx.Request | None, httpx.Response | None, None]
"""What is to be sent next; None: wait a little. What is renewed has been read."""


class SessionAuth(httpx.Auth):
    """Signs requests with the kept access token; renews it when it ends or is refused.

    The keeper's lock is held around a renewal, so that of several processes one renews and the
    others find its tokens: a refresh token that is shown twice ends the session.
    """

    def __init__(self, base_url: str, keeper: SessionKeeper) -> None:
        self._refresh_url = base_url.rstrip("/") + accounts.REFRESH_PATH
        self._keeper = keeper

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        steps = self._steps(request)
        try:
            asked = next(steps, request)
            while True:
                response = None
                if asked is None:
                    time.sleep(ASK_AGAIN_S)
                else:
                    response = yield asked
                    if asked is not request:
                        response.read()
                asked = steps.send(response)
        except StopIteration:
            return
        finally:
            steps.close()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        steps = self._steps(request)
        asked = next(steps, request)
        try:
            while True:
                response = None
                if asked is None:
                    await asyncio.sleep(ASK_AGAIN_S)
                else:
                    response = yield asked
                    if asked is not request:
                        await response.aread()
                asked = steps.send(response)
        except StopIteration:
            return
        finally:
            steps.close()

    def _steps(self, request: httpx.Request) -> _Steps:
        session = self._keeper.read()
        if session is not None and session.expires_at_s - time.time() < _EARLY_S:
            session = yield from self._renewed(session, request)
        response = yield _signed(request, session)
        if response is not None and response.status_code == 401 and session is not None:
            session = yield from self._renewed(session, request)
            if session is not None:
                yield _signed(request, session)

    def _renewed(
        self, used: SignedIn, request: httpx.Request
    ) -> Generator[httpx.Request | None, httpx.Response | None, SignedIn | None]:
        """The session with another access token than ``used``; None when it has ended."""
        lock = self._keeper.lock()
        while not lock.take():
            yield None
        try:
            current = self._keeper.read()
            if current is None or current.access_token != used.access_token:
                return current  # someone else has done it meanwhile
            response = yield httpx.Request(
                "POST",
                self._refresh_url,
                json={"refresh_token": current.refresh_token},
                extensions=request.extensions,
            )
            return self._taken(response, current)
        finally:
            lock.give_back()

    def _taken(self, response: httpx.Response | None, current: SignedIn) -> SignedIn | None:
        """What a renewal came to, kept."""
        if response is not None and response.is_success:
            renewed = SignedIn.of(decode(Tokens, response.json()))
            self._keeper.write(renewed)
            return renewed
        if response is not None and response.status_code in _ENDED:
            self._keeper.write(None)
            return None
        return current  # the server is not well: the token may still hold


def _signed(request: httpx.Request, session: SignedIn | None) -> httpx.Request:
    if session is not None:
        request.headers["Authorization"] = f"Bearer {session.access_token}"
    return request
