"""A gateway over a real broker, with the stages' gRPC and events played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest

from polydub import events
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.pipeline import STAGES
from polydub.rpc import ErrorInterceptor
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import poll_until
from polydub.testing.servers import nats_server
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
    translation_pb2_grpc,
    tts_pb2_grpc,
)
from polydub_gateway.main import Ports, serve
from polydub_gateway.settings import GatewaySettings

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
    refusal: StageError | None = None

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

    return Servicer()


@pytest.fixture
async def stages() -> AsyncIterator[FakeStages]:
    fake = FakeStages()
    server = grpc.aio.server(interceptors=[ErrorInterceptor()])
    for stage in STAGES:
        _ADD[stage.name](_servicer(stage.name, fake), server)
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield fake
    await server.stop(0)


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


@asynccontextmanager
async def running_gateway(
    folder: Path, nats_url: str, stages_address: str, **settings: Any
) -> AsyncIterator[Running]:
    common = CommonSettings(nats_url=nats_url, store_dir=folder / "store", ack_wait_s=2)
    chosen = GatewaySettings(
        port=0,
        grpc_port=0,
        stage_addresses={stage.name: stages_address for stage in STAGES},
        engines_cached_s=0,
        shutdown_s=1,
        heartbeat_s=1.0,
        **{"database_url": f"sqlite+aiosqlite:///{folder}/gateway.db", **settings},
    )
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
async def gateway(tmp_path: Path, nats_url: str, stages: FakeStages) -> AsyncIterator[Running]:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(
            running_gateway(tmp_path, nats_url, stages.address)
        )
        await running.ready()
        yield running


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


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of the machine that runs the tests must not reach them."""
    for name in ("POLYDUB_STORE", "POLYDUB_NATS_URL", "POLYDUB_GATEWAY_HOST"):
        monkeypatch.delenv(name, raising=False)
    yield
