"""Every call by every kind of caller: what has to come of it follows from what the route says.

A route that does not say who may call it fails here, unless it stands in ``OPEN``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from joserfc import jwt
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from polydub.v1 import dubbing_pb2, dubbing_pb2_grpc
from polydub_gateway.accounts.opening import create_admin
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.signing import SigningKeys
from polydub_gateway.app import create_app
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.identity import Role
from polydub_gateway.jobs.service import write_state
from polydub_gateway.jobs.state import JobState, State
from polydub_gateway.routes.context import WhoMay
from polydub_gateway.routes.security import guarded_routes
from polydub_gateway.sealing import Sealing
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.integration

OPEN = {
    # what it is
    ("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/docs/oauth2-redirect"), ("GET", "/redoc"),
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"),
    ("GET", "/v1/engines"), ("GET", "/v1/languages"), ("OPTIONS", "/v1/uploads"),
    # how to get in and out
    ("GET", "/v1/auth/ways"), ("GET", "/.well-known/jwks.json"),
    ("POST", "/v1/auth/login"), ("POST", "/v1/auth/refresh"), ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/invitations/accept"),
    ("GET", "/v1/auth/oidc/login"), ("GET", "/v1/auth/oidc/callback"),
}  # fmt: skip
RPCS: dict[str, Role | None] = {
    "UploadVideo": Role.EDITOR,
    "GetVideo": Role.VIEWER,
    "DeleteVideo": Role.EDITOR,
    "CreateDub": Role.EDITOR,
    "GetDub": Role.VIEWER,
    "ListDubs": Role.VIEWER,
    "CancelDub": Role.EDITOR,
    "RetryDub": Role.EDITOR,
    "DeleteDub": Role.EDITOR,
    "WatchDub": Role.VIEWER,
    "DownloadArtifact": Role.VIEWER,
    "ListEngines": None,
    "ListLanguages": None,
}
NOTHING = "nothing_0"


@dataclass(frozen=True)
class Asker:
    """A kind of caller."""

    name: str
    headers: dict[str, str]
    role: Role | None
    """None: nobody that is known."""
    is_key: bool = False
    read_only: bool = False

    def expected(self, needed: WhoMay) -> int | None:
        """The status that refuses this caller; None: let through."""
        if self.role is None:
            return 401
        changes = self.read_only and needed.needed > Role.VIEWER
        if self.role < needed.needed or changes or (self.is_key and needed.in_person):
            return 403
        return None


@dataclass(frozen=True)
class Scene:
    """A gateway, those who ask, and what is the first organisation's."""

    door: Any
    askers: dict[str, Asker]
    things: dict[str, str]
    """The names of parameters in paths, and ids of what there is."""


ASKERS = (
    "nobody", "another organisation's admin", "viewer", "editor", "admin", "expired",
    "for another audience", "revoked key", "read-only key", "admin's key",
)  # fmt: skip


@pytest.fixture(scope="module")
async def scene(
    tmp_path_factory: pytest.TempPathFactory, nats_url: str, open_door: Any
) -> AsyncIterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("matrix")
    url = f"sqlite+aiosqlite:///{folder}/gateway.db"
    async with open_door(folder, nats_url, url) as door:
        database = Database(url)
        try:
            yield await _set(door, database)
        finally:
            await database.aclose()


async def _set(door: Any, database: Database) -> Scene:
    await create_admin(
        database, Passwords(), email="other@example.com", password="correct horse battery",
        organisation="Other",
    )  # fmt: skip
    admin = await door.bearer()
    tokens, viewer = await door.join(admin, "viewer")
    _, editor = await door.join(admin, "editor")
    revoked = await door.key(admin)
    await door.http.delete(f"/v1/organisation/keys/{revoked['id']}", headers=admin)
    kept = await door.key(admin)
    found = [
        Asker("nobody", {}, None),
        Asker("another organisation's admin", await door.bearer("other@example.com"), Role.ADMIN),
        Asker("viewer", viewer, Role.VIEWER),
        Asker("editor", editor, Role.EDITOR),
        Asker("admin", admin, Role.ADMIN),
        Asker("expired", await _token(database, tokens, exp=int(time.time()) - 1), None),
        Asker("for another audience", await _token(database, tokens, aud="elsewhere"), None),
        Asker("revoked key", {"X-Api-Key": revoked["key"]}, None),
        Asker("read-only key", {"X-Api-Key": (await door.key(admin, "read"))["key"]}, Role.ADMIN,
              is_key=True, read_only=True),
        Asker("admin's key", {"X-Api-Key": kept["key"]}, Role.ADMIN, is_key=True),
    ]  # fmt: skip
    asked = {"email": "invited@example.com"}
    invited = await door.http.post("/v1/organisation/invitations", json=asked, headers=admin)
    me = (await door.http.get("/v1/auth/me", headers=viewer)).json()
    things = {"user_id": me["user_id"], "key_id": kept["id"], "invitation_id": invited.json()["id"]}
    return Scene(door, {each.name: each for each in found}, {**things, **await _made(database)})


