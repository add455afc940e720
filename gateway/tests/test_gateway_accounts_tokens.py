"""What tokens, signing keys, passwords and the throttle promise, against those who try."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from argon2 import profiles
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from polydub.errors import StageError
from polydub_gateway.accounts import passwords, signing, throttle
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.settings import AccountSettings, OidcSettings
from polydub_gateway.accounts.signing import AccessTokens, Claims, Refused, SigningKeys
from polydub_gateway.accounts.throttle import Subject, Throttle, wait_ms
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import SigningKeyRow
from polydub_gateway.problems import RateLimited
from polydub_gateway.routes.oidc import is_local_path
from polydub_gateway.sealing import Sealing
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.integration

WHO = Claims("usr_1", "local", "ses_1")
SECRET = "a secret of the tests alone"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await made.migrate()
    yield made
    await made.aclose()


def keys_of(database: Database, secret: str = SECRET, **chosen: Any) -> SigningKeys:
    return SigningKeys(database, Sealing([secret]), **{"age_s": 10**6, "token_s": 900, **chosen})


def tokens_of(keys: SigningKeys, **chosen: Any) -> AccessTokens:
    return AccessTokens(keys, **{"issuer": "polydub", "lasts_s": 900, **chosen})


# --- signing keys ----------------------------------------------------------------------------


async def test_replicas_that_start_together_make_one_key(database: Database) -> None:
    replicas = [keys_of(database) for _ in range(3)]
    first = await asyncio.gather(*(keys.current() for keys in replicas))
    assert len({key.kid for key in first}) == 1
    async with database.session() as session:
        rows = list(await session.scalars(select(SigningKeyRow)))
    assert len(rows) == 1
    assert "PRIVATE" not in rows[0].sealed
    assert set(rows[0].public) == {"kty", "n", "e", "kid", "use", "alg"}


async def test_a_former_key_verifies_until_its_tokens_have_run_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, elsewhere = keys_of(database), keys_of(database)
    tokens = tokens_of(keys)
    before = await tokens.issue(WHO)
    assert await tokens_of(elsewhere).verify(before) == WHO
    await keys.rotate()
    after = await tokens.issue(WHO)
    assert await tokens.verify(before) == WHO
    # Another replica learns of the new key by the first token that it signed.
    monkeypatch.setattr(signing, "_UNKNOWN_REREAD_S", 0)
    assert await tokens_of(elsewhere).verify(after) == WHO
    assert len((await keys.jwks())["keys"]) == 2

    later = signing.now_ms() + (900 + 61) * 1000
    monkeypatch.setattr(signing, "now_ms", lambda: later)
    fresh = keys_of(database)
    assert await tokens_of(fresh).verify(after) == WHO
    with pytest.raises(Refused):
        await tokens_of(fresh).verify(before)
    assert len((await fresh.jwks())["keys"]) == 1


async def test_an_old_key_is_followed_by_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of(database, age_s=3600)
    first = (await keys.current()).kid
    later = signing.now_ms() + 3601 * 1000
    monkeypatch.setattr(signing, "now_ms", lambda: later)
    assert (await keys.current()).kid != first


async def test_another_secret_is_said_and_mended(database: Database) -> None:
    await keys_of(database).current()
    other = keys_of(database, "another secret altogether")
    with pytest.raises(StageError, match="can't be opened") as refused:
        await other.current()
    assert "rotate-key" in refused.value.hint
    await other.rotate()
    assert await tokens_of(other).verify(await tokens_of(other).issue(WHO)) == WHO


# --- tokens ----------------------------------------------------------------------------------


# The ids of tests must be the same in every process that collects them.
LONG_AGO_S, FAR_AHEAD_S = 1_000_000_000, 4_000_000_000


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {
        "iss": "polydub", "aud": "polydub", "sub": "usr_1", "org": "local", "sid": "ses_1",
        "iat": now, "nbf": now, "exp": now + 900, **changed,
    }  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "other"}, {"aud": None},
        {"exp": LONG_AGO_S}, {"exp": None}, {"nbf": FAR_AHEAD_S},
        {"nbf": None}, {"sub": None}, {"sub": 7}, {"org": None}, {"sid": ""}, {"exp": "soon"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_claims_that_do_not_hold_are_refused(
    database: Database, changed: dict[str, Any]
) -> None:
    keys = keys_of(database)
    key = await keys.current()
    header = {"alg": "RS256", "typ": "at+jwt", "kid": key.kid}
    good = jwt.encode(header, claims(), key, algorithms=["RS256"])
    assert await tokens_of(keys).verify(good) == WHO
    bad = jwt.encode(header, claims(**changed), key, algorithms=["RS256"])
    with pytest.raises(Refused):
        await tokens_of(keys).verify(bad)


Forge = Callable[[RSAKey], str]


def _signed(key: Any, algorithm: str, **header: Any) -> str:
    said = {"alg": algorithm, "typ": "at+jwt", **header}
    return jwt.encode(said, claims(), key, algorithms=[algorithm])


def _tampered(key: RSAKey) -> str:
    head, _, tail = _signed(key, "RS256", kid=key.kid).split(".")
    body = jwt.encode(
        {"alg": "RS256"}, claims(sub="usr_2"), RSAKey.generate_key(2048), algorithms=["RS256"]
    )
    return ".".join((head, body.split(".")[1], tail))


def _with_the_public_key_as_a_secret(key: RSAKey) -> str:
    """By hand: the library does not let anyone do it."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    header = {"alg": "HS256", "typ": "at+jwt", "kid": key.kid}
    signed = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims()).encode())}"
    secret = key.as_pem(private=False)
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), 'sha256'))}"


