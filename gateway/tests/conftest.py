"""A gateway over a real broker, with the stages' gRPC and events played by the test."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import argon2
import asyncpg
import grpc.aio
import httpx
import pytest
from browsing import Tab, new_tab
from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url

from polydub import events
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.pipeline import STAGES
from polydub.rpc import ErrorInterceptor
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import poll_until
from polydub.testing.servers import free_port, nats_server
from polydub.v1 import (
    asr_pb2,
    asr_pb2_grpc,
    common_pb2,
    diarization_pb2_grpc,
    events_pb2,
    lipsync_pb2_grpc,
    muxing_pb2,
    muxing_pb2_grpc,
    separation_pb2,
    separation_pb2_grpc,
    translation_pb2,
    translation_pb2_grpc,
    tts_pb2,
    tts_pb2_grpc,
)
from polydub_gateway.accounts import passwords
from polydub_gateway.accounts.settings import AccountSettings, OidcSettings
from polydub_gateway.db import Database
from polydub_gateway.main import Ports, serve
from polydub_gateway.sealing import SealingSettings
from polydub_gateway.settings import GatewaySettings

# Makes what lies beside the tests importable under any name of the test run.
sys.path.insert(0, str(Path(__file__).parent))

from scripted_dubs import finished, store  # noqa: F401

# --- what a pipeline says --------------------------------------------------------------------


class Story:
    """The events that a real pipeline publishes for one job, in a real order."""

    def __init__(self, accepted: events_pb2.Event, *, parts: int = 2) -> None:
        self.accepted = accepted
        self.parts = parts
        self.languages = list(accepted.spec.target_languages)

    @classmethod
    def of(
        cls,
        job_id: str = "dub_1",
        *,
        languages: Sequence[str] = ("es", "fr"),
        revision: int = 0,
        parts: int = 2,
        lipsync: bool = False,
    ) -> Story:
        spec = events_pb2.DubSpec(
            source_language="auto", target_languages=languages, lipsync=lipsync
        )
        accepted = events.accepted(job_id=job_id, video_id="vid_1", spec=spec, revision=revision)
        return cls(accepted, parts=parts)

    def progressed(
        self, stage: str, fraction: float, *, part: int = -1, language: str = "", message: str = ""
    ) -> events_pb2.Event:
        cause = self._cause(part, language)
        return events.progressed(cause, stage=stage, fraction=fraction, message=message)

    def completed(
        self,
        stage: str,
        *,
        part: int = -1,
        language: str = "",
        products: events_pb2.Products | None = None,
        warnings: Sequence[common_pb2.Warning] = (),
        reused: bool = False,
        elapsed_s: float = 1.0,
        usage: Sequence[common_pb2.Usage] = (),
    ) -> events_pb2.Event:
        emission = Emission(products or events_pb2.Products(), warnings=warnings, reused=reused)
        used = [common_pb2.EngineUse(id=f"{stage}-engine", version="1")]
        return events.completed(
            self._cause(part, language),
            emission,
            stage=stage,
            elapsed_s=elapsed_s,
            engine_s=0.5,
            used=used,
            usage=usage,
        )

    def failed(
        self, stage: str, error: StageError, *, part: int = -1, language: str = ""
    ) -> events_pb2.Event:
        return events.failed(self._cause(part, language), error, stage=stage, attempts=1)

    def canceled(self) -> events_pb2.Event:
        key = self.accepted.envelope
        return events.canceled(
            job_id=key.job_id,
            video_id=key.video_id,
            reason="Canceled by the user.",
            revision=key.revision,
        )

    def muxed(
        self, language: str, *, files: Sequence[muxing_pb2.OutputFile] = (), warned: bool = False
    ) -> events_pb2.Event:
        headline = muxing_pb2.ReportDocument(target_language=language, lines=3)
        headline.line_reports.add(id="u0001")
        if warned:
            headline.warnings.add(code="hard_cap", message="A line is fast.", line_id="u0001")
        made = files or [self.file(language)]
        products = events_pb2.Products(
            muxing=muxing_pb2.MuxingProducts(files=made, headline=headline)
        )
        return self.completed("muxing", language=language, part=self.parts - 1, products=products)

    def file(self, language: str, size_bytes: int = 5) -> muxing_pb2.OutputFile:
        job = self.accepted.envelope.job_id
        return muxing_pb2.OutputFile(
            name=f"talk.{language}.mp4",
            kind="video",
            media_type="video/mp4",
            key=f"videos/vid_1/muxing/{job}/talk.{language}.mp4",
            size_bytes=size_bytes,
            target_language=language,
        )

    def shared(self) -> list[events_pb2.Event]:
        """From accepted to the last part's transcript."""
        heard = events_pb2.Products(asr=asr_pb2.AsrProducts(language="en"))
        return [
            self.accepted,
            self.progressed("separation", 0.5, message="Separating"),
            self.completed("separation"),
            *(self.completed("diarization", part=part) for part in range(self.parts)),
            *(self.completed("asr", part=part, products=heard) for part in range(self.parts)),
        ]

    def spoken(self, language: str) -> list[events_pb2.Event]:
        """One language from its translation to its last spoken part."""
        return [
            self.completed(stage, part=part, language=language)
            for part in range(self.parts)
            for stage in ("translation", "tts")
        ]

    def whole(self) -> list[events_pb2.Event]:
        """Everything, to the good end."""
        told = self.shared()
        for language in self.languages:
            told += [*self.spoken(language), self.muxed(language)]
        return told

    def _cause(self, part: int, language: str) -> events_pb2.Event:
        cause = events_pb2.Event()
        cause.CopyFrom(self.accepted)
        cause.envelope.part = part
        cause.envelope.parts = self.parts if part >= 0 else 0
        cause.envelope.target_language = language
        return cause


