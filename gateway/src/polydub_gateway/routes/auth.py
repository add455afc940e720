"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response

from polydub.errors import StageError
from polydub_gateway.accounts.callers import ACCESS_COOKIE, REFRESH_COOKIE
from polydub_gateway.accounts.opening import Accounts
from polydub_gateway.accounts.sessions import Tokens
from polydub_gateway.routes.account_schemas import (
    AcceptIn,
    JwksOut,
    LoginIn,
    MeOut,
    PasswordIn,
    PlaceOut,
    RefreshIn,
    SwitchIn,
    TicketOut,
    TokensOut,
    WaysOut,
    word,
)
from polydub_gateway.routes.context import AccountsOf, AddressOf, GatewayOf, Person, Viewer
from polydub_gateway.routes.problem_docs import problems

router = APIRouter(tags=["auth"])

REFRESH_PATH = "/v1/auth"
_JWKS_CACHED_S = 300

RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE, include_in_schema=False)]


@router.get("/v1/auth/ways")
async def get_ways(gateway: GatewayOf) -> WaysOut:
    """How people sign in here, for a page that asks them to."""
    accounts = gateway.accounts
    return WaysOut(
        accounts=accounts is not None,
        password=accounts is not None,
        oidc=accounts is not None and accounts.provider is not None,
    )


@router.post("/v1/auth/login", responses=problems(401, 403, 404, 422, 429))
async def sign_in(
    asked: LoginIn, request: Request, response: Response, accounts: AccountsOf, address: AddressOf
) -> TokensOut:
    """Signs a person in with e-mail address and password."""
    tokens = await accounts.people.sign_in(
        asked.email,
        asked.password.get_secret_value(),
        address,
        organisation_id=asked.organisation_id,
    )
    return give(tokens, request, response, accounts, in_cookies=asked.cookie)


@router.post("/v1/auth/refresh", responses=problems(401, 403, 404, 422))
async def refresh_tokens(
    request: Request,
    response: Response,
    accounts: AccountsOf,
    address: AddressOf,
    asked: RefreshIn | None = None,
    cookie: RefreshCookie = None,
) -> TokensOut:
    """New tokens for a refresh token, which is spent by it. Spent twice, it ends its session."""
    shown = _shown(asked, cookie)
    if not shown:
        raise StageError("unauthenticated", "There is no refresh token.")
    tokens = await accounts.sessions.refresh(shown, address)
    from_cookie = asked is None or asked.refresh_token is None
    return give(tokens, request, response, accounts, in_cookies=from_cookie)


@router.post("/v1/auth/logout", status_code=204, responses=problems(403, 404, 422))
async def sign_out(
    request: Request,
    response: Response,
    accounts: AccountsOf,
    address: AddressOf,
    asked: RefreshIn | None = None,
    cookie: RefreshCookie = None,
) -> None:
    """Ends the session of the refresh token or of the access token that is shown, if any."""
    shown = _shown(asked, cookie)
    session_id = await accounts.sessions.of_refresh_token(shown) if shown else None
    if session_id is None:
        session_id = await _session_of_access_token(accounts, request)
    if session_id:
        await accounts.sessions.end(session_id, address)
    response.delete_cookie(ACCESS_COOKIE, path="/")
    response.delete_cookie(REFRESH_COOKIE, path=REFRESH_PATH)


@router.get("/v1/auth/me", responses=problems())
async def get_me(gateway: GatewayOf, caller: Viewer) -> MeOut:
    """Who asks, and what they may do where."""
    accounts = gateway.accounts
    places = await accounts.members.places(caller.user_id) if accounts else []
    return MeOut(
        user_id=caller.user_id,
        email=await accounts.members.email_of(caller.user_id) if accounts else None,
        organisation_id=caller.organisation_id,
        role=word(caller.role),
        key_id=caller.key_id or None,
        read_only=caller.read_only,
        organisations=[PlaceOut.of(place) for place in places],
    )