FORGERIES: dict[str, Forge] = {
    "HS256 with the public key": _with_the_public_key_as_a_secret,
    "no signature": lambda key: _signed(key, "none", kid=key.kid),
    "another RSA algorithm": lambda key: _signed(key, "RS512", kid=key.kid),
    "PS256 with our own key": lambda key: _signed(key, "PS256", kid=key.kid),
    "a key of their own": lambda key: _signed(RSAKey.generate_key(2048), "RS256", kid=key.kid),
    "an unknown key id": lambda key: _signed(key, "RS256", kid="sig_0"),
    "no key id": lambda key: _signed(key, "RS256"),
    "a key in the header": lambda key: _signed(
        key, "RS256", kid="x", jwk=key.as_dict(private=False)
    ),
    "another type": lambda key: _signed(key, "RS256", kid=key.kid, typ="JWT"),
    "other claims": _tampered,
    "nothing": lambda _: "",
    "words": lambda _: "a.b.c",
    "letters of elsewhere": lambda _: "é.ß.ø",
    "too few parts": lambda key: _signed(key, "RS256", kid=key.kid).rpartition(".")[0],
}


@pytest.mark.filterwarnings("ignore:JWS algorithm")
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_forged_tokens_are_refused(database: Database, forge: Forge) -> None:
    keys = keys_of(database)
    key = await keys.current()
    with pytest.raises(Refused):
        await tokens_of(keys).verify(forge(key))


# --- the throttle ----------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now = [1_700_000_000_000]
    monkeypatch.setattr(throttle, "now_ms", lambda: now[0])
    return now


async def attempts(throttled: Throttle, email: str, address: str, times: int) -> list[int]:
    """How long each of several at once has to wait; 0: it may try."""

    async def one() -> int:
        try:
            await throttled.enter(Subject.address(address), Subject.account(email))
        except RateLimited as error:
            return error.retry_after_s
        return 0

    return list(await asyncio.gather(*(one() for _ in range(times))))


async def test_guesses_cost_more_and_more_time(database: Database, clock: list[int]) -> None:
    throttled = Throttle(database)
    # Many at once are not more guesses than one after the other.
    waits = await attempts(throttled, "a@example.com", "192.0.2.1", 9)
    assert sorted(waits) == [0] * 6 + [1] * 3
    for wait_s in (1, 2, 4, 8):
        waits = await attempts(throttled, "a@example.com", "192.0.2.2", 1)
        assert waits == [wait_s]
        clock[0] += wait_s * 1000
        assert await attempts(throttled, "a@example.com", "192.0.2.2", 1) == [0]
    # Others are not held up, and it is forgotten after a while.
    assert await attempts(throttled, "b@example.com", "192.0.2.1", 1) == [0]
    clock[0] += throttle.FORGOTTEN_AFTER_MS + 1
    assert await attempts(throttled, "a@example.com", "192.0.2.1", 5) == [0] * 5


