"""Accounts as a whole, and how the first admin comes about."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from polydub import telemetry
from polydub.errors import StageError
from polydub.events import now_ms
from polydub_gateway.accounts.audit import Actor, Audit, entry
from polydub_gateway.accounts.callers import AccountCallers
from polydub_gateway.accounts.keys import ApiKeys
from polydub_gateway.accounts.linking import Linking
from polydub_gateway.accounts.members import Invitations, Members, new_membership
from polydub_gateway.accounts.oidc import Provider
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.people import People, email_key, new_user, user_of_email
from polydub_gateway.accounts.sessions import Sessions, membership
from polydub_gateway.accounts.settings import AccountSettings, OidcSettings
from polydub_gateway.accounts.signing import AccessTokens, SigningKeys
from polydub_gateway.accounts.standing import Standings
from polydub_gateway.accounts.throttle import Throttle
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import OrganisationRow, UserRow
from polydub_gateway.identity import LOCAL, Role, new_id
from polydub_gateway.sealing import Sealing

log = telemetry.logger(__name__)


class CantOpen(Exception):
    """Something that was set does not fit what is in the database."""


@dataclass(frozen=True)
class Accounts:
    """Everything that has to do with who someone is."""

    settings: AccountSettings
    keys: SigningKeys
    callers: AccountCallers
    sessions: Sessions
    people: People
    members: Members
    invitations: Invitations
    api_keys: ApiKeys
    audit: Audit
    provider: Provider | None
    linking: Linking


async def open_accounts(
    settings: AccountSettings,
    oidc: OidcSettings,
    database: Database,
    sealing: Sealing,
    stack: AsyncExitStack,
) -> Accounts:
    """Accounts over a database that is up to date; what they hold open closes with ``stack``.

    Raises:
        CantOpen: when the secret is another one, or the first admin can't be made.
    """
    passwords = Passwords()
    await passwords.prepare()
    try:
        await _make_first_admin(settings, database, passwords)
    except StageError as error:
        raise CantOpen(f"The first admin can't be made: {error.message}") from error
    keys = SigningKeys(
        database, sealing, age_s=settings.signing_key_s, token_s=settings.access_token_s
    )
    try:
        await keys.current()
    except StageError as error:
        raise CantOpen(f"{error.message} {error.hint}") from error
    tokens = AccessTokens(
        keys, issuer=settings.public_url or "polydub", lasts_s=settings.access_token_s
    )
    standings = Standings(database, cached_s=settings.standing_cached_s)
    sessions = Sessions(database, tokens, standings, settings)
    people = People(database, passwords, Throttle(database), sessions)
    provider = Provider(oidc, sealing) if oidc.issuer else None
    if provider is not None:
        stack.push_async_callback(provider.aclose)
    return Accounts(
        settings=settings,
        keys=keys,
        callers=AccountCallers(tokens, standings, sessions),
        sessions=sessions,
        people=people,
        members=Members(database, standings),
        invitations=Invitations(database, passwords, people, lasts_s=settings.invitation_s),
        api_keys=ApiKeys(database, standings),
        audit=Audit(database),
        provider=provider,
        linking=Linking(database, oidc),
    )


async def create_admin(
    database: Database, passwords: Passwords, *, email: str, password: str, organisation: str = ""
) -> str:
    """An admin of an organisation; the user's id. One who is there is made admin and active.

    The first organisation owns what was made before there were accounts.

    Args:
        organisation: its name; empty: the first one.

    Raises:
        StageError: ``invalid_request`` for an address or a password that can't be used.
    """
    key, hashed = email_key(email), await passwords.hash(password)
    async with database.session() as session:
        home = await session.scalar(_organisation(organisation))
        if home is None:
            first = await session.scalar(select(OrganisationRow.id).limit(1)) is None
            home = OrganisationRow(
                id=LOCAL.organisation_id if first else new_id("org"),
                name=organisation or "Polydub",
                changes=0,
                created_at_ms=now_ms(),
            )
            session.add(home)
        user = await user_of_email(session, key)
        if user is None:
            user = new_user(email, hashed)
            session.add(user)
        user.password_hash, user.active = hashed, True
        await session.flush()
        member = await membership(session, user.id, home.id)
        if member is None:
            session.add(new_membership(user.id, home.id, Role.ADMIN.word))
        else:
            member.role = Role.ADMIN.word
        session.add(entry(Actor("", home.id), "admin_created", user.id))
    return user.id


def _organisation(name: str):  # type: ignore[no-untyped-def]
    query = select(OrganisationRow).order_by(OrganisationRow.created_at_ms).limit(1)
    return query.where(OrganisationRow.name == name) if name else query


async def _make_first_admin(
    settings: AccountSettings, database: Database, passwords: Passwords
) -> None:
    """As the settings name them, where there is no user at all yet."""
    if settings.first_admin_password_file is None:
        return
    async with database.session() as session:
        if await session.scalar(select(UserRow.id).limit(1)) is not None:
            return
    password = settings.first_admin_password_file.read_text("utf-8").strip()
    try:
        await create_admin(database, passwords, email=settings.first_admin_email, password=password)
        log.info("made the first admin")
    except IntegrityError:
        log.info("another replica made the first admin")