async def _token(database: Database, tokens: dict[str, Any], **changed: Any) -> dict[str, str]:
    """A member's token that differs in one claim, signed with the gateway's own key."""
    sealing = Sealing(["a secret of the tests alone"])
    key = await SigningKeys(database, sealing, age_s=10**9, token_s=900).current()
    real = jwt.decode(tokens["access_token"], key, algorithms=["RS256"])
    forged = jwt.encode(real.header, {**real.claims, **changed}, key, algorithms=["RS256"])
    return {"Authorization": f"Bearer {forged}"}


async def _made(database: Database) -> dict[str, str]:
    """A video of the first organisation with an ended dub."""
    video = VideoRow(
        id="vid_first", owner_id="local", filename="talk.mp4", sha256="0" * 64, media={},
        source_key="videos/vid_first/source/original.mp4", created_at_ms=1,
    )  # fmt: skip
    dub = DubRow(
        id="dub_first", owner_id="local", video_id=video.id, spec={}, revision=0,
        request_digest="0" * 64, created_at_ms=1,
    )  # fmt: skip
    write_state(dub, JobState(dub.id, state=State.FAILED, last_sequence=1))
    async with database.session() as session:
        session.add(video)
        await session.flush()
        session.add(dub)
    return {"video_id": video.id, "dub_id": dub.id}


ROUTES = list(guarded_routes(create_app(GatewaySettings()).routes))
GUARDED = [(method, path, needed) for method, path, needed in ROUTES if needed is not None]


def test_every_route_says_who_may_call_it() -> None:
    is_open = {
        (method, path)
        for method, path, needed in ROUTES
        if needed is None and (method != "HEAD" or ("GET", path) not in OPEN)
    }
    assert is_open == OPEN
    assert len(GUARDED) > 20


async def ask(scene: Scene, method: str, path: str, asker: Asker) -> httpx.Response:
    """An answer, whole, or only its head where it goes on and on."""
    headers = asker.headers | {"Tus-Resumable": "1.0.0"}  # else tus asks for nothing but that
    async with scene.door.http.stream(method, path, headers=headers) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            await answer.aread()
        return answer


def filled(path: str, things: dict[str, str], nothing: str = NOTHING) -> str:
    for name in [part[1:-1].partition(":")[0] for part in path.split("/") if part[:1] == "{"]:
        path = path.replace(f"{{{name}}}", things.get(name, nothing))
        path = path.replace(f"{{{name}:path}}", things.get(name, nothing))
    return path


@pytest.mark.parametrize("name", ASKERS)
async def test_every_route_lets_through_who_may_call_it(scene: Scene, name: str) -> None:
    asker = scene.askers[name]
    wrong = []
    for method, path, needed in GUARDED:
        answer = await ask(scene, method, filled(path, {}), asker)
        refused = answer.status_code if answer.status_code in (401, 403) else None
        if refused != asker.expected(needed):
            wrong.append((method, path, answer.status_code, asker.expected(needed)))
        elif refused and method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json"
    assert not wrong


async def test_what_is_anothers_is_answered_as_what_does_not_exist(scene: Scene) -> None:
    other = scene.askers["another organisation's admin"]
    wrong = []
    for method, path, _ in GUARDED:
        if "{" not in path:
            continue
        answers = [
            await ask(scene, method, filled(path, things), other) for things in (scene.things, {})
        ]
        texts = [
            _without_ids(answer.text, things.values())
            for answer, things in zip(answers, (scene.things, {}), strict=True)
        ]
        statuses = [answer.status_code for answer in answers]
        if statuses[0] != statuses[1] or statuses[0] < 400 or texts[0] != texts[1]:
            wrong.append((method, path, statuses, texts))
    assert not wrong
    # All of it is still there.
    admin = scene.askers["admin"].headers
    for path in ("/v1/videos/vid_first", "/v1/dubs/dub_first"):
        assert (await scene.door.http.get(path, headers=admin)).status_code == 200
    members = (await scene.door.http.get("/v1/organisation/members", headers=admin)).text
    assert scene.things["user_id"] in members