async def test_an_address_that_tries_many_accounts_has_to_wait(
    database: Database, clock: list[int]
) -> None:
    throttled = Throttle(database)
    for number in range(31):
        email = f"{number}@example.com"
        assert await attempts(throttled, email, f"2001:db8::{number:x}", 1) == [0]
    assert await attempts(throttled, "31@example.com", "2001:db8::ffff", 1) == [1]
    assert await attempts(throttled, "31@example.com", "2001:db8:0:1::1", 1) == [0]


async def test_a_right_password_counts_as_no_guess(database: Database, clock: list[int]) -> None:
    throttled = Throttle(database)
    account, address = Subject.account("a@example.com"), Subject.address("192.0.2.1")
    for _ in range(40):
        await throttled.enter(address, account)
        await throttled.succeed(account, address)


def test_the_wait_doubles_up_to_a_limit() -> None:
    assert [wait_ms(n, 5) for n in (0, 5, 6, 7, 8)] == [0, 0, 1000, 2000, 4000]
    assert wait_ms(10**6, 5) == throttle.LONGEST_WAIT_MS


# --- passwords and settings ------------------------------------------------------------------


async def test_hashes_are_made_anew_when_the_parameters_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = await Passwords().hash("correct horse battery")
    assert (await Passwords().check(old, "correct horse battery")).rehashed is None
    monkeypatch.setattr(passwords, "PARAMETERS", profiles.RFC_9106_LOW_MEMORY)
    verdict = await Passwords().check(old, "correct horse battery")
    assert verdict.fits
    assert verdict.rehashed is not None
    assert verdict.rehashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not (await Passwords().check(old, "another")).fits


async def test_without_an_account_a_password_is_worked_on_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checker, worked = Passwords(), []
    verify = checker._hasher.verify

    def counted(kept: str, password: str) -> bool:
        worked.append(kept)
        return verify(kept, password)

    monkeypatch.setattr(checker, "_hasher", type("H", (), {
        "verify": staticmethod(counted), "hash": checker._hasher.hash,
        "check_needs_rehash": checker._hasher.check_needs_rehash,
    }))  # fmt: skip
    assert not (await checker.check(None, "nobody's password")).fits
    assert worked[0].startswith("$argon2id$")


@pytest.mark.parametrize("password", ["short", "x" * 513])
async def test_passwords_have_a_length(password: str) -> None:
    with pytest.raises(StageError, match="characters"):
        await Passwords().hash(password)


def test_accounts_open_the_gateway_to_the_network() -> None:
    open_to_all = GatewaySettings(host="0.0.0.0", sign_in=AccountSettings(accounts=True))
    assert not open_to_all.on_loopback


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (lambda: AccountSettings(first_admin_email="a@b.example"), "go together"),
        (lambda: AccountSettings(public_url="dub.example"), "PUBLIC_URL"),
        (lambda: OidcSettings(issuer="http://id.example", client_id="x"), "https"),
        (lambda: OidcSettings(issuer="https://id.example"), "CLIENT_ID"),
        (
            lambda: OidcSettings(
                issuer="https://id.example", client_id="x", client_secret_file="/nowhere/at/all"
            ),
            "can't be read",
        ),
    ],
)
def test_settings_that_do_not_fit_are_said(settings: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        settings()


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/", True), ("/dubs/1?x=2#y", True), ("//evil.example", False), ("/\\evil", False),
        ("https://evil.example", False), ("", False), ("/a\nb", False), ("/a\\b", False),
    ],
)  # fmt: skip
def test_a_page_to_return_to_is_on_this_site(path: str, local: bool) -> None:
    assert is_local_path(path) is local
