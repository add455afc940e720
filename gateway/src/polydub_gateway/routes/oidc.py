"""Signing in with another provider: two redirects of a browser."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from polydub.errors import StageError
from polydub_gateway.accounts.oidc import BEGUN_LASTS_S, Provider
from polydub_gateway.accounts.opening import Accounts
from polydub_gateway.routes.auth import is_secure, set_cookies
from polydub_gateway.routes.context import AccountsOf, AddressOf
from polydub_gateway.routes.problem_docs import problems


class BrowsersRoute(APIRoute):
    """A route that browsers are sent to: people are told on the page what went wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except (StageError, RequestValidationError) as error:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                return _told_on_the_page(request, error)

        return handler


router = APIRouter(prefix="/v1/auth/oidc", tags=["auth"], route_class=BrowsersRoute)

SIGN_IN_PAGE = "/sign-in"
BEGUN_COOKIE = "polydub_oidc"
_PATH = "/v1/auth/oidc"
_MAX_CHARACTERS = 4000
_VISIBLE = r"^[\x20-\x7E]*$"
"""What OAuth lets them be made of (RFC 6749, appendix A)."""
_FROM_PROVIDER = "As the provider sends it"
_FAILED = "Failed, and the caller takes HTML: to the page's sign-in, with the code in `error`"

_BEGIN: dict[int | str, dict[str, Any]] = {
    302: {"description": "Where the provider asks who they are"},
    303: {"description": _FAILED},
    **problems(404, 422, 503),
}
_BACK: dict[int | str, dict[str, Any]] = {
    303: {"description": f"Signed in, with cookies: back to the page. {_FAILED}"},
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


def _told_on_the_page(request: Request, error: StageError | RequestValidationError) -> Response:
    code = error.code if isinstance(error, StageError) else "invalid_request"
    asked = {"error": code}
    if is_local_path(path := request.query_params.get("return_to", "")):
        asked["next"] = path
    address = f"{SIGN_IN_PAGE}?{urlencode(asked)}"
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


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
