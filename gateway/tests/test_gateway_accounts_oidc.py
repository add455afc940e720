"""Signing in with another provider: a small one on loopback that speaks the protocol."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from polydub.testing import poll_until
from polydub.testing.servers import free_port
from polydub_gateway.accounts.settings import OidcSettings

pytestmark = pytest.mark.integration

CLIENT_ID, CLIENT_SECRET = "polydub gateway", "a secret: of/the client"
Change = Callable[["Provider", dict[str, Any], dict[str, Any]], Any]


@dataclass
class Provider:
    """An OpenID provider where whoever comes is signed in at once."""

    issuer: str
    keys: list[Any] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "one"})])
    who: dict[str, Any] = field(default_factory=dict)
    change: Change | None = None
    """Spoils an id token: it may change the header and claims, and give another key."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/jwks", self.jwks),
            ]
        )

    async def discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form["code"]), None)
        basic = base64.b64encode(
            f"{urlencode({'': CLIENT_ID})[1:]}:{urlencode({'': CLIENT_SECRET})[1:]}".encode()
        ).decode()
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or proven != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"token_type": "Bearer", "id_token": self.id_token(asked["nonce"])})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(KeySet(self.keys).as_dict(private=False))

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        key = self.keys[-1]
        header = {"alg": "ES256" if isinstance(key, ECKey) else "RS256", "kid": key.kid}
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "subject", "nonce": nonce, "iat": now,
            "exp": now + 300, **self.who,
        }  # fmt: skip
        if self.change is not None:
            key = self.change(self, header, claims) or key
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


@asynccontextmanager
async def served() -> AsyncIterator[Provider]:
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(provider.app(), port=port, log_config=None, lifespan="off")
    )
    serving = asyncio.create_task(server._serve())

    async def started() -> bool:
        return server.started

    await poll_until(started, "the provider")
    try:
        yield provider
    finally:
        server.should_exit = True
        await serving


@dataclass
class Setting:
    """A gateway, its provider, and browsers."""

    door: Any
    provider: Provider
    settings: OidcSettings

    async def sign_in(self, browser: httpx.AsyncClient, return_to: str = "/") -> httpx.Response:
        """The gateway's last answer."""
        begun = await browser.get("/v1/auth/oidc/login", params={"return_to": return_to})
        assert begun.status_code == 302, begun.text
        back = await browser.get(begun.headers["location"])
        assert back.headers["location"].startswith(str(self.door.http.base_url))
        return await browser.get(back.headers["location"])


@pytest.fixture(scope="module")
async def setting(
    tmp_path_factory: pytest.TempPathFactory, nats_url: str, open_door: Any
) -> AsyncIterator[Setting]:
    folder: Path = tmp_path_factory.mktemp("oidc")
    async with served() as provider:
        settings = OidcSettings(
            issuer=provider.issuer,
            client_id=CLIENT_ID,
            client_secret=SecretStr(CLIENT_SECRET),
            email_domains="example.org, Example.NET",
            default_role="editor",
        )
        url = f"sqlite+aiosqlite:///{folder}/gateway.db"
        async with open_door(folder, nats_url, url, oidc=settings) as door:
            yield Setting(door, provider, settings)


@pytest.fixture
def provider(setting: Setting) -> Provider:
    found = setting.provider
    found.who = {"email": "newcomer@example.org", "email_verified": True}
    found.change = None
    return found


@pytest.fixture
async def browser(setting: Setting) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=setting.door.http.base_url, trust_env=False, timeout=20
    ) as client:
        yield client


async def test_someone_of_a_domain_comes_in_with_the_default_role(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient
) -> None:
    provider.who["sub"] = "newcomer"
    answer = await setting.sign_in(browser, "/dubs?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dubs?page=2")
    first = (await browser.get("/v1/auth/me")).json()
    assert (first["email"], first["role"]) == ("newcomer@example.org", "editor")
    # Later they are known by the provider's own id of them, whatever their address is then.
    provider.who = {"sub": "newcomer", "email": "moved@elsewhere.example"}
    assert (await setting.sign_in(browser)).status_code == 303
    assert (await browser.get("/v1/auth/me")).json()["user_id"] == first["user_id"]


async def test_a_known_address_is_linked_only_when_verified(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient
) -> None:
    for verified in (False, None, "false", "no"):
        provider.who = {"sub": "thief", "email": "ada@example.com", "email_verified": verified}
        answer = await setting.sign_in(browser)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await browser.get("/v1/auth/me")).status_code == 401
    provider.who = {"sub": "ada", "email": "ADA@example.com", "email_verified": True}
    assert (await setting.sign_in(browser)).status_code == 303
    assert (await browser.get("/v1/auth/me")).json()["role"] == "admin"


