"""Makes, lists, revokes and opens the links to dubs."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Delete, delete, func, select

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.accounts.secrets import digest_of, new_secret
from polydub_gateway.db import Database, DubRow, is_id, owned
from polydub_gateway.db.sharing import ShareRow
from polydub_gateway.identity import new_id
from polydub_gateway.jobs.service import Dub, Dubs
from polydub_gateway.sharing.shown import SharedDub

MAX_SHARES = 100
"""Of one dub, that hold."""
TOKEN_PREFIX = "pds"
_MAX_TOKEN_CHARACTERS = 200


@dataclass(frozen=True)
class ShareRequest:
    """A link as it is asked for."""

    expires_in_s: int
    languages: tuple[str, ...] = ()
    """Empty: all, later ones as well."""
    downloads: bool = False


class Shares:
    """The links of all dubs."""

    def __init__(self, database: Database, dubs: Dubs) -> None:
        self._database = database
        self._dubs = dubs

    async def create(
        self, owner_id: str, dub_id: str, asked: ShareRequest, *, by: Actor
    ) -> tuple[ShareRow, str]:
        """A link and its token, which is told only now.

        Raises:
            StageError: ``not_found``; ``invalid_request`` for languages that the dub has not;
                ``conflict`` when it has too many links.
        """
        _check_languages(asked.languages, await self._dubs.get(owner_id, dub_id))
        token = new_secret(TOKEN_PREFIX)
        created_at_ms = now_ms()
        row = ShareRow(
            id=new_id("shr"),
            dub_id=dub_id,
            owner_id=owner_id,
            user_id=by.user_id,
            digest=digest_of(token),
            languages=list(asked.languages),
            downloads=asked.downloads,
            created_at_ms=created_at_ms,
            expires_at_ms=created_at_ms + asked.expires_in_s * 1000,
        )
        async with self._database.session() as session:
            await owned(session, DubRow, owner_id, dub_id)
            await session.execute(_forget_expired(dub_id, created_at_ms))
            held = await session.scalar(select(func.count()).where(ShareRow.dub_id == dub_id))
            if (held or 0) >= MAX_SHARES:
                raise StageError(
                    "conflict", f"The dub has {MAX_SHARES} links.", hint="Revoke some first."
                )
            session.add(row)
            session.add(
                entry(
                    by,
                    "share_created",
                    row.id,
                    dub_id=dub_id,
                    downloads=row.downloads,
                    expires_in_s=asked.expires_in_s,
                )
            )
        return row, token

    async def list(self, owner_id: str, dub_id: str) -> Sequence[ShareRow]:
        """The links of a dub that hold, newest first.

        Raises:
            StageError: ``not_found``.
        """
        query = (
            select(ShareRow)
            .where(ShareRow.dub_id == dub_id, ShareRow.expires_at_ms > now_ms())
            .order_by(ShareRow.created_at_ms.desc(), ShareRow.id)
        )
        async with self._database.session() as session:
            await owned(session, DubRow, owner_id, dub_id)
            return list(await session.scalars(query))

    async def revoke(self, owner_id: str, dub_id: str, share_id: str, *, by: Actor) -> None:
        """Ends a link at once.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            await owned(session, DubRow, owner_id, dub_id)
            row = await session.get(ShareRow, share_id) if is_id(share_id) else None
            if row is None or row.dub_id != dub_id:
                raise StageError("not_found", f"There is no link {share_id!r}.")
            await session.delete(row)
            session.add(entry(by, "share_revoked", row.id, dub_id=dub_id))

    async def open(self, token: str) -> SharedDub:
        """What a link shows.

        Raises:
            StageError: ``not_found``: there never was such a link, or it ended; nobody is told
                which.
        """
        row = await self._of(token)
        if row is None:
            raise StageError(
                "not_found",
                "This link does not lead anywhere.",
                hint="It may have expired or been revoked: ask for another one.",
            )
        return SharedDub(row, await self._dubs.get(row.owner_id, row.dub_id))

    async def _of(self, token: str) -> ShareRow | None:
        if len(token) > _MAX_TOKEN_CHARACTERS:
            return None
        digest = digest_of(token)
        async with self._database.session() as session:
            row = await session.scalar(select(ShareRow).where(ShareRow.digest == digest))
        # The index has compared digests, which tell nothing of tokens; this takes equally long.
        holds = row is not None and hmac.compare_digest(row.digest, digest)
        return row if row is not None and holds and row.expires_at_ms > now_ms() else None


def _forget_expired(dub_id: str, at_ms: int) -> Delete:
    return delete(ShareRow).where(ShareRow.dub_id == dub_id, ShareRow.expires_at_ms <= at_ms)


def _check_languages(asked: Sequence[str], dub: Dub) -> None:
    for tag in asked:
        if tag not in dub.spec.target_languages:
            raise StageError("invalid_request", f"The dub is not made in {tag!r}.")
