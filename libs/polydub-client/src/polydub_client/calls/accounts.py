"""Signing in and out, and who is in the organisation."""

from __future__ import annotations

from dataclasses import asdict

from polydub_client.calls.call import Call, given, many, nothing, one, path
from polydub_client.models import (
    ApiKey,
    AuditPage,
    Invitation,
    Me,
    Member,
    OrganisationLimits,
    OwnLimits,
    SignInWays,
    Tokens,
)

REFRESH_PATH = path("auth", "refresh")


def ways() -> Call[SignInWays]:
    return Call("GET", path("auth", "ways"), one(SignInWays))


def login(email: str, password: str, organisation_id: str) -> Call[Tokens]:
    body = {"email": email, "password": password, "organisation_id": organisation_id}
    return Call("POST", path("auth", "login"), one(Tokens), body=body, idempotent=False)


def accept_invitation(token: str, password: str) -> Call[Tokens]:
    body = {"token": token, "password": password}
    at = path("auth", "invitations", "accept")
    return Call("POST", at, one(Tokens), body=body, idempotent=False)


def switch(organisation_id: str) -> Call[Tokens]:
    body = {"organisation_id": organisation_id}
    return Call("POST", path("auth", "switch"), one(Tokens), body=body, idempotent=False)


def logout(refresh_token: str) -> Call[None]:
    body = {"refresh_token": refresh_token}
    return Call("POST", path("auth", "logout"), nothing, body=body)


def change_password(current: str, new: str) -> Call[None]:
    body = {"current": current, "new": new}
    return Call("POST", path("auth", "password"), nothing, body=body, idempotent=False)


def me() -> Call[Me]:
    return Call("GET", path("auth", "me"), one(Me))


def list_members() -> Call[tuple[Member, ...]]:
    return Call("GET", path("organisation", "members"), many("members", Member))


def change_role(user_id: str, role: str) -> Call[Member]:
    return Call("PATCH", path("organisation", "members", user_id), one(Member), body={"role": role})


def remove_member(user_id: str) -> Call[None]:
    at = path("organisation", "members", user_id)
    return Call("DELETE", at, nothing, idempotent=False)


def list_invitations() -> Call[tuple[Invitation, ...]]:
    return Call("GET", path("organisation", "invitations"), many("invitations", Invitation))


def invite(email: str, role: str) -> Call[Invitation]:
    body = {"email": email, "role": role}
    at = path("organisation", "invitations")
    return Call("POST", at, one(Invitation), body=body, idempotent=False)


def withdraw_invitation(invitation_id: str) -> Call[None]:
    at = path("organisation", "invitations", invitation_id)
    return Call("DELETE", at, nothing, idempotent=False)


def list_keys() -> Call[tuple[ApiKey, ...]]:
    return Call("GET", path("organisation", "keys"), many("keys", ApiKey))


def create_key(name: str, scope: str, expires_at: str | None) -> Call[ApiKey]:
    body = {"name": name, "scope": scope, "expires_at": expires_at}
    return Call("POST", path("organisation", "keys"), one(ApiKey), body=body, idempotent=False)


def revoke_key(key_id: str) -> Call[None]:
    return Call("DELETE", path("organisation", "keys", key_id), nothing, idempotent=False)


def get_limits() -> Call[OrganisationLimits]:
    return Call("GET", path("organisation", "limits"), one(OrganisationLimits))


def set_limits(own: OwnLimits) -> Call[OrganisationLimits]:
    at = path("organisation", "limits")
    return Call("PUT", at, one(OrganisationLimits), body=asdict(own))


def audit(limit: int, cursor: str) -> Call[AuditPage]:
    params = given(limit=limit, cursor=cursor)
    return Call("GET", path("organisation", "audit"), one(AuditPage), params=params)