async def test_an_invited_person_comes_in_and_a_stranger_does_not(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient
) -> None:
    provider.who = {"sub": "guest", "email": "guest@far.example", "email_verified": True}
    stranger = await setting.sign_in(browser)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "forbidden")
    asked = {"email": "guest@far.example", "role": "viewer"}
    await setting.door.http.post(
        "/v1/organisation/invitations", json=asked, headers=await setting.door.bearer()
    )
    assert (await setting.sign_in(browser)).status_code == 303
    assert (await browser.get("/v1/auth/me")).json()["role"] == "viewer"
    # They have no password, and none can be guessed.
    body = {"email": "guest@far.example", "password": "nobody's password"}
    assert (await browser.post("/v1/auth/login", json=body)).status_code == 403  # no page header
    body_answer = await setting.door.http.post("/v1/auth/login", json=body)
    assert body_answer.status_code == 401


async def test_the_provider_may_change_its_keys(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert (await setting.sign_in(browser)).status_code == 303
    monkeypatch.setattr("polydub_gateway.accounts.oidc._KEYS_REREAD_S", 0)
    provider.keys = [ECKey.generate_key("P-256", {"kid": "two"})]
    assert (await setting.sign_in(browser)).status_code == 303


def _other_key(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> Any:
    key = RSAKey.generate_key(2048, {"kid": "three"})
    header.update(alg="RS256", kid="three")
    return key


def _with_the_clients_secret(
    provider: Provider, header: dict[str, Any], claims: dict[str, Any]
) -> Any:
    header.update(alg="HS256")
    return OctKey.import_key(CLIENT_SECRET)


def _says(**changed: Any) -> Change:
    def change(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> None:
        claims.update(changed)

    return change


FAULTS: dict[str, Change] = {
    "another nonce": _says(nonce="of another sign-in"),
    "another audience": _says(aud="someone-else"),
    "several audiences and no word for whom": _says(aud=[CLIENT_ID, "someone-else"]),
    "for another party": _says(azp="someone-else"),
    "another issuer": _says(iss="https://evil.example"),
    "run out": _says(exp=int(time.time()) - 3600),
    "an unknown key": _other_key,
    "signed with the client's secret": _with_the_clients_secret,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_the_provider_says_has_to_hold(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient, fault: Change
) -> None:
    provider.change = fault
    answer = await setting.sign_in(browser)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert (await browser.get("/v1/auth/me")).status_code == 401


async def test_only_the_browser_that_began_can_finish(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient
) -> None:
    begun = await browser.get("/v1/auth/oidc/login")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    back = (await browser.get(begun.headers["location"])).headers["location"]
    async with httpx.AsyncClient(trust_env=False) as other:
        assert (await other.get(back)).status_code == 401
    mixed = back.replace(asked["state"][0], "another")
    assert (await browser.get(mixed)).status_code == 401
    elsewhere = back.replace(urlencode({"iss": provider.issuer}), "iss=https://evil.example")
    assert (await browser.get(elsewhere)).status_code == 401
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 401  # a code is good once
    denied = await browser.get("/v1/auth/oidc/callback?error=access_denied&state=x")
    assert denied.status_code == 401


async def test_nobody_is_sent_to_another_site(browser: httpx.AsyncClient) -> None:
    for path in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = await browser.get("/v1/auth/oidc/login", params={"return_to": path})
        assert answer.status_code == 422


async def test_a_provider_that_is_away_is_said(
    tmp_path: Path, nats_url: str, open_door: Any
) -> None:
    settings = OidcSettings(issuer=f"http://127.0.0.1:{free_port()}", client_id="x")
    url = f"sqlite+aiosqlite:///{tmp_path}/gateway.db"
    async with open_door(tmp_path, nats_url, url, oidc=settings) as door:
        answer = await door.http.get("/v1/auth/oidc/login")
        shown = await door.http.get("/v1/auth/oidc/login?return_to=/dubs/1", headers=BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (503, "sign_in_unavailable")
    assert answer.headers["retry-after"]
    assert shown.status_code == 303
    assert shown.headers["location"] == "/sign-in?error=sign_in_unavailable&next=%2Fdubs%2F1"
    assert shown.headers["cache-control"] == "no-store"


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("callback?error=access_denied&state=x", "unauthenticated"),
        ("callback?code=made-up&state=x", "unauthenticated"),
        ("callback?code=%00", "invalid_request"),
        ("login?return_to=//evil.example", "invalid_request"),
    ],
)
async def test_people_are_told_on_the_page_what_went_wrong(
    browser: httpx.AsyncClient, path: str, code: str
) -> None:
    answer = await browser.get(f"/v1/auth/oidc/{path}", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?error={code}")
    told = await browser.get(f"/v1/auth/oidc/{path}")
    assert (told.status_code >= 400, told.json()["code"]) == (True, code)


async def test_who_has_no_account_is_told_on_the_page(
    setting: Setting, provider: Provider, browser: httpx.AsyncClient
) -> None:
    provider.who = {"sub": "nobody", "email": "nobody@far.example", "email_verified": True}
    browser.headers["Accept"] = BROWSER["Accept"]
    answer = await setting.sign_in(browser)
    assert answer.headers["location"] == "/sign-in?error=forbidden"
    assert (await browser.get("/v1/auth/me")).status_code == 401
