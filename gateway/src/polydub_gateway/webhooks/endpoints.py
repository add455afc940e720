"""Endpoints as their organisations manage them, and the log of what was sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Update, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, entry
from polydub_gateway.addresses import Network, check_public
from polydub_gateway.cursors import from_cursor, to_cursor
from polydub_gateway.db import Database
from polydub_gateway.db.counts import lock
from polydub_gateway.db.delivery import DeliveryAttemptRow, DeliveryRow, EndpointRow
from polydub_gateway.identity import new_id
from polydub_gateway.sealing import Sealing
from polydub_gateway.webhooks.messages import Told, enveloped
from polydub_gateway.webhooks.outbox import FAILED, PENDING, Outbox, delivery
from polydub_gateway.webhooks.settings import WebhookSettings
from polydub_gateway.webhooks.signing import new_secret

MAX_URL_CHARACTERS = 2000
OLD_SECRET_HOURS = 24
"""How long the former secret signs as well."""
_PURPOSE = "webhook secret"


@dataclass(frozen=True)
class Change:
    """What is to be another way at an endpoint; None: it stays."""

    url: str | None = None
    description: str | None = None
    events: tuple[Told, ...] | None = None
    enabled: bool | None = None


@dataclass(frozen=True)
class Logged:
    """A delivery and its tries."""

    row: DeliveryRow
    attempts: tuple[DeliveryAttemptRow, ...]


class Endpoints:
    """The webhook endpoints of all organisations."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        sealing: Sealing,
        settings: WebhookSettings,
        trusted: Sequence[Network] = (),
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._sealing = sealing
        self._settings = settings
        self._trusted = tuple(trusted)

    async def create(
        self, owner_id: str, url: str, description: str, events: Sequence[Told], *, by: Actor
    ) -> tuple[EndpointRow, str]:
        """A new endpoint and its secret, which is not shown again.

        Raises:
            StageError: ``invalid_request``, ``address_refused``; ``quota_exceeded`` when the
                organisation has as many as it may.
        """
        await self._check(url)
        secret = new_secret()
        row = EndpointRow(
            id=new_id("whe"),
            owner_id=owner_id,
            url=url,
            description=description,
            events=[*dict.fromkeys(events)],
            enabled=True,
            disabled_reason="",
            secret=self._seal(secret),
            created_at_ms=now_ms(),
        )
        async with self._database.session() as session:
            await lock(session, owner_id)
            await self._check_room(session, owner_id)
            session.add(row)
            session.add(entry(by, "webhook_created", row.id, host=urlsplit(url).hostname))
        return row, secret

    async def all_of(self, owner_id: str) -> list[EndpointRow]:
        """All of an organisation's endpoints, newest first."""
        newest_first = (EndpointRow.created_at_ms.desc(), EndpointRow.id.desc())
        query = select(EndpointRow).where(EndpointRow.owner_id == owner_id).order_by(*newest_first)
        async with self._database.session() as session:
            return list(await session.scalars(query))

    async def get(self, owner_id: str, endpoint_id: str) -> EndpointRow:
        """One endpoint.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            return await self._owned(session, owner_id, endpoint_id)

    async def update(
        self, owner_id: str, endpoint_id: str, change: Change, *, by: Actor
    ) -> EndpointRow:
        """Changes an endpoint. While it is disabled nothing is kept for it.

        Raises:
            StageError: ``not_found``, ``invalid_request``, ``address_refused``.
        """
        if change.url is not None:
            await self._check(change.url)
        async with self._database.session() as session:
            row = await self._owned(session, owner_id, endpoint_id, to_write=True)
            if change.url is not None:
                row.url = change.url
            if change.description is not None:
                row.description = change.description
            if change.events is not None:
                row.events = [*dict.fromkeys(change.events)]
            if change.enabled is not None:
                row.enabled, row.disabled_reason = change.enabled, ""
                row.failing_since_ms = None
            if not row.enabled:
                await session.execute(give_up(row.id))
            host = urlsplit(row.url).hostname
            session.add(entry(by, "webhook_changed", row.id, host=host, enabled=row.enabled))
            return row

    async def delete(self, owner_id: str, endpoint_id: str, *, by: Actor) -> None:
        """Deletes an endpoint with its log and what waits for it.

        Raises:
            StageError: ``not_found``.
        """
        async with self._database.session() as session:
            row = await self._owned(session, owner_id, endpoint_id)
            await session.execute(delete(EndpointRow).where(EndpointRow.id == row.id))
            session.add(entry(by, "webhook_deleted", row.id, host=urlsplit(row.url).hostname))

    async def rotate(
        self, owner_id: str, endpoint_id: str, *, by: Actor
    ) -> tuple[EndpointRow, str]:
        """A new secret; the present one signs as well for a day.

        Raises:
            StageError: ``not_found``.
        """
        secret = new_secret()
        async with self._database.session() as session:
            row = await self._owned(session, owner_id, endpoint_id, to_write=True)
            row.previous_secret, row.secret = row.secret, self._seal(secret)
            row.previous_until_ms = now_ms() + OLD_SECRET_HOURS * 3600 * 1000
            session.add(entry(by, "webhook_secret_rotated", row.id))
        return row, secret

    async def test(self, owner_id: str, endpoint_id: str) -> Logged:
        """Sends a message that says nothing, to see whether it arrives.

        Raises:
            StageError: ``not_found``; ``conflict`` while the endpoint is disabled.
        """
        async with self._database.session() as session:
            row = await self._owned(session, owner_id, endpoint_id)
            _check_enabled(row)
            body = enveloped(Told.TEST, now_ms(), {"endpoint_id": row.id})
            sent = delivery(row.id, Told.TEST, body, dub_id=None)
            session.add(sent)
        self._outbox.wake()
        return Logged(sent, ())

    async def log(
        self,
        owner_id: str,
        endpoint_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        state: str | None = None,
    ) -> tuple[list[Logged], str | None]:
        """What was sent or is to be sent, newest first, and where the next page starts.

        Raises:
            StageError: ``not_found``, ``invalid_request`` for a cursor that we did not give.
        """
        newest_first = (DeliveryRow.created_at_ms.desc(), DeliveryRow.id.desc())
        query = select(DeliveryRow).where(DeliveryRow.endpoint_id == endpoint_id)
        if state:
            query = query.where(DeliveryRow.state == state)
        if cursor:
            place = from_cursor(cursor)
            query = query.where(tuple_(DeliveryRow.created_at_ms, DeliveryRow.id) < place)
        async with self._database.session() as session:
            await self._owned(session, owner_id, endpoint_id)
            rows = list(await session.scalars(query.order_by(*newest_first).limit(limit + 1)))
            shown = rows[:limit]
            tries = await _attempts(session, shown)
        last = shown[-1] if len(rows) > limit else None
        return (
            [Logged(row, tuple(tries.get(row.id, ()))) for row in shown],
            to_cursor(last.created_at_ms, last.id) if last else None,
        )

    async def replay(self, owner_id: str, endpoint_id: str, delivery_id: str) -> Logged:
        """Sends a message again, under its own id and with all its tries anew.

        Raises:
            StageError: ``not_found``; ``conflict`` while it is still being sent, or while the
                endpoint is disabled.
        """
        async with self._database.session() as session:
            endpoint = await self._owned(session, owner_id, endpoint_id)
            row = await session.get(DeliveryRow, delivery_id, with_for_update=True)
            if row is None or row.endpoint_id != endpoint.id:
                raise StageError("not_found", f"There is no delivery {delivery_id!r}.")
            _check_enabled(endpoint)
            if row.state == PENDING:
                raise StageError(
                    "conflict",
                    "The message is still on its way.",
                    hint="Wait until it is delivered or failed.",
                )
            row.state, row.due_at_ms, row.tries_before = PENDING, now_ms(), row.tries
            tries = await _attempts(session, [row])
        self._outbox.wake()
        return Logged(row, tuple(tries.get(row.id, ())))

    async def _owned(
        self, session: AsyncSession, owner_id: str, endpoint_id: str, *, to_write: bool = False
    ) -> EndpointRow:
        query = select(EndpointRow).where(
            EndpointRow.id == endpoint_id, EndpointRow.owner_id == owner_id
        )
        row = await session.scalar(query.with_for_update() if to_write else query)
        if row is None:
            raise StageError("not_found", f"There is no webhook {endpoint_id!r}.")
        return row

    async def _check(self, url: str) -> None:
        """Returns when messages may be sent to an address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise StageError("invalid_request", "The url is malformed.") from error
        schemes = ("https", "http") if self._settings.webhook_allow_http else ("https",)
        if parts.scheme not in schemes or not parts.hostname:
            raise StageError("invalid_request", f"The url must begin with {schemes[0]}://.")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise StageError("invalid_request", "The url must have no user name and no fragment.")
        if not url.isascii() or not url.isprintable() or " " in url:
            raise StageError("invalid_request", "The url has characters that must be encoded.")
        default = 443 if parts.scheme == "https" else 80
        await check_public(parts.hostname, port or default, trusted=self._trusted)

    async def _check_room(self, session: AsyncSession, owner_id: str) -> None:
        query = select(func.count()).select_from(EndpointRow)
        there_are = await session.scalar(query.where(EndpointRow.owner_id == owner_id)) or 0
        if there_are >= self._settings.webhook_max_endpoints:
            raise StageError(
                "quota_exceeded",
                f"There are {there_are} webhooks, and no more are allowed.",
                hint="Delete one that is not needed.",
            )

    def _seal(self, secret: str) -> str:
        return self._sealing.seal(secret.encode(), purpose=_PURPOSE)