@pytest.fixture(scope="session")
def story() -> type[Story]:
    return Story


def recorded(told: Sequence[events_pb2.Event], first: int = 1) -> list[events.Recorded]:
    return [events.Recorded(first + n, event) for n, event in enumerate(told)]


@pytest.fixture(scope="session")
def record() -> Callable[..., list[events.Recorded]]:
    return recorded


# --- the stages' gRPC ------------------------------------------------------------------------


def engine(name: str, **facts: Any) -> common_pb2.EngineInfo:
    return common_pb2.EngineInfo(
        **{
            "id": name, "name": name.title(), "version": "1", "available": True, "device": "cpu",
            "quality": common_pb2.QUALITY_DRAFT, "licence": "MIT", **facts,
        }
    )  # fmt: skip


def pair(source: str, target: str, *via: str) -> common_pb2.LanguagePair:
    return common_pb2.LanguagePair(source=source, target=target, via=via)


def default_engines() -> dict[str, list[common_pb2.EngineInfo]]:
    missing = {"available": False, "unavailable_reason": "no weights", "remedy": "run make models"}
    return {
        "separation": [engine("spectral")],
        "diarization": [engine("clustering")],
        "asr": [engine("whisper", **missing), engine("sphinx", languages=["en"])],
        "translation": [
            engine("apertium", pairs=[pair("en", "es"), pair("en", "fr", "es"), pair("es", "en")])
        ],
        "tts": [engine("espeak", languages=["es", "fr", "en", "de"])],
        "muxing": [],
        "lipsync": [engine("command", **missing)],
    }


@pytest.fixture(scope="session")
def make_engine() -> Callable[..., common_pb2.EngineInfo]:
    return engine


@pytest.fixture(scope="session")
def make_pair() -> Callable[..., common_pb2.LanguagePair]:
    return pair


@pytest.fixture
def engines() -> dict[str, list[common_pb2.EngineInfo]]:
    return default_engines()


@dataclass
class FakeStages:
    """All services on one loopback port."""

    address: str = ""
    engines: dict[str, list[common_pb2.EngineInfo]] = field(default_factory=default_engines)
    probed: list[str] = field(default_factory=list)
    picture: bytes = b"JPEG"
    pictured: list[str] = field(default_factory=list)
    refusal: StageError | None = None
    synthesized: list[tts_pb2.SynthesizeRequest] = field(default_factory=list)

    def media(self) -> common_pb2.MediaInfo:
        return common_pb2.MediaInfo(
            container="mp4",
            duration_s=12.5,
            audio=[common_pb2.AudioStream(index=1, codec="aac", sample_rate_hz=48000, channels=2)],
            video=[
                common_pb2.VideoStream(
                    index=0, codec="h264", width=640, height=360, frame_rate="30000/1001"
                )
            ],
            selected_audio=1,
        )


