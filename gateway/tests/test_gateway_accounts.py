"""Accounts over HTTP, on both databases: signing in, members, keys, tickets, the record."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from polydub.events import now_ms
from polydub_gateway.accounts import sessions
from polydub_gateway.accounts.opening import create_admin
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.throttle import Subject
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AttemptRow

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
PAGE = {"X-Polydub-Request": "1"}


@pytest.fixture
async def admin(door: Any) -> dict[str, str]:
    headers: dict[str, str] = await door.bearer()
    return headers


async def me(door: Any, headers: dict[str, str]) -> Any:
    return await door.http.get("/v1/auth/me", headers=headers)


async def other_organisation(door: Any, email: str) -> dict[str, str]:
    database = Database(door.database_url)
    try:
        await create_admin(
            database, Passwords(), email=email, password=PASSWORD, organisation="Other"
        )
    finally:
        await database.aclose()
    headers: dict[str, str] = await door.bearer(email)
    return headers


# --- signing in ------------------------------------------------------------------------------


async def test_the_first_admin_signs_in_and_anyone_can_verify_the_token(door: Any) -> None:
    tokens = await door.sign_in("ada@EXAMPLE.com")
    keys = KeySet.import_key_set((await door.http.get("/.well-known/jwks.json")).json())
    assert all("d" not in key.as_dict(private=False) for key in keys.keys)
    decoded = jwt.decode(tokens["access_token"], keys, algorithms=["RS256"])
    assert (decoded.header["typ"], decoded.claims["aud"]) == ("at+jwt", "polydub")
    assert decoded.claims["exp"] - decoded.claims["iat"] == tokens["expires_in"] == 900
    found = (await me(door, {"Authorization": f"bearer {tokens['access_token']}"})).json()
    assert (found["email"], found["role"]) == ("Ada@Example.com", "admin")
    # What was made before there were accounts is the first organisation's.
    assert found["organisations"] == [{"id": "local", "name": "Polydub", "role": "admin"}]


async def test_a_wrong_password_and_no_account_are_told_apart_by_nothing(door: Any) -> None:
    answers = [
        await door.http.post("/v1/auth/login", json={"email": email, "password": "not the one"})
        for email in ("ada@example.com", "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert set(answers[0].headers) == set(answers[1].headers)
    assert answers[0].headers["www-authenticate"] == "Bearer"


async def test_who_guessed_too_often_has_to_wait(door: Any) -> None:
    database = Database(door.database_url)
    subject = Subject.account("guessed@example.com").key
    until = now_ms() + 90_000
    async with database.session() as session:
        session.add(
            AttemptRow(subject=subject, failures=9, last_at_ms=now_ms(), blocked_until_ms=until)
        )
    await database.aclose()
    body = {"email": "Guessed@example.com", "password": PASSWORD}
    answer = await door.http.post("/v1/auth/login", json=body)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 30 < int(answer.headers["Retry-After"]) <= 90


async def test_refresh_tokens_rotate_and_a_spent_one_ends_the_session(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await door.sign_in()
    answer = await refreshed(door, first)
    assert answer.headers["cache-control"] == "no-store"
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert (await me(door, headers)).status_code == 200
    later = now_ms() + 10_001
    monkeypatch.setattr(sessions, "now_ms", lambda: later)
    assert (await refreshed(door, first)).status_code == 401
    # Both the thief's and the owner's tokens are worth nothing now.
    assert (await refreshed(door, second)).status_code == 401
    assert (await me(door, headers)).status_code == 401


async def test_tabs_that_refresh_at_once_stay_signed_in(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await door.sign_in()
    answers = await asyncio.gather(*(refreshed(door, tokens) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    siblings = [answer.json() for answer in answers]
    assert len({each["refresh_token"] for each in siblings}) == 6
    goes_on = await refreshed(door, siblings[0])
    assert goes_on.status_code == 200
    # All of them are one session: what is shown again too late ends it for all.
    later = now_ms() + 10_001
    monkeypatch.setattr(sessions, "now_ms", lambda: later)
    assert (await refreshed(door, tokens)).status_code == 401
    assert (await refreshed(door, siblings[5])).status_code == 401
    assert (await refreshed(door, goes_on.json())).status_code == 401


async def test_a_session_that_has_ended_has_no_grace(door: Any) -> None:
    tokens = await door.sign_in()
    second = (await refreshed(door, tokens)).json()
    body = {"refresh_token": second["refresh_token"]}
    assert (await door.http.post("/v1/auth/logout", json=body)).status_code == 204
    assert (await refreshed(door, tokens)).status_code == 401


async def refreshed(door: Any, tokens: dict[str, Any]) -> httpx.Response:
    body = {"refresh_token": tokens["refresh_token"]}
    answer: httpx.Response = await door.http.post("/v1/auth/refresh", json=body)
    return answer


async def test_signing_out_ends_the_session(door: Any) -> None:
    tokens = await door.sign_in()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    body = {"refresh_token": tokens["refresh_token"]}
    assert (await door.http.post("/v1/auth/logout", json=body)).status_code == 204
    assert (await me(door, headers)).status_code == 401
    assert (await door.http.post("/v1/auth/refresh", json=body)).status_code == 401
    assert (await door.http.post("/v1/auth/logout", json=body)).status_code == 204
    assert (await door.http.post("/v1/auth/logout")).status_code == 204


async def test_another_password_ends_the_other_sessions(door: Any, admin: Any) -> None:
    _, here = await door.join(admin, "editor", "changes@example.com")
    there = await door.bearer("changes@example.com")
    changed = {"current": "wrong" * 3, "new": "a better one than before"}
    wrong = await door.http.post("/v1/auth/password", json=changed, headers=here)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "forbidden")
    changed["current"] = PASSWORD
    short = await door.http.post(
        "/v1/auth/password", json={**changed, "new": "short"}, headers=here
    )
    assert short.status_code == 422
    done = await door.http.post("/v1/auth/password", json=changed, headers=here)
    assert done.status_code == 204
    assert (await me(door, here)).status_code == 200
    assert (await me(door, there)).status_code == 401
    await door.sign_in("changes@example.com", password=changed["new"])


async def test_the_page_has_cookies_that_scripts_and_other_sites_can_not_use(door: Any) -> None:
    door.http.cookies.clear()
    try:
        body = {"email": "ada@example.com", "password": PASSWORD, "cookie": True}
        answer = await door.http.post("/v1/auth/login", json=body)
        assert (answer.json()["access_token"], answer.json()["refresh_token"]) == (None, None)
        for line in answer.headers.get_list("set-cookie"):
            assert "HttpOnly" in line
            assert "SameSite=lax" in line
        assert (await door.http.get("/v1/auth/me")).status_code == 200
        bare = await door.http.post("/v1/auth/tickets")
        assert (bare.status_code, bare.json()["code"]) == (403, "forbidden")
        assert (await door.http.post("/v1/auth/tickets", headers=PAGE)).status_code == 201
        for foreign in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ):
            crossed = await door.http.post("/v1/auth/tickets", headers=PAGE | foreign)
            assert crossed.status_code == 403, foreign
        assert (await door.http.post("/v1/auth/refresh", headers=PAGE)).status_code == 200
        # A header that does not hold is not made good by a cookie that would.
        wrong = {"X-Api-Key": "pdk_1_2"}
        assert (await door.http.get("/v1/auth/me", headers=wrong)).status_code == 401
        assert (await door.http.post("/v1/auth/logout", headers=PAGE)).status_code == 204
        assert (await door.http.get("/v1/auth/me")).status_code == 401
    finally:
        door.http.cookies.clear()


async def test_every_answer_is_safe_in_browsers(door: Any) -> None:
    for path in ("/healthz", "/v1/dubs", "/nowhere", "/docs"):
        headers = (await door.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"


# --- members ---------------------------------------------------------------------------------


async def test_an_invitation_is_good_once(door: Any, admin: Any) -> None:
    asked = {"email": "Grace@example.com", "role": "editor"}
    made = await door.http.post("/v1/organisation/invitations", json=asked, headers=admin)
    listed = (await door.http.get("/v1/organisation/invitations", headers=admin)).json()
    assert made.json()["id"] in {each["id"] for each in listed["invitations"]}
    assert made.json()["token"] not in str(listed)
    body = {"token": made.json()["token"], "password": PASSWORD}
    answers = await asyncio.gather(
        *(door.http.post("/v1/auth/invitations/accept", json=body) for _ in range(3))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200
    assert set(codes[1:]) <= {409, 410}
    assert (await door.http.post("/v1/auth/invitations/accept", json=body)).status_code == 410
    members = (await door.http.get("/v1/organisation/members", headers=admin)).json()["members"]
    assert [m["role"] for m in members if m["email"] == "Grace@example.com"] == ["editor"]
    again = await door.http.post("/v1/organisation/invitations", json=asked, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_an_invitation_is_replaced_and_withdrawn(door: Any, admin: Any) -> None:
    asked = {"email": "twice@example.com", "role": "viewer"}
    path = "/v1/organisation/invitations"
    first = (await door.http.post(path, json=asked, headers=admin)).json()
    second = (await door.http.post(path, json=asked, headers=admin)).json()
    accept = "/v1/auth/invitations/accept"
    body = {"token": first["token"], "password": PASSWORD}
    assert (await door.http.post(accept, json=body)).status_code == 410
    gone = await door.http.delete(f"{path}/{second['id']}", headers=admin)
    assert gone.status_code == 204
    body["token"] = second["token"]
    assert (await door.http.post(accept, json=body)).status_code == 410


async def test_an_invitation_alone_does_not_open_an_account_that_is_there(
    door: Any, admin: Any
) -> None:
    other = await other_organisation(door, "invites@example.com")
    asked = {"email": "ada@example.com", "role": "viewer"}
    made = await door.http.post("/v1/organisation/invitations", json=asked, headers=other)
    body = {"token": made.json()["token"], "password": "whatever I like"}
    taken = await door.http.post("/v1/auth/invitations/accept", json=body)
    assert taken.status_code == 401
    body["password"] = PASSWORD
    joined = (await door.http.post("/v1/auth/invitations/accept", json=body)).json()
    there = {"Authorization": f"Bearer {joined['access_token']}"}
    found = (await me(door, there)).json()
    assert found["role"] == "viewer"
    assert len(found["organisations"]) == 2

    # One user, two organisations: a token is for one of them, and they switch.
    back = await door.http.post("/v1/auth/switch", json={"organisation_id": "local"}, headers=there)
    here = {"Authorization": f"Bearer {back.json()['access_token']}"}
    assert (await me(door, here)).json()["role"] == "admin"
    nowhere = await door.http.post(
        "/v1/auth/switch", json={"organisation_id": "org_nowhere"}, headers=here
    )
    assert nowhere.status_code == 404
    mine = await door.http.delete(f"/v1/organisation/members/{found['user_id']}", headers=other)
    assert mine.status_code == 204
    assert (await me(door, there)).status_code == 401
    assert (await me(door, here)).status_code == 200


async def test_who_is_removed_loses_access_at_once(door: Any, admin: Any) -> None:
    tokens, headers = await door.join(admin, "admin")
    key = {"X-Api-Key": (await door.key(headers))["key"]}
    user_id = (await me(door, headers)).json()["user_id"]
    assert (await me(door, key)).json()["user_id"] == user_id
    path = f"/v1/organisation/members/{user_id}"
    lower = await door.http.patch(path, json={"role": "viewer"}, headers=admin)
    assert lower.json()["role"] == "viewer"
    assert (await door.http.get("/v1/organisation/keys", headers=key)).status_code == 403
    assert (await door.http.delete(path, headers=admin)).status_code == 204
    assert (await me(door, headers)).status_code == 401
    assert (await me(door, key)).status_code == 401
    body = {"refresh_token": tokens["refresh_token"]}
    assert (await door.http.post("/v1/auth/refresh", json=body)).status_code == 401
    assert (await door.http.delete(path, headers=admin)).status_code == 404


async def test_the_last_admin_stays(door: Any) -> None:
    one = await other_organisation(door, "one@example.com")
    members = (await door.http.get("/v1/organisation/members", headers=one)).json()["members"]
    me_id = (await me(door, one)).json()["user_id"]
    for each in members:  # earlier tests' admins of this organisation
        if each["user_id"] != me_id:
            await door.http.delete(f"/v1/organisation/members/{each['user_id']}", headers=one)
    path = f"/v1/organisation/members/{me_id}"
    assert (await door.http.delete(path, headers=one)).status_code == 409
    kept = await door.http.patch(path, json={"role": "editor"}, headers=one)
    assert kept.status_code == 409
    _, two = await door.join(one, "admin")
    two_id = (await me(door, two)).json()["user_id"]
    # Each takes the other's role away at the same time: one of them has to stay.
    answers = await asyncio.gather(
        door.http.patch(path, json={"role": "viewer"}, headers=two),
        door.http.patch(f"/v1/organisation/members/{two_id}", json={"role": "viewer"}, headers=one),
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sorted(answer.status_code for answer in answers)[1] in (403, 409)


# --- keys and tickets ------------------------------------------------------------------------


async def test_keys_do_what_their_scope_says_until_they_are_revoked(door: Any, admin: Any) -> None:
    reads = await door.key(admin, "read")
    does = await door.key(admin, "all")
    shown = {"X-Api-Key": reads["key"]}
    assert (await door.http.get("/v1/dubs", headers=shown)).status_code == 200
    refused = await door.http.post("/v1/dubs", json={}, headers=shown)
    assert refused.status_code in (403, 422)
    assert (await door.http.get("/v1/organisation/keys", headers=shown)).status_code == 403
    works = {"Authorization": f"Bearer {does['key']}"}
    listed = (await door.http.get("/v1/organisation/keys", headers=works)).json()["keys"]
    assert does["key"] not in str(listed)
    used = {each["id"]: each["last_used_at"] for each in listed}
    assert used[reads["id"]] is not None
    # A key is no person.
    body = {"current": PASSWORD, "new": "a better one than before"}
    assert (await door.http.post("/v1/auth/password", json=body, headers=works)).status_code == 403
    path = f"/v1/organisation/keys/{reads['id']}"
    assert (await door.http.delete(path, headers=works)).status_code == 204
    assert (await door.http.get("/v1/dubs", headers=shown)).status_code == 401
    assert (await door.http.delete(path, headers=works)).status_code == 404


async def test_keys_run_out_and_are_not_guessed(door: Any, admin: Any) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    body = {"name": "late", "expires_at": past}
    late = await door.http.post("/v1/organisation/keys", json=body, headers=admin)
    assert late.status_code == 422
    key = (await door.key(admin))["key"]
    prefix, identity, secret = key.split("_", 2)
    for wrong in (
        f"{prefix}_{identity}_{secret[::-1]}", f"{prefix}_{identity}_", f"{prefix}_{identity}",
        f"pdx_{identity}_{secret}", f"{prefix}_0_{secret}", "", "é", "pdk__x",
    ):  # fmt: skip
        headers = {"X-Api-Key": wrong.encode("latin-1").decode("latin-1")}
        answer = await door.http.get(
            "/v1/dubs", headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
        )
        assert answer.status_code == 401, wrong


async def test_a_caller_is_one_caller(door: Any, admin: Any) -> None:
    key = {"X-Api-Key": (await door.key(admin))["key"]}
    both = await door.http.get("/v1/dubs", headers={**admin, **key})
    assert (both.status_code, both.json()["code"]) == (401, "unauthenticated")
    assert "not both" in both.json()["detail"]
    for wrong in ("Basic YTpi", "Bearer", "Bearer a.b.c", "token"):
        answer = await door.http.get("/v1/dubs", headers={"Authorization": wrong})
        assert answer.status_code == 401


async def test_a_ticket_stands_once_for_headers_and_only_for_looking(door: Any, admin: Any) -> None:
    async def ticket(headers: dict[str, str]) -> dict[str, str]:
        made = await door.http.post("/v1/auth/tickets", headers=headers)
        assert (made.status_code, made.json()["expires_in"]) == (201, 30)
        return {"ticket": made.json()["ticket"]}

    one = await ticket(admin)
    answers = await asyncio.gather(*(door.http.get("/v1/dubs", params=one) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    key = {"X-Api-Key": (await door.key(admin, "read"))["key"]}
    assert (await door.http.get("/v1/auth/me", params=await ticket(key))).json()["read_only"]
    for method, path in (("POST", "/v1/auth/tickets"), ("GET", "/v1/organisation/audit")):
        answer = await door.http.request(method, path, params=await ticket(admin))
        assert answer.status_code == 401


# --- what is whose ---------------------------------------------------------------------------


async def test_what_is_anothers_is_as_if_it_were_not(door: Any, admin: Any) -> None:
    other = await other_organisation(door, "elsewhere@example.com")
    key_id = (await door.key(admin))["id"]
    for path in (f"/v1/organisation/keys/{key_id}", "/v1/organisation/keys/0123456789abcdef"):
        answer = await door.http.delete(path, headers=other)
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"There is no key {path.rsplit('/')[-1]!r}."
    keys = (await door.http.get("/v1/organisation/keys", headers=other)).json()["keys"]
    assert key_id not in {each["id"] for each in keys}


async def test_the_record_says_who_did_what_and_no_secrets(door: Any, admin: Any) -> None:
    key = await door.key(admin, "read")
    headers = {"X-Api-Key": key["key"]}
    assert (await door.http.get("/v1/organisation/audit", headers=headers)).status_code == 403
    entries, cursor = [], None
    while True:
        params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = await door.http.get("/v1/organisation/audit", params=params, headers=admin)
        entries += page.json()["entries"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert len({each["id"] for each in entries}) == len(entries)
    newest = entries[0]
    assert (newest["action"], newest["target"]) == ("key_created", key["id"])
    assert newest["address"] == "127.0.0.1"
    assert newest["user_id"] == (await me(door, admin)).json()["user_id"]
    assert {"signed_in", "key_created", "admin_created"} <= {each["action"] for each in entries}
    for secret in (PASSWORD, key["key"], key["key"].split("_", 2)[2]):
        assert secret not in str(entries)
    bad = await door.http.get("/v1/organisation/audit?cursor=nonsense", headers=admin)
    assert bad.status_code == 422
