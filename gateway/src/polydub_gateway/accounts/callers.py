"""Who asks, where there are accounts.

``Authorization: Bearer`` (an access token or an API key) or ``X-Api-Key``, never both; without
either a ticket, where the call takes one; without that the page's cookie. What is shown and does
not hold is refused, even where something else would.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping

from starlette.requests import cookie_parser

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.secrets import ShownKey, digest_of
from polydub_gateway.accounts.sessions import Sessions
from polydub_gateway.accounts.signing import AccessTokens, Refused
from polydub_gateway.accounts.standing import Standing, Standings
from polydub_gateway.identity import Caller

ACCESS_COOKIE = "polydub_access"
REFRESH_COOKIE = "polydub_refresh"
_KEY_NOTED_EVERY_S = 60.0


class AccountCallers:
    """Knows callers by their tokens, keys, tickets and cookies."""

    def __init__(self, tokens: AccessTokens, standings: Standings, sessions: Sessions) -> None:
        self._tokens = tokens
        self._standings = standings
        self._sessions = sessions
        self._noted: dict[str, float] = {}

    async def identify(self, headers: Mapping[str, str], *, ticket: str = "") -> Caller:
        """As :class:`polydub_gateway.identity.Callers` has it."""
        authorization, key = headers.get("authorization"), headers.get("x-api-key")
        if authorization is not None and key is not None:
            raise _refused("Send either Authorization or X-Api-Key, not both.")
        if key is not None:
            return await self._by_key(key)
        if authorization is not None:
            return await self._by_authorization(authorization)
        if ticket:
            return await self._by_ticket(ticket)
        if token := cookie_parser(headers.get("cookie", "")).get(ACCESS_COOKIE):
            return await self._by_token(token)
        raise _refused("This call needs to know who asks.")

    async def check_still(self, caller: Caller) -> None:
        """As :class:`polydub_gateway.identity.Callers` has it."""
        if caller.key_id:
            standing = await self._standings.of_key(caller.key_id)
            if standing is None or _is_over(standing):
                raise _refused("The API key does not hold any more.")
        else:
            await self._of_session(caller.session_id, caller.organisation_id)

    async def _by_authorization(self, authorization: str) -> Caller:
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() != "bearer" or not shown.strip():
            raise _refused("The Authorization header must be: Bearer, a space, and the token.")
        shown = shown.strip()
        return await (self._by_key(shown) if ShownKey.read(shown) else self._by_token(shown))

    async def _by_token(self, token: str) -> Caller:
        try:
            claims = await self._tokens.verify(token)
        except Refused as error:
            raise _refused("The access token does not hold, or not any more.") from error
        return await self._of_session(claims.session_id, claims.organisation_id)

    async def _of_session(self, session_id: str, organisation_id: str) -> Caller:
        standing = await self._standings.of_session(session_id, organisation_id)
        if standing is None:
            raise _refused("The session has ended.")
        return Caller(standing.user_id, organisation_id, standing.role, session_id=session_id)

    async def _by_key(self, text: str) -> Caller:
        shown = ShownKey.read(text.strip())
        standing = await self._standings.of_key(shown.id) if shown else None
        if shown is None or standing is None or not _is(shown, standing):
            raise _refused("The API key does not hold, or not any more.")
        return await self._of_key(shown.id, standing)

    async def _of_key(self, key_id: str, standing: Standing) -> Caller:
        if _is_over(standing):
            raise _refused("The API key does not hold, or not any more.")
        if time.monotonic() - self._noted.get(key_id, -float("inf")) > _KEY_NOTED_EVERY_S:
            self._noted[key_id] = time.monotonic()
            await self._standings.key_used(key_id)
        return Caller(
            user_id=standing.user_id,
            organisation_id=standing.organisation_id,
            role=standing.role,
            key_id=key_id,
            read_only=standing.read_only,
        )

    async def _by_ticket(self, ticket: str) -> Caller:
        row = await self._sessions.use_ticket(ticket)
        if row is None:
            raise _refused("The ticket does not hold, or was used before.")
        if not row.key_id:
            return await self._of_session(row.session_id, row.organisation_id)
        standing = await self._standings.of_key(row.key_id)
        if standing is None:
            raise _refused("The API key does not hold, or not any more.")
        return await self._of_key(row.key_id, standing)


def _is_over(standing: Standing) -> bool:
    return standing.expires_at_ms is not None and standing.expires_at_ms <= now_ms()


def _is(shown: ShownKey, standing: Standing) -> bool:
    return hmac.compare_digest(digest_of(shown.text), standing.digest)


def _refused(message: str) -> StageError:
    return StageError("unauthenticated", message)