@router.post("/v1/auth/password", status_code=204, responses=problems(404, 422, 429))
async def change_password(
    asked: PasswordIn, caller: Person, accounts: AccountsOf, address: AddressOf
) -> None:
    """Replaces the password; all other sessions end."""
    await accounts.people.change_password(
        caller, asked.current.get_secret_value(), asked.new.get_secret_value(), address
    )


@router.post("/v1/auth/switch", responses=problems(404, 422))
async def switch_organisation(
    asked: SwitchIn,
    request: Request,
    response: Response,
    caller: Person,
    accounts: AccountsOf,
    address: AddressOf,
) -> TokensOut:
    """Goes on in another organisation of the same user, with new tokens."""
    tokens = await accounts.sessions.switch(caller, asked.organisation_id, address)
    return give(tokens, request, response, accounts, in_cookies=asked.cookie)


@router.post("/v1/auth/tickets", status_code=201, responses=problems(404))
async def create_ticket(response: Response, caller: Viewer, accounts: AccountsOf) -> TicketOut:
    """A ticket for one request that can't send headers: an event stream, a WebSocket, a download.

    Players fetch a video by many requests: give them a link that shares the dub.
    """
    ticket, lasts_s = await accounts.sessions.ticket(caller)
    response.headers["Cache-Control"] = "no-store"
    return TicketOut(ticket=ticket, expires_in=lasts_s)


@router.post("/v1/auth/invitations/accept", responses=problems(401, 403, 404, 409, 410, 422, 429))
async def accept_invitation(
    asked: AcceptIn, request: Request, response: Response, accounts: AccountsOf, address: AddressOf
) -> TokensOut:
    """Becomes a member by an invitation, and signs in."""
    user_id, organisation_id = await accounts.invitations.accept(
        asked.token.get_secret_value(), asked.password.get_secret_value(), address
    )
    tokens = await accounts.sessions.begin(
        user_id, address, how="invitation", organisation_id=organisation_id
    )
    return give(tokens, request, response, accounts, in_cookies=asked.cookie)


@router.get("/.well-known/jwks.json", responses=problems(404))
async def get_jwks(response: Response, accounts: AccountsOf) -> JwksOut:
    """The public keys that access tokens are signed with."""
    response.headers["Cache-Control"] = f"public, max-age={_JWKS_CACHED_S}"
    return JwksOut(**await accounts.keys.jwks())


def give(
    tokens: Tokens, request: Request, response: Response, accounts: Accounts, *, in_cookies: bool
) -> TokensOut:
    """The answer with the tokens, or with cookies that hold them."""
    response.headers["Cache-Control"] = "no-store"
    if in_cookies:
        set_cookies(tokens, response, secure=is_secure(request, accounts))
    return TokensOut.of(tokens, in_cookies=in_cookies)


def set_cookies(tokens: Tokens, response: Response, *, secure: bool) -> None:
    """Cookies that scripts can't read and that other sites' forms do not send."""
    for name, value, lasts_s, path in (
        (ACCESS_COOKIE, tokens.access, tokens.access_lasts_s, "/"),
        (REFRESH_COOKIE, tokens.refresh, tokens.refresh_lasts_s, REFRESH_PATH),
    ):
        response.set_cookie(
            name, value, lasts_s, path=path, secure=secure, httponly=True, samesite="lax"
        )


def is_secure(request: Request, accounts: Accounts) -> bool:
    """Whether browsers come by https."""
    return request.url.scheme == "https" or accounts.settings.public_url.startswith("https:")


def _shown(asked: RefreshIn | None, cookie: str | None) -> str | None:
    if asked is not None and asked.refresh_token is not None:
        return asked.refresh_token.get_secret_value()
    return cookie


async def _session_of_access_token(accounts: Accounts, request: Request) -> str:
    try:
        return (await accounts.callers.identify(request.headers)).session_id
    except StageError as error:
        if error.code != "unauthenticated":
            raise
        return ""  # nobody is signed in: that is what was asked for