def present_secrets(endpoint: EndpointRow, sealing: Sealing, at_ms: int) -> list[str]:
    """The secrets that sign for an endpoint, the newest first.

    Raises:
        Broken: when the gateway's own secret is another one now.
    """
    sealed = [endpoint.secret]
    if endpoint.previous_secret and (endpoint.previous_until_ms or 0) > at_ms:
        sealed.append(endpoint.previous_secret)
    return [sealing.unseal(each, purpose=_PURPOSE).decode() for each in sealed]


def give_up(endpoint_id: str) -> Update:
    """The statement that gives up what waits for an endpoint."""
    return (
        update(DeliveryRow)
        .where(DeliveryRow.endpoint_id == endpoint_id, DeliveryRow.state == PENDING)
        .values(state=FAILED, due_at_ms=None, lease=None)
        .execution_options(synchronize_session=False)
    )


def _check_enabled(endpoint: EndpointRow) -> None:
    if not endpoint.enabled:
        raise StageError("conflict", "The webhook is disabled.", hint="Enable it first.")


async def _attempts(
    session: AsyncSession, rows: Sequence[DeliveryRow]
) -> dict[str, list[DeliveryAttemptRow]]:
    found: dict[str, list[DeliveryAttemptRow]] = {}
    query = (
        select(DeliveryAttemptRow)
        .where(DeliveryAttemptRow.delivery_id.in_([row.id for row in rows]))
        .order_by(DeliveryAttemptRow.number)
    )
    for attempt in await session.scalars(query):
        found.setdefault(attempt.delivery_id, []).append(attempt)
    return found
