"""Signing in with another provider: two redirects of a browser."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import RedirectResponse

from polydub.errors import StageError
from polydub_gateway.accounts.oidc import BEGUN_LASTS_S, Provider
from polydub_gateway.accounts.opening import Accounts
from polydub_gateway.routes.auth import is_secure, set_cookies
from polydub_gateway.routes.context import AccountsOf, AddressOf
from polydub_gateway.routes.problem_docs import problems

router = APIRouter(prefix="/v1/auth/oidc", tags=["auth"])

BEGUN_COOKIE = "polydub_oidc"
_PATH = "/v1/auth/oidc"
_MAX_CHARACTERS = 4000
_VISIBLE = r"^[\x20-\x7E]*$"
"""What OAuth lets them be made of (RFC 6749, appendix A)."""
_FROM_PROVIDER = "As the provider sends it"

_BEGIN: dict[int | str, dict[str, Any]] = {
    302: {"description": "Where the provider asks who they are"},
    **problems(404, 422, 503),
}
_BACK: dict[int | str, dict[str, Any]] = {
    303: {"description": "Signed in, with cookies: back to the page"},
    **problems(401, 403, 404, 422, 503),
}


@router.get("/login", status_code=302, responses=_BEGIN, response_class=RedirectResponse)
async def begin_oidc(
    request: Request,
    accounts: AccountsOf,
    return_to: Annotated[str, Query(max_length=500, description="A path of this site")] = "/",
) -> Response:
    """Sends a browser to the provider. `return_to` is a path of this site."""
    provider = _provider(accounts)
    if not is_local_path(return_to):
        raise StageError("invalid_request", "return_to must be a path of this site.")
    url, sealed = await provider.begin(return_to, _redirect_uri(request, accounts))
    answer = RedirectResponse(url, 302, headers={"Cache-Control": "no-store"})
    # Lax: the provider's redirect back is a navigation from another site, and has to carry it.
    answer.set_cookie(
        BEGUN_COOKIE,
        sealed,
        BEGUN_LASTS_S,
        path=_PATH,
        secure=is_secure(request, accounts),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/callback", status_code=303, responses=_BACK, response_class=RedirectResponse)
async def finish_oidc(
    request: Request,
    accounts: AccountsOf,
    address: AddressOf,
    state: Annotated[
        str, Query(max_length=_MAX_CHARACTERS, pattern=_VISIBLE, description=_FROM_PROVIDER)
    ] = "",
    code: Annotated[
        str, Query(max_length=_MAX_CHARACTERS, pattern=_VISIBLE, description=_FROM_PROVIDER)
    ] = "",
    error: Annotated[
        str, Query(max_length=_MAX_CHARACTERS, pattern=_VISIBLE, description=_FROM_PROVIDER)
    ] = "",
    iss: Annotated[
        str, Query(max_length=_MAX_CHARACTERS, pattern=_VISIBLE, description=_FROM_PROVIDER)
    ] = "",
    cookie: Annotated[str, Cookie(alias=BEGUN_COOKIE, include_in_schema=False)] = "",
) -> Response:
    """Where the provider sends the browser back to: signs in and goes on to the page."""
    provider = _provider(accounts)
    if error or not code:
        raise StageError(
            "unauthenticated", "The provider did not sign you in.", hint="Begin again."
        )
    identity, return_to = await provider.finish(cookie, state=state, code=code, issuer=iss)
    user_id = await accounts.linking.user_of(identity, address)
    tokens = await accounts.sessions.begin(user_id, address, how="oidc")
    answer = RedirectResponse(return_to, 303, headers={"Cache-Control": "no-store"})
    set_cookies(tokens, answer, secure=is_secure(request, accounts))
    answer.delete_cookie(BEGUN_COOKIE, path=_PATH)
    return answer


def is_local_path(path: str) -> bool:
    """Whether a browser stays on this site with it; ``//host`` and ``/\\host`` would leave it."""
    return (
        path.startswith("/")
        and path[1:2] not in ("/", "\\")
        and path.isprintable()
        and "\\" not in path
    )


def _provider(accounts: Accounts) -> Provider:
    if accounts.provider is None:
        raise StageError("not_found", "No other provider signs people in here.")
    return accounts.provider


def _redirect_uri(request: Request, accounts: Accounts) -> str:
    base = accounts.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}{_PATH}/callback"
