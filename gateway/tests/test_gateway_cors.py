"""Pages of sites that the operator names may call with tokens and keys, and never with cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from polydub_gateway.accounts.settings import AccountSettings

pytestmark = pytest.mark.integration

APP, EVIL = "https://app.example", "https://evil.example"


@pytest.fixture(scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, nats_url: str, open_door: Any
) -> AsyncIterator[Any]:
    folder: Path = tmp_path_factory.mktemp("cors")
    url = f"sqlite+aiosqlite:///{folder}/gateway.db"
    async with open_door(folder, nats_url, url, cors_origins=f"{APP}, http://localhost:5173") as it:
        yield it


@pytest.fixture(scope="module")
async def token(door: Any) -> str:
    return str((await door.sign_in())["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def allowed(answer: httpx.Response) -> str | None:
    assert "access-control-allow-credentials" not in answer.headers
    origin: str | None = answer.headers.get("access-control-allow-origin")
    return origin


@pytest.mark.parametrize(("origin", "may"), [(APP, APP), (EVIL, None)])
async def test_browsers_are_told_who_may_ask(door: Any, origin: str, may: str | None) -> None:
    asked = "authorization, content-type, if-match, tus-resumable, upload-offset, last-event-id"
    preflight = {"Origin": origin, "Access-Control-Request-Method": "PATCH",
                 "Access-Control-Request-Headers": asked}  # fmt: skip
    answer = await door.http.options("/v1/uploads/upl_1", headers=preflight)
    assert (allowed(answer), answer.status_code) == (may, 200 if may else 400)
    # The same method without a browser's question is tus's.
    about = await door.http.options("/v1/uploads", headers={"Origin": origin})
    assert (about.status_code, allowed(about)) == (204, may)


@pytest.mark.parametrize(("origin", "may"), [(APP, APP), (EVIL, None)])
async def test_answers_can_be_read_by_who_is_named(
    door: Any, token: str, origin: str, may: str | None
) -> None:
    own = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    for headers, status in ((own | bearer(token), 200), (own, 401)):
        answer = await door.http.get("/v1/dubs", headers=headers)
        assert (answer.status_code, allowed(answer)) == (status, may)
        shown = answer.headers.get("access-control-expose-headers", "")
        assert {"Location", "ETag", "Upload-Offset", "Retry-After"} <= set(shown.split(", ")) or (
            may is None
        )


async def test_changes_need_what_no_browser_adds(door: Any, token: str) -> None:
    own = {"Origin": APP, "Sec-Fetch-Site": "same-site", "X-Polydub-Request": "1"}
    cookie = {"Cookie": f"polydub_access={token}"}
    by_token = await door.http.post("/v1/auth/tickets", headers=own | bearer(token))
    assert (by_token.status_code, allowed(by_token)) == (201, APP)
    by_cookie = await door.http.post("/v1/auth/tickets", headers=own | cookie)
    assert (by_cookie.status_code, by_cookie.json()["code"]) == (403, "forbidden")
    wrong = {"email": "ada@example.com", "password": "wrong"}
    signing_in = await door.http.post("/v1/auth/login", json=wrong, headers=own)
    assert (signing_in.status_code, allowed(signing_in)) == (401, APP)
    elsewhere = await door.http.post("/v1/auth/login", json=wrong, headers=own | {"Origin": EVIL})
    assert (elsewhere.status_code, allowed(elsewhere)) == (403, None)


async def test_sockets_need_a_ticket(door: Any, token: str) -> None:
    base = str(door.http.base_url).replace("http", "ws", 1).rstrip("/")
    cookie = {"Cookie": f"polydub_access={token}"}

    async def opened(origin: str, ticket: str) -> None:
        async with connect(
            f"{base}/v1/events?ticket={ticket}", additional_headers=cookie, proxy=None,
            origin=Origin(origin),
        ) as socket:  # fmt: skip
            assert '"start"' in str(await socket.recv())

    async def ticket() -> str:
        made = await door.http.post("/v1/auth/tickets", headers=bearer(token))
        return str(made.json()["ticket"])

    await opened(APP, await ticket())
    for origin, shown in ((APP, ""), (EVIL, await ticket())):
        with pytest.raises(InvalidStatus):
            await opened(origin, shown)


@pytest.mark.parametrize("said", ["*", "app.example", "https://app.example/", "null"])
def test_only_origins_are_taken(said: str) -> None:
    with pytest.raises(ValidationError, match="CORS_ORIGINS"):
        AccountSettings(accounts=True, cors_origins=said)


def test_without_accounts_nobody_is_let_in() -> None:
    with pytest.raises(ValidationError, match="ACCOUNTS=true"):
        AccountSettings(cors_origins=APP)
