"""The keys that sign access tokens (RS256), and the tokens.

The newest key signs; those before it verify until what they signed has run out. All replicas read
them from the database, where the private parts are sealed.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import SigningKeyRow
from polydub_gateway.identity import new_id
from polydub_gateway.sealing import Broken, Sealing

ALGORITHM = "RS256"
TOKEN_TYPE = "at+jwt"
"""RFC 9068: so that no other token that we sign is taken for an access token."""
AUDIENCE = "polydub"
KEY_BITS = 2048
REREAD_S = 60.0
"""How long a replica may sign with a key before it learns of the next one."""
_UNKNOWN_REREAD_S = 1.0
"""Tokens with made-up key ids must not become as many questions to the database."""

log = telemetry.logger(__name__)


class Refused(Exception):
    """A token that does not hold."""


@dataclass(frozen=True)
class Claims:
    """What a valid access token says."""

    user_id: str
    organisation_id: str
    session_id: str


class SigningKeys:
    """The keys, as this process knows them.

    Args:
        age_s: after this long the next key is made.
        token_s: how long tokens hold, and so how long a former key is needed.
    """

    def __init__(self, database: Database, sealing: Sealing, *, age_s: int, token_s: int) -> None:
        self._database = database
        self._sealing = sealing
        self._age_s = age_s
        self._token_s = token_s
        self._rows: Sequence[SigningKeyRow] = ()
        self._public: Mapping[str, RSAKey] = {}
        self._private: RSAKey | None = None
        self._read_at = -float("inf")
        self._reading = asyncio.Lock()

    async def current(self) -> RSAKey:
        """The private key that signs now.

        Raises:
            StageError: ``internal`` when it was sealed with a secret that we do not have.
        """
        await self._refresh(REREAD_S)
        if not self._rows or self._rows[0].created_at_ms < now_ms() - self._age_s * 1000:
            await self.rotate()
        if self._private is None:
            self._private = self._opened(self._rows[0])
        return self._private

    async def find(self, kid: str) -> RSAKey | None:
        """A public key that is still good."""
        await self._refresh(REREAD_S)
        if kid not in self._public:
            await self._refresh(_UNKNOWN_REREAD_S)
        return self._public.get(kid)

    async def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK set (RFC 7517)."""
        await self.current()
        return {"keys": [row.public for row in self._rows]}

    async def rotate(self) -> str:
        """Makes the next key; its id. Of several who do so at once one succeeds, for all."""
        await self._refresh(0)
        generation = self._rows[0].generation + 1 if self._rows else 1
        row = await asyncio.to_thread(_new_row, generation, self._sealing)
        try:
            async with self._database.session() as session:
                good = {each.generation for each in self._rows}
                await session.execute(
                    delete(SigningKeyRow).where(
                        SigningKeyRow.generation.not_in(good),
                        SigningKeyRow.generation < generation,
                    )
                )
                session.add(row)
            log.info("a new key signs", generation=generation)
        except IntegrityError:
            log.info("another replica made the next key", generation=generation)
        await self._refresh(0)
        return self._rows[0].id

    async def _refresh(self, older_than_s: float) -> None:
        async with self._reading:
            if time.monotonic() - self._read_at < older_than_s:
                return
            async with self._database.session() as session:
                newest_first = select(SigningKeyRow).order_by(SigningKeyRow.generation.desc())
                rows = list(await session.scalars(newest_first))
            good = self._still_good(rows)
            if [row.id for row in good] != [row.id for row in self._rows]:
                self._private = None
            self._rows = good
            self._public = {row.id: RSAKey.import_key(row.public) for row in good}
            self._read_at = time.monotonic()

    def _still_good(self, rows: Sequence[SigningKeyRow]) -> Sequence[SigningKeyRow]:
        """The newest, and those whose tokens may still be about."""
        oldest_ms = now_ms() - int(self._token_s + REREAD_S) * 1000
        replaced_at = [row.created_at_ms for row in rows]
        return [
            *rows[:1],
            *(r for r, at in zip(rows[1:], replaced_at, strict=False) if at > oldest_ms),
        ]

    def _opened(self, row: SigningKeyRow) -> RSAKey:
        try:
            pem = self._sealing.unseal(row.sealed, purpose=_purpose(row.id))
        except Broken as error:
            raise StageError(
                "internal",
                "The key that signs tokens can't be opened.",
                hint="Set POLYDUB_GATEWAY_SECRET back to what it was, or put it into "
                "POLYDUB_GATEWAY_SECRET_PREVIOUS, or run "
                "`python -m polydub_gateway rotate-key`.",
            ) from error
        return RSAKey.import_key(pem, {"kid": row.id})


class AccessTokens:
    """Issues and verifies access tokens."""

    def __init__(self, keys: SigningKeys, *, issuer: str, lasts_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self.lasts_s = lasts_s

    async def issue(self, claims: Claims) -> str:
        """A signed token."""
        key = await self._keys.current()
        now = int(time.time())
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": key.kid}
        said = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": claims.user_id,
            "org": claims.organisation_id,
            "sid": claims.session_id,
            "iat": now,
            "nbf": now,
            "exp": now + self.lasts_s,
            "jti": new_id("jti"),
        }
        return jwt.encode(header, said, key, algorithms=[ALGORITHM])

    async def verify(self, token: str) -> Claims:
        """What a token says.

        Raises:
            Refused: when it is not ours, not for us, not an access token, or its time is not now.
        """
        header = _header(token)
        if header.get("alg") != ALGORITHM or header.get("typ") != TOKEN_TYPE:
            raise Refused("no access token of ours")
        key = await self._keys.find(str(header.get("kid", "")))
        if key is None:
            raise Refused("the key is not known")
        required: dict[str, Any] = {name: {"essential": True} for name in ("exp", "nbf", "iat")}
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": AUDIENCE},
            **required,
        )
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            raise Refused("it does not hold") from error
        return Claims(*(_text(claims, name) for name in ("sub", "org", "sid")))


def _text(claims: Mapping[str, object], name: str) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not found:
        raise Refused(f"{name} is missing")
    return found


def _header(token: str) -> Mapping[str, object]:
    """The header, read before anything is verified: only to choose the key by."""
    first = token.partition(".")[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Refused("it is no token") from error
    if not isinstance(found, dict):
        raise Refused("it is no token")
    return found


def _purpose(key_id: str) -> str:
    return f"signing key {key_id}"


def _new_row(generation: int, sealing: Sealing) -> SigningKeyRow:
    identity = new_id("sig")
    key = RSAKey.generate_key(KEY_BITS, {"kid": identity, "use": "sig", "alg": ALGORITHM})
    return SigningKeyRow(
        generation=generation,
        id=identity,
        public=key.as_dict(private=False),
        sealed=sealing.seal(key.as_pem(private=True), purpose=_purpose(identity)),
        created_at_ms=now_ms(),
    )
