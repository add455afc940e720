"""Another provider says who someone is: OpenID Connect, authorization code with PKCE (RFC 7636).

What has to be remembered between the two redirects (state, nonce, verifier) is sealed into a
cookie of the browser that began: any replica can go on, and no other browser can.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from polydub import telemetry
from polydub.errors import StageError
from polydub_gateway.accounts.settings import OidcSettings, is_https_or_here
from polydub_gateway.sealing import Broken, Sealing

BEGUN_LASTS_S = 600
_PURPOSE = "oidc sign-in"
_KNOWN_FOR_S = 3600.0
_KEYS_REREAD_S = 10.0
_LEEWAY_S = 60
"""Between the provider's clock and ours."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with public keys only: with a secret the client could sign for the provider."""

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Begun:
    """A sign-in that waits for the provider's answer."""

    state: str
    nonce: str
    verifier: str
    return_to: str
    redirect_uri: str
    until_s: int


@dataclass(frozen=True)
class Identity:
    """Who the provider says that someone is."""

    issuer: str
    subject: str
    email: str
    email_verified: bool


@dataclass(frozen=True)
class _Endpoints:
    authorization: str
    token: str
    jwks: str
    algorithms: Sequence[str]
    secret_in_body: bool


class Provider:
    """One provider, as its discovery document describes it."""

    def __init__(self, settings: OidcSettings, sealing: Sealing) -> None:
        self._settings = settings
        self._sealing = sealing
        self._http = httpx.AsyncClient(timeout=settings.timeout_s, follow_redirects=False)
        self._endpoints: _Endpoints | None = None
        self._found_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = -float("inf")
        self._asking = asyncio.Lock()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def begin(self, return_to: str, redirect_uri: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie to send it off with.

        Raises:
            StageError: ``sign_in_unavailable``.
        """
        endpoints = await self._discovered()
        begun = Begun(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            return_to=return_to,
            redirect_uri=redirect_uri,
            until_s=int(time.time()) + BEGUN_LASTS_S,
        )
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._settings.scopes,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": _challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoints.authorization else "?"
        sealed = self._sealing.seal(json.dumps(asdict(begun)).encode(), purpose=_PURPOSE)
        return f"{endpoints.authorization}{joint}{urlencode(query)}", sealed

    async def finish(
        self, cookie: str, *, state: str, code: str, issuer: str
    ) -> tuple[Identity, str]:
        """Who came back from the provider, and where they wanted to go.

        Args:
            issuer: as the answer names it (RFC 9207); empty: it does not.

        Raises:
            StageError: ``unauthenticated``, ``sign_in_unavailable``.
        """
        begun = self._begun(cookie)
        if not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise _refused("The answer is to another sign-in.")
        if issuer and issuer != self._settings.issuer:
            raise _refused("Another provider answered.")
        token = await self._exchange(code, begun)
        claims = await self._verified(token, begun.nonce)
        return self._identity(claims), begun.return_to

    def _begun(self, cookie: str) -> Begun:
        try:
            begun = Begun(**json.loads(self._sealing.unseal(cookie, purpose=_PURPOSE)))
        except Broken as error:
            raise _refused("This browser began no sign-in.") from error
        if begun.until_s < time.time():
            raise _refused("The sign-in took too long.")
        return begun

    async def _exchange(self, code: str, begun: Begun) -> str:
        """The id token for a code."""
        endpoints = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.verifier,
        }
        secret = self._settings.client_secret.get_secret_value()
        auth = None
        if secret and not endpoints.secret_in_body:
            # RFC 6749 2.3.1: both are encoded as in forms.
            auth = httpx.BasicAuth(_form(self._settings.client_id), _form(secret))
        else:
            form["client_id"] = self._settings.client_id
            if secret:
                form["client_secret"] = secret
        try:
            answer = await self._http.post(
                endpoints.token, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT
            )
        except httpx.HTTPError as error:
            raise _unavailable() from error
        if answer.status_code >= 500:
            raise _unavailable()
        said = _object(answer) if answer.status_code == 200 else {}
        token = said.get("id_token")
        if not isinstance(token, str):
            log.warning("the provider took no code", status=answer.status_code)
            raise _refused("The provider did not confirm the sign-in.")
        return token

    async def _verified(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an id token (OpenID Connect Core 1.0, 3.1.3.7)."""
        endpoints = await self._discovered()
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = (await self._decoded(token, endpoints.algorithms)).claims
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            log.warning("an id token does not hold", reason=type(error).__name__)
            raise _refused("What the provider says does not hold.") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._settings.client_id:
            raise _refused("What the provider says is for someone else.")
        return claims

    async def _decoded(self, token: str, algorithms: Sequence[str]) -> jwt.Token:
        try:
            return jwt.decode(token, await self._key_set(_KNOWN_FOR_S), algorithms=algorithms)
        except (JoseError, ValueError):
            # It may be signed with a key newer than those we know.
            return jwt.decode(token, await self._key_set(_KEYS_REREAD_S), algorithms=algorithms)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        email = claims.get("email")
        return Identity(
            issuer=self._settings.issuer,
            subject=str(claims["sub"]),
            email=email if isinstance(email, str) else "",
            # Some providers write it as a word.
            email_verified=claims.get("email_verified") in (True, "true"),
        )

    async def _discovered(self) -> _Endpoints:
        async with self._asking:
            if self._endpoints is None or time.monotonic() - self._found_at > _KNOWN_FOR_S:
                issuer = self._settings.issuer
                document = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                self._endpoints = _endpoints(document, issuer)
                self._found_at = time.monotonic()
            return self._endpoints

    async def _key_set(self, older_than_s: float) -> KeySet:
        endpoints = await self._discovered()
        async with self._asking:
            if self._keys is None or time.monotonic() - self._keys_at > older_than_s:
                document = await self._get(endpoints.jwks)
                try:
                    self._keys = KeySet.import_key_set(document)  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise _unavailable() from error
                self._keys_at = time.monotonic()
            return self._keys

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = await self._http.get(url)
        except httpx.HTTPError as error:
            raise _unavailable() from error
        if answer.status_code != 200:
            raise _unavailable()
        return _object(answer)


def _endpoints(document: Mapping[str, Any], issuer: str) -> _Endpoints:
    named = [
        document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    ]
    if document.get("issuer") != issuer or not all(
        isinstance(each, str) and is_https_or_here(each) for each in named
    ):
        log.error("the provider's description can't be used", issuer=issuer)
        raise _unavailable()
    offered = document.get("id_token_signing_alg_values_supported") or ["RS256"]
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return _Endpoints(
        authorization=str(named[0]),
        token=str(named[1]),
        jwks=str(named[2]),
        algorithms=[each for each in _ALGORITHMS if each in offered],
        secret_in_body="client_secret_basic" not in methods,
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise _unavailable() from error
    if not isinstance(found, dict):
        raise _unavailable()
    return found


def _form(text: str) -> str:
    return urlencode({"": text})[1:]


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refused(message: str) -> StageError:
    return StageError("unauthenticated", message, hint="Begin again.")


def _unavailable() -> StageError:
    return StageError("sign_in_unavailable", "The provider that signs people in does not answer.")