def _without_ids(text: str, ids: Iterable[str]) -> str:
    for each in ids:
        text = text.replace(each, NOTHING)
    return text


# --- WebSocket -------------------------------------------------------------------------------


SOCKETS = [
    str(context.path)
    for context in iter_route_contexts(create_app(GatewaySettings()).routes)
    if isinstance(context.original_route, APIWebSocketRoute)
]


@pytest.mark.parametrize("name", ASKERS)
async def test_every_socket_is_for_viewers(scene: Scene, name: str) -> None:
    asker = scene.askers[name]
    expected = 4401 if asker.expected(WhoMay(Role.VIEWER)) else 4404
    base = str(scene.door.http.base_url).replace("http", "ws", 1).rstrip("/")
    for path in SOCKETS:
        if "{" not in path and expected != 4401:
            continue  # it would go on and on
        url = base + filled(path, {})
        async with connect(url, additional_headers=asker.headers, proxy=None) as socket:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 20)
            assert socket.close_code == expected, path


async def test_another_site_opens_no_socket_with_our_cookies(scene: Scene) -> None:
    token = scene.askers["admin"].headers["Authorization"].removeprefix("Bearer ")
    base = str(scene.door.http.base_url).replace("http", "ws", 1).rstrip("/")
    url = f"{base}/v1/ws/dubs/{NOTHING}"
    cookie = {"Cookie": f"polydub_access={token}"}
    async with connect(url, additional_headers=cookie, proxy=None) as socket:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 20)
        assert socket.close_code == 4404
    with pytest.raises(InvalidStatus):
        async with connect(
            url, additional_headers=cookie, origin=Origin("https://evil.example"), proxy=None
        ):
            pass


# --- gRPC ------------------------------------------------------------------------------------


def test_every_rpc_is_in_the_table() -> None:
    service = dubbing_pb2.DESCRIPTOR.services_by_name["Dubbing"]
    assert {method.name for method in service.methods} == set(RPCS)


@pytest.mark.parametrize("name", ASKERS)
async def test_every_rpc_lets_through_who_may_call_it(scene: Scene, name: str) -> None:
    asker = scene.askers[name]
    metadata = [(key.lower(), value) for key, value in asker.headers.items()]
    options = [("grpc.enable_http_proxy", 0)]
    refusals = {401: grpc.StatusCode.UNAUTHENTICATED, 403: grpc.StatusCode.PERMISSION_DENIED}
    wrong = []
    async with grpc.aio.insecure_channel(
        scene.door.running.grpc_address, options=options
    ) as channel:
        stub = dubbing_pb2_grpc.DubbingStub(channel)
        for rpc, needed in RPCS.items():
            expected = None if needed is None else asker.expected(WhoMay(needed))
            said = await _status(stub, rpc, metadata)
            refused = said if said in refusals.values() else None
            if refused != (None if expected is None else refusals[expected]):
                wrong.append((rpc, said, expected))
            assert said is not grpc.StatusCode.INTERNAL
    assert not wrong


async def _status(stub: Any, rpc: str, metadata: list[tuple[str, str]]) -> grpc.StatusCode:
    method = dubbing_pb2.DESCRIPTOR.services_by_name["Dubbing"].methods_by_name[rpc]
    request = getattr(dubbing_pb2, method.input_type.name, None)
    message = request() if request else getattr(_common(), method.input_type.name)()
    asked = iter([message]) if method.client_streaming else message
    call = getattr(stub, rpc)(asked, metadata=metadata, timeout=20)
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def _common() -> Any:
    from polydub.v1 import common_pb2

    return common_pb2


async def test_cookies_are_not_for_grpc_and_health_is_for_all(scene: Scene) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    token = scene.askers["admin"].headers["Authorization"].removeprefix("Bearer ")
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(
        scene.door.running.grpc_address, options=options
    ) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await dubbing_pb2_grpc.DubbingStub(channel).ListDubs(
                dubbing_pb2.ListDubsRequest(), metadata=[("cookie", f"polydub_access={token}")]
            )
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        health = health_pb2_grpc.HealthStub(channel)
        await health.Check(health_pb2.HealthCheckRequest())