_BASES = {
    "separation": separation_pb2_grpc.SeparationServicer,
    "diarization": diarization_pb2_grpc.DiarizationServicer,
    "asr": asr_pb2_grpc.AsrServicer,
    "translation": translation_pb2_grpc.TranslationServicer,
    "tts": tts_pb2_grpc.TtsServicer,
    "muxing": muxing_pb2_grpc.MuxingServicer,
    "lipsync": lipsync_pb2_grpc.LipsyncServicer,
}
_ADD: dict[str, Any] = {
    "separation": separation_pb2_grpc.add_SeparationServicer_to_server,
    "diarization": diarization_pb2_grpc.add_DiarizationServicer_to_server,
    "asr": asr_pb2_grpc.add_AsrServicer_to_server,
    "translation": translation_pb2_grpc.add_TranslationServicer_to_server,
    "tts": tts_pb2_grpc.add_TtsServicer_to_server,
    "muxing": muxing_pb2_grpc.add_MuxingServicer_to_server,
    "lipsync": lipsync_pb2_grpc.add_LipsyncServicer_to_server,
}


def _servicer(stage: str, stages: FakeStages) -> object:
    class Servicer(_BASES[stage]):  # type: ignore[misc]
        async def ListEngines(self, request: Any, context: Any) -> common_pb2.ListEnginesResponse:
            return common_pb2.ListEnginesResponse(stage=stage, engines=stages.engines[stage])

        async def Probe(self, request: Any, context: Any) -> separation_pb2.ProbeResponse:
            stages.probed.append(request.source_key)
            if stages.refusal is not None:
                raise stages.refusal
            return separation_pb2.ProbeResponse(media=stages.media())

        async def Thumbnail(self, request: Any, context: Any) -> separation_pb2.ThumbnailResponse:
            stages.pictured.append(request.source_key)
            return separation_pb2.ThumbnailResponse(jpeg=stages.picture)

        async def ListVoices(self, request: Any, context: Any) -> tts_pb2.ListVoicesResponse:
            voice = f"espeak/{request.language}"
            return tts_pb2.ListVoicesResponse(voices=[tts_pb2.Voice(id=voice)])

        async def Synthesize(self, request: Any, context: Any) -> tts_pb2.SynthesizeResponse:
            stages.synthesized.append(request)
            return tts_pb2.SynthesizeResponse(audio=b"RIFF", duration_ms=400)

        async def Rephrase(self, request: Any, context: Any) -> translation_pb2.RephraseResponse:
            offered = ("Ya es tarde.", "Tarde.", request.text)
            return translation_pb2.RephraseResponse(
                candidates=[translation_pb2.TranslationCandidate(text=each) for each in offered]
            )

    return Servicer()


@asynccontextmanager
async def played_stages() -> AsyncIterator[FakeStages]:
    fake = FakeStages()
    server = grpc.aio.server(interceptors=[ErrorInterceptor()])
    for stage in STAGES:
        _ADD[stage.name](_servicer(stage.name, fake), server)
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield fake
    await server.stop(0)


@pytest.fixture
async def stages() -> AsyncIterator[FakeStages]:
    async with played_stages() as fake:
        yield fake


@pytest.fixture(scope="module")
async def module_stages() -> AsyncIterator[FakeStages]:
    """The same for a whole module, whose tests leave them as they are."""
    async with played_stages() as fake:
        yield fake


# --- the gateway -----------------------------------------------------------------------------


@dataclass
class Running:
    """A gateway that serves, and the test's side of its broker."""

    http: httpx.AsyncClient
    grpc_address: str
    store_dir: Path
    stopping: asyncio.Event
    serving: asyncio.Task[None]

    async def ready(self) -> None:
        async def look() -> bool:
            return (await self.http.get("/readyz")).status_code == 200

        await poll_until(look, "the gateway to be ready")

    async def upload(self, data: bytes = b"video", name: str = "talk.mp4") -> httpx.Response:
        return await self.http.put("/v1/videos", params={"filename": name}, content=data)

    async def dub(self, *targets: str, **asked: Any) -> dict[str, Any]:
        video = (await self.upload()).json()
        body = {"video_id": video["id"], "target_languages": targets or ("es", "fr"), **asked}
        answer = await self.http.post("/v1/dubs", json=body)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, dub_id: str, state: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            dub: dict[str, Any] = (await self.http.get(f"/v1/dubs/{dub_id}")).json()
            return dub if dub["state"] == state else None

        found = await poll_until(look, f"{dub_id} to be {state}")
        assert found is not None
        return found


