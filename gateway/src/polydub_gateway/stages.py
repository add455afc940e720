"""The stages' gRPC, as the gateway calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message

from polydub import peers, telemetry
from polydub.errors import StageError
from polydub.pipeline import BY_NAME, STAGES, Stage
from polydub.v1 import common_pb2, separation_pb2, translation_pb2, tts_pb2
from polydub_gateway.languages import Catalog, StageEngines
from polydub_gateway.problems import StageRefusal
from polydub_gateway.settings import GatewaySettings

log = telemetry.logger(__name__)


class StageClients:
    """One channel to each stage."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._peers = peers.Peers(settings.stage_addresses)
        self._catalog: Mapping[str, StageEngines] = {}
        self._catalog_made_at = -float("inf")
        self._asking = asyncio.Lock()

    async def probe(self, source_key: str) -> common_pb2.MediaInfo:
        """What separation finds in a stored file.

        Raises:
            StageRefusal: why it can't be dubbed, or ``stage_unavailable``.
        """
        request = separation_pb2.ProbeRequest(source_key=source_key)
        answer: separation_pb2.ProbeResponse = await self._call(
            "separation", "Probe", request, self._settings.probe_timeout_s
        )
        return answer.media

    async def thumbnail(self, source_key: str, at_s: float) -> bytes:
        """A stored file's picture at a moment, as JPEG.

        Raises:
            StageRefusal: why there is none, or ``stage_unavailable``.
        """
        request = separation_pb2.ThumbnailRequest(source_key=source_key, at_s=at_s)
        answer: separation_pb2.ThumbnailResponse = await self._call(
            "separation", "Thumbnail", request, self._settings.probe_timeout_s
        )
        return answer.jpeg

    async def rephrase(
        self, request: translation_pb2.RephraseRequest
    ) -> translation_pb2.RephraseResponse:
        """Other ways to say a line.

        Raises:
            StageRefusal: what translation says against it, or ``stage_unavailable``.
        """
        answer: translation_pb2.RephraseResponse = await self._call(
            "translation", "Rephrase", request, self._settings.probe_timeout_s
        )
        return answer

    async def synthesize(self, request: tts_pb2.SynthesizeRequest) -> tts_pb2.SynthesizeResponse:
        """One text as sound.

        Raises:
            StageRefusal: what tts says against it, or ``stage_unavailable``.
        """
        answer: tts_pb2.SynthesizeResponse = await self._call(
            "tts", "Synthesize", request, self._settings.probe_timeout_s
        )
        return answer

    async def voices(self, language: str) -> Sequence[tts_pb2.Voice]:
        """The voices for a language; empty: for all.

        Raises:
            StageRefusal: ``stage_unavailable``.
        """
        answer: tts_pb2.ListVoicesResponse = await self._call(
            "tts",
            "ListVoices",
            tts_pb2.ListVoicesRequest(language=language),
            self._settings.engines_timeout_s,
        )
        return answer.voices

    async def _call(self, stage: str, method: str, request: Message, timeout_s: float) -> Any:
        try:
            return await self._peers.call(stage, method, request, timeout_s=timeout_s)
        except StageError as error:
            raise StageRefusal(error, stage) from error

    async def catalog(self) -> Catalog:
        """The engines of every stage, at most some seconds old."""
        async with self._asking:
            age_s = time.monotonic() - self._catalog_made_at
            if age_s > self._settings.engines_cached_s:
                answers = await asyncio.gather(*(self._engines(stage) for stage in STAGES))
                self._catalog = {answer.stage: answer for answer in answers}
                # A stage that did not answer may do so the next moment: ask again.
                if all(a.answers or BY_NAME[a.stage].optional for a in answers):
                    self._catalog_made_at = time.monotonic()
            return self._catalog

    async def aclose(self) -> None:
        await self._peers.aclose()

    async def _engines(self, stage: Stage) -> StageEngines:
        try:
            answer: common_pb2.ListEnginesResponse = await self._peers.stub(stage).ListEngines(
                common_pb2.ListEnginesRequest(),
                timeout=self._settings.engines_timeout_s,
                metadata=telemetry.inject_work(),
            )
        except grpc.aio.AioRpcError as error:
            log.info("a stage does not answer", stage=stage.name, status=error.code().name)
            return StageEngines(stage.name, answers=False)
        return StageEngines(stage.name, answers=True, engines=tuple(answer.engines))
