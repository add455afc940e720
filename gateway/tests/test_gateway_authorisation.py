"""Every call by every kind of caller: what has to come of it follows from what the route says.

A route or a method that does not say who may call it fails here, unless it stands in ``OPEN`` or
``OPEN_METHODS``.
"""

from __future__ import annotations

import asyncio
import importlib
import re
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
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from joserfc import jwt
from sqlalchemy import select
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from polydub.events import now_ms
from polydub.v1 import dubbing_pb2, dubbing_pb2_grpc
from polydub_gateway.accounts.opening import create_admin
from polydub_gateway.accounts.passwords import Passwords
from polydub_gateway.accounts.signing import SigningKeys
from polydub_gateway.app import create_app
from polydub_gateway.db import Database, DubRow, VideoRow
from polydub_gateway.db.delivery import DeliveryRow, EndpointRow
from polydub_gateway.db.edits import ScriptRow, SegmentRow, SpeakerRow
from polydub_gateway.db.models import Base
from polydub_gateway.db.registry import RegisteredSpeakerRow
from polydub_gateway.db.sharing import ShareRow
from polydub_gateway.db.uploads import ImportRow, UploadRow
from polydub_gateway.db.words import GlossaryRow, MemoryRow
from polydub_gateway.identity import Role
from polydub_gateway.jobs.service import write_state
from polydub_gateway.jobs.state import File, JobState, LanguageState, State
from polydub_gateway.routes.context import WhoMay
from polydub_gateway.routes.security import guarded_routes
from polydub_gateway.rpc import SERVICERS
from polydub_gateway.rpc.calls import Rule, rule_of
from polydub_gateway.sealing import Sealing
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.integration