_MIGRATED: list[bytes] = []
"""What a SQLite database holds that was just made."""


async def _migrate(url: URL) -> None:
    """Copies a new SQLite database, because making it takes a quarter of a gateway's start."""
    if url.get_backend_name() != "sqlite" or url.database is None or Path(url.database).exists():
        return
    if not _MIGRATED:
        database = Database(url.render_as_string())
        await database.migrate()
        await database.aclose()
        _MIGRATED.append(Path(url.database).read_bytes())
    Path(url.database).write_bytes(_MIGRATED[0])


@asynccontextmanager
async def running_gateway(
    folder: Path, nats_url: str, stages_address: str, **settings: Any
) -> AsyncIterator[Running]:
    common = CommonSettings(
        nats_url=nats_url, store_dir=folder / "store", cache_dir=folder / "cache", ack_wait_s=2
    )
    chosen = GatewaySettings(
        port=0,
        grpc_port=0,
        stage_addresses={stage.name: stages_address for stage in STAGES},
        engines_cached_s=0,
        shutdown_s=1,
        heartbeat_s=1.0,
        **{
            "database_url": f"sqlite+aiosqlite:///{folder}/gateway.db",
            "sealing": SealingSettings(secret=SecretStr("a secret of the tests alone")),
            **settings,
        },
    )
    await _migrate(make_url(chosen.database_url))
    stopping = asyncio.Event()
    ports: asyncio.Future[Ports] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(chosen, common, stopping, started=ports.set_result))
    await asyncio.wait({serving, ports}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    found = ports.result()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{found.http}", timeout=20, trust_env=False
        ) as client:
            yield Running(client, f"127.0.0.1:{found.grpc}", common.store_dir, stopping, serving)
    finally:
        stopping.set()
        await serving


@pytest.fixture(scope="session")
def start_gateway() -> Callable[..., Any]:
    return running_gateway


@pytest.fixture(scope="session")
async def nats_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with nats_server(tmp_path_factory.mktemp("nats")) as url:
        yield url


@pytest.fixture(scope="session")
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    """The pipeline's side of the broker."""
    connection = await Bus.connect(CommonSettings(nats_url=nats_url), "test")
    yield connection
    await connection.aclose()


@pytest.fixture
def page() -> Path | None:
    """The folder of the page that the gateway serves; tests of the page give one."""
    return None


@pytest.fixture
async def gateway(
    tmp_path: Path, nats_url: str, stages: FakeStages, page: Path | None
) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path, nats_url, stages.address, page=page) as running:
        await running.ready()
        yield running


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    async with new_tab() as opened:
        yield opened


@pytest.fixture
async def channel(gateway: Running) -> AsyncIterator[grpc.aio.Channel]:
    """To the gateway's gRPC."""
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(gateway.grpc_address, options=options) as opened:
        yield opened


@pytest.fixture
def tell(bus: Bus) -> Callable[..., Any]:
    """Publishes a story's events; the sequences they got."""

    async def publish(told: Sequence[events_pb2.Event]) -> list[int]:
        return [await bus.publish(event) for event in told]

    return publish


@pytest.fixture
def story_of(bus: Bus) -> Callable[..., Any]:
    """The story of a job that the gateway has accepted: it goes on from the real event."""

    async def find(dub: dict[str, Any], *, parts: int = 2) -> Story:
        from polydub.pipeline import job_subjects

        async for each in bus.follow(job_subjects(dub["id"])):
            if each.event.WhichOneof("outcome") == "accepted" and (
                each.event.envelope.revision == dub["revision"]
            ):
                return Story(each.event, parts=parts)
        raise AssertionError("unreachable")

    return find


# --- PostgreSQL ------------------------------------------------------------------------------


