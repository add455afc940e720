"""An organisation's members, invitations, keys and record."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from polydub_gateway.identity import Role
from polydub_gateway.routes.account_schemas import (
    AuditOut,
    AuditPage,
    InvitationIn,
    InvitationOut,
    InvitationsOut,
    KeyIn,
    KeyOut,
    KeysOut,
    MemberOut,
    MembersOut,
    NewInvitationOut,
    NewKeyOut,
    RoleIn,
)
from polydub_gateway.routes.context import AccountsOf, AddressOf, Admin, Viewer
from polydub_gateway.routes.problem_docs import problems

router = APIRouter(prefix="/v1/organisation", tags=["organisation"])


@router.get("/members", responses=problems(404))
async def list_members(caller: Viewer, accounts: AccountsOf) -> MembersOut:
    """Everyone in the organisation."""
    members = await accounts.members.list(caller.organisation_id)
    return MembersOut(members=[MemberOut.of(each) for each in members])


@router.patch("/members/{user_id}", responses=problems(404, 409, 422))
async def change_member(
    user_id: str, asked: RoleIn, caller: Admin, accounts: AccountsOf, address: AddressOf
) -> MemberOut:
    """Gives a member another role. The last admin stays one."""
    role = Role[asked.role.upper()]
    return MemberOut.of(await accounts.members.change_role(caller, user_id, role, address))


@router.delete("/members/{user_id}", status_code=204, responses=problems(404, 409))
async def delete_member(
    user_id: str, caller: Admin, accounts: AccountsOf, address: AddressOf
) -> None:
    """Takes a member out, and their keys. The last admin can't go."""
    await accounts.members.remove(caller, user_id, address)


@router.post("/invitations", status_code=201, responses=problems(404, 409, 422))
async def create_invitation(
    asked: InvitationIn,
    response: Response,
    caller: Admin,
    accounts: AccountsOf,
    address: AddressOf,
) -> NewInvitationOut:
    """Invites someone. The token is told only here: hand it to them yourself."""
    role = Role[asked.role.upper()]
    row, token = await accounts.invitations.create(caller, asked.email, role, address)
    response.headers["Cache-Control"] = "no-store"
    return NewInvitationOut(**InvitationOut.of(row).model_dump(), token=token)


@router.get("/invitations", responses=problems(404))
async def list_invitations(caller: Admin, accounts: AccountsOf) -> InvitationsOut:
    """The open invitations."""
    rows = await accounts.invitations.list(caller.organisation_id)
    return InvitationsOut(invitations=[InvitationOut.of(row) for row in rows])


@router.delete("/invitations/{invitation_id}", status_code=204, responses=problems(404))
async def delete_invitation(
    invitation_id: str, caller: Admin, accounts: AccountsOf, address: AddressOf
) -> None:
    """Takes an invitation back."""
    await accounts.invitations.withdraw(caller, invitation_id, address)


@router.post("/keys", status_code=201, responses=problems(404, 409, 422))
async def create_key(
    asked: KeyIn, response: Response, caller: Admin, accounts: AccountsOf, address: AddressOf
) -> NewKeyOut:
    """Makes an API key. Its text is told only here."""
    until_ms = int(asked.expires_at.timestamp() * 1000) if asked.expires_at else None
    row, text = await accounts.api_keys.create(caller, asked.name, asked.scope, until_ms, address)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyOut(**KeyOut.of(row).model_dump(), key=text)


@router.get("/keys", responses=problems(404))
async def list_keys(caller: Admin, accounts: AccountsOf) -> KeysOut:
    """The keys that were not revoked."""
    rows = await accounts.api_keys.list(caller.organisation_id)
    return KeysOut(keys=[KeyOut.of(row) for row in rows])


@router.delete("/keys/{key_id}", status_code=204, responses=problems(404))
async def delete_key(key_id: str, caller: Admin, accounts: AccountsOf, address: AddressOf) -> None:
    """Ends a key at once."""
    await accounts.api_keys.revoke(caller, key_id, address)


@router.get("/audit", responses=problems(404, 422))
async def list_audit(
    caller: Admin,
    accounts: AccountsOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> AuditPage:
    """Who did what, newest first. Give `next_cursor` as `cursor` for the next page."""
    found = await accounts.audit.page(caller.organisation_id, limit=limit, cursor=cursor)
    entries = [AuditOut.of(row) for row in found.rows]
    return AuditPage(entries=entries, next_cursor=found.next_cursor)