OPEN = {
    # what it is
    ("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/docs/start.js"), ("GET", "/docs/{name}"),
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"),
    ("GET", "/v1/engines"), ("GET", "/v1/languages"), ("OPTIONS", "/v1/uploads"),
    # how to get in and out
    ("GET", "/v1/auth/ways"), ("GET", "/.well-known/jwks.json"),
    ("POST", "/v1/auth/login"), ("POST", "/v1/auth/refresh"), ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/invitations/accept"),
    ("GET", "/v1/auth/oidc/login"), ("GET", "/v1/auth/oidc/callback"),
    # what a link shows to whoever has it
    ("GET", "/v1/shared/{token}"), ("GET", "/v1/shared/{token}/artifacts/{name}"),
    ("GET", "/v1/shared/{token}/original"), ("GET", "/v1/shared/{token}/hls/master.m3u8"),
    ("GET", "/v1/shared/{token}/hls/{rendition}.m3u8"),
    ("GET", "/v1/shared/{token}/hls/{rendition}/{file}"),
}  # fmt: skip
OPEN_METHODS = {"Dubbing.ListEngines", "Dubbing.ListLanguages"}
ENDLESS = "Dubbing.WatchDubs"
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
    "for another audience", "revoked key", "removed member", "read-only key", "admin's key",
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
    _, removed = await door.join(admin, "admin")
    gone = (await door.http.get("/v1/auth/me", headers=removed)).json()["user_id"]
    await door.http.delete(f"/v1/organisation/members/{gone}", headers=admin)
    found = [
        Asker("nobody", {}, None),
        Asker("another organisation's admin", await door.bearer("other@example.com"), Role.ADMIN),
        Asker("viewer", viewer, Role.VIEWER),
        Asker("editor", editor, Role.EDITOR),
        Asker("admin", admin, Role.ADMIN),
        Asker("expired", await _token(database, tokens, exp=int(time.time()) - 1), None),
        Asker("for another audience", await _token(database, tokens, aud="elsewhere"), None),
        Asker("revoked key", {"X-Api-Key": revoked["key"]}, None),
        Asker("removed member", removed, None),
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
    """One of everything that is the first organisation's, behind every name in a path."""
    file = File("talk.first.mp4", "video", "videos/vid_first/muxing/d/talk.mp4", "video/mp4", 5)
    done = LanguageState(State.COMPLETED, 1.0, (file,))
    dub = DubRow(
        id="dub_first", owner_id="local", video_id="vid_first", spec={}, revision=0,
        request_digest="0" * 64, created_at_ms=1,
    )  # fmt: skip
    state = JobState(dub.id, state=State.COMPLETED, last_sequence=1, languages={"es": done})
    write_state(dub, state)
    waits = {"state": "receiving", "attempts": 0, "next_try_at_ms": 0, "created_at_ms": 1}
    rows: list[Any] = [
        VideoRow(
            id="vid_first", owner_id="local", filename="talk.mp4", sha256="0" * 64, media={},
            source_key="videos/vid_first/source/original.mp4", created_at_ms=1,
        ),
        dub,
        ScriptRow(
            dub_id=dub.id, revision=1, published_revision=1, language="en", bases={}, touched={}
        ),
        SegmentRow(
            dub_id=dub.id, id="u_first", part=0, start_ms=0, end_ms=900, speaker_id="S_first",
            text="Hello.", confidence=1.0, changed_at=0, translations={}, revision=1,
        ),
        SpeakerRow(dub_id=dub.id, id="S_first", name="Katie", voices={}, changed_at={}, revision=1),
        UploadRow(
            id="upl_first", owner_id="local", kind="tus", filename="a.mp4", length=9, part_bytes=9,
            reserved_id="vid_later", key="videos/vid_later/source/original.mp4", token="none",
            expires_at_ms=now_ms() + 3_600_000, **waits,
        ),
        ImportRow(
            id="imp_first", owner_id="local", host="example.org", sealed_url="", progress=0.0,
            received_bytes=0, **{**waits, "state": "failed"},
        ),
        EndpointRow(
            id="whe_first", owner_id="local", url="https://example.org/", description="", events=[],
            enabled=True, disabled_reason="", secret="sealed", created_at_ms=1,
        ),
        DeliveryRow(
            id="msg_first", endpoint_id="whe_first", dub_id=dub.id, type="dub.completed", body="{}",
            state="failed", tries=1, created_at_ms=1,
        ),
        ShareRow(
            id="shr_first", dub_id=dub.id, owner_id="local", user_id="", digest="0" * 64,
            languages=[], downloads=True, created_at_ms=1, expires_at_ms=now_ms() + 3_600_000,
        ),
        GlossaryRow(
            id="glo_first", owner_id="local", name="Films", terms=[], revision=1, updated_at_ms=1
        ),
        RegisteredSpeakerRow(
            id="spk_first", owner_id="local", name="Katie", folded_name="katie", voices={},
            revision=1, updated_at_ms=1,
        ),
        MemoryRow(
            id="mem_first", owner_id="local", source_language="en", target_language="es",
            source_text="Hello.", text="Hola.", updated_at_ms=1,
        ),
    ]  # fmt: skip
    for row in rows:  # each behind those that it refers to
        async with database.session() as session:
            session.add(row)
    return {
        "video_id": "vid_first", "dub_id": dub.id, "segment_id": "u_first",
        "speaker_id": "S_first", "upload_id": "upl_first", "import_id": "imp_first",
        "webhook_id": "whe_first", "delivery_id": "msg_first", "glossary_id": "glo_first",
        "entry_id": "mem_first", "registered_id": "spk_first", "share_id": "shr_first",
        "name": file.name, "rendition": "first", "file": "segment-00000.m4s",
    }  # fmt: skip


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


DESCRIBED = create_app(GatewaySettings()).openapi()
TUS = "application/offset+octet-stream"


def whole(method: str, path: str) -> dict[str, Any]:
    """What a whole request of a call has beside its path, so that nothing but the id is amiss."""
    operation = DESCRIBED["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    headers = {"If-Match": '"1"', "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        name = schema.get("anyOf", [schema])[0]["$ref"].rsplit("/", 1)[1]
        return {"json": DESCRIBED["components"]["schemas"][name]["examples"][0], "headers": headers}
    return {"headers": headers | ({"Content-Type": TUS} if "upload" in path else {})}


async def asked_whole(scene: Scene, method: str, path: str, things: dict[str, str]) -> Any:
    other = scene.askers["another organisation's admin"]
    parts = whole(method, path)
    parts["headers"] |= other.headers | {"Tus-Resumable": "1.0.0"}
    return await scene.door.http.request(method, filled(path, things), **parts)


async def test_every_name_in_a_path_has_something_that_is_anothers(scene: Scene) -> None:
    names = {name for _, path, _ in GUARDED for name in re.findall(r"{(\w+)", path)}
    assert names == set(scene.things)


async def test_what_is_anothers_is_answered_as_what_does_not_exist(scene: Scene) -> None:
    before = await _rows(scene)
    wrong = []
    for method, path, _ in GUARDED:
        if "{" not in path:
            continue
        there = await asked_whole(scene, method, path, scene.things)
        nowhere = await asked_whole(scene, method, path, {})
        texts = [_without_ids(each.text, scene.things.values()) for each in (there, nowhere)]
        statuses = [there.status_code, nowhere.status_code]
        if statuses != [404, 404] or texts[0] != texts[1]:
            wrong.append((method, path, statuses, texts))
    assert not wrong
    assert await _rows(scene) == before


async def _rows(scene: Scene) -> dict[str, list[Any]]:
    """All that is there; but not what every request writes."""
    database = Database(scene.door.database_url)
    try:
        async with database.session() as session:
            return {
                table.name: sorted(map(str, await session.execute(select(table))))
                for table in Base.metadata.sorted_tables
                if table.name not in ("leases", "rate_buckets", "api_keys")
            }
    finally:
        await database.aclose()


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


def methods() -> dict[str, tuple[MethodDescriptor, Rule | None]]:
    """Every method of every service, and who may call it as its servicer says."""
    found = {}
    for module, servicer in SERVICERS.items():
        file = importlib.import_module(f"polydub.v1.{module}_pb2").DESCRIPTOR
        for service in file.services_by_name.values():
            for method in service.methods:
                rule = rule_of(getattr(servicer, method.name))
                found[f"{service.name}.{method.name}"] = (method, rule)
    return found


METHODS = methods()


def test_every_method_says_who_may_call_it() -> None:
    assert {name for name, (_, rule) in METHODS.items() if rule is None} == OPEN_METHODS
    assert len(METHODS) > 40


@pytest.mark.parametrize("name", ASKERS)
async def test_every_method_lets_through_who_may_call_it(scene: Scene, name: str) -> None:
    asker = scene.askers[name]
    metadata = [(key.lower(), value) for key, value in asker.headers.items()]
    options = [("grpc.enable_http_proxy", 0)]
    refusals = {401: grpc.StatusCode.UNAUTHENTICATED, 403: grpc.StatusCode.PERMISSION_DENIED}
    wrong = []
    async with grpc.aio.insecure_channel(
        scene.door.running.grpc_address, options=options
    ) as channel:
        for called, (method, rule) in METHODS.items():
            expected = None if rule is None else asker.expected(WhoMay(rule.needed))
            status = await said(channel, method, metadata)
            refused = status if status in refusals.values() else None
            if refused != (None if expected is None else refusals[expected]):
                wrong.append((called, status, expected))
            if status in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
                wrong.append((called, status, expected))
    assert not wrong


async def said(
    channel: grpc.aio.Channel, method: MethodDescriptor, metadata: list[tuple[str, str]]
) -> grpc.StatusCode:
    """How a method answers to an empty request."""
    asked, service = GetMessageClass(method.input_type), method.containing_service
    open_call: Any = {
        (False, False): channel.unary_unary,
        (True, False): channel.stream_unary,
        (False, True): channel.unary_stream,
    }[method.client_streaming, method.server_streaming]
    make = open_call(
        f"/{service.full_name}/{method.name}",
        request_serializer=asked.SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    request = iter([asked()]) if method.client_streaming else asked()
    call = make(request, metadata=metadata, timeout=20)
    try:
        if not method.server_streaming:
            await call
        elif f"{service.name}.{method.name}" == ENDLESS:
            await call.read()
        else:
            async for _ in call:
                pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    finally:
        call.cancel()
    return grpc.StatusCode.OK


async def test_cookies_are_not_for_grpc_and_health_is_for_all(scene: Scene) -> None:
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