class Postgres:
    """A PostgreSQL cluster on loopback, in a folder that goes with it."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._port = free_port()
        self._databases = 0

    def start(self) -> None:
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", "polydub", "-A", "trust", "-N", "-E", "UTF8",
                  "--locale=C")  # fmt: skip
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        )
        log = str(self._folder / "server.log")
        self._run("pg_ctl", "start", "-w", "-D", str(data), "-l", log, "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._folder / "data"))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """A fresh database; its URL."""
        self._databases += 1
        name = f"test_{self._databases}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield f"postgresql+asyncpg://polydub@127.0.0.1:{self._port}/{name}"
        await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._port, user="polydub", database="postgres"
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        # It refuses to run as root.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            timeout=60,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **(user if os.geteuid() == 0 else {}),
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name)
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    # Not under pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="polydub-postgres-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        cluster = Postgres(found[-1], Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """A fresh PostgreSQL database."""
    async with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/fresh.db"
        return
    async with request.getfixturevalue("postgres").database() as url:
        yield url


# --- accounts --------------------------------------------------------------------------------

ADMIN = "Ada@Example.com"
PASSWORD = "correct horse battery"


@dataclass
class Door:
    """A gateway with accounts, and the ways in."""

    running: Running
    database_url: str
    people: int = 0

    @property
    def http(self) -> httpx.AsyncClient:
        return self.running.http

    async def sign_in(self, email: str = ADMIN, **asked: Any) -> dict[str, Any]:
        """The tokens of someone who signs in."""
        body = {"email": email, "password": PASSWORD, **asked}
        answer = await self.http.post("/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def bearer(self, email: str = ADMIN, **asked: Any) -> dict[str, str]:
        """The headers of someone who signs in."""
        return {"Authorization": f"Bearer {(await self.sign_in(email, **asked))['access_token']}"}

    async def join(
        self, admin: dict[str, str], role: str, email: str = ""
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Invites someone, who accepts: their tokens and headers."""
        self.people += 1
        asked = {"email": email or f"person{self.people}@example.com", "role": role}
        invited = await self.http.post("/v1/organisation/invitations", json=asked, headers=admin)
        assert invited.status_code == 201, invited.text
        body = {"token": invited.json()["token"], "password": PASSWORD}
        tokens = (await self.http.post("/v1/auth/invitations/accept", json=body)).json()
        return tokens, {"Authorization": f"Bearer {tokens['access_token']}"}

    async def key(
        self, headers: dict[str, str], scope: str = "all", **asked: Any
    ) -> dict[str, Any]:
        """A new API key."""
        body = {"name": "test", "scope": scope, **asked}
        answer = await self.http.post("/v1/organisation/keys", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """The real parameters take a second each on a slow machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PARAMETERS", argon2.profiles.CHEAPEST)
        yield


@asynccontextmanager
async def opened_door(
    folder: Path,
    nats_url: str,
    database_url: str,
    *,
    oidc: OidcSettings | None = None,
    **chosen: Any,
) -> AsyncIterator[Door]:
    """A gateway with accounts whose first admin is ``ADMIN``; its other settings are chosen."""
    password = folder / "password"
    password.write_text(PASSWORD)
    sign_in = AccountSettings(
        accounts=True, first_admin_email=ADMIN, first_admin_password_file=password, **chosen
    )
    settings = {"database_url": database_url, "sign_in": sign_in, "oidc": oidc or OidcSettings()}
    async with running_gateway(folder, nats_url, "127.0.0.1:9", **settings) as running:
        yield Door(running, database_url)


@pytest.fixture(scope="session")
def open_door() -> Callable[..., Any]:
    return opened_door


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, nats_url: str
) -> AsyncIterator[Door]:
    """One gateway with accounts for a whole module, on either database."""
    folder = tmp_path_factory.mktemp("door")
    async with AsyncExitStack() as stack:
        url = f"sqlite+aiosqlite:///{folder}/gateway.db"
        if request.param == "postgresql":
            cluster: Postgres = request.getfixturevalue("postgres")
            url = await stack.enter_async_context(cluster.database())
        yield await stack.enter_async_context(opened_door(folder, nats_url, url))


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of the machine that runs the tests must not reach them."""
    for name in ("POLYDUB_STORE", "POLYDUB_NATS_URL", "POLYDUB_GATEWAY_HOST"):
        monkeypatch.delenv(name, raising=False)
    yield
