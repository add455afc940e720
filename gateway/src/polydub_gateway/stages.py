"""The stages' gRPC, as the gateway calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio

from polydub import peers, telemetry
from polydub.pipeline import BY_NAME, STAGES, Stage
from polydub.rpc import error_of
from polydub.v1 import common_pb2, separation_pb2
from polydub_gateway.languages import Catalog, StageEngines
from polydub_gateway.problems import StageRefusal
from polydub_gateway.settings import GatewaySettings

PROBING = BY_NAME["separation"]

log = telemetry.logger(__name__)


class StageClients:
    """One channel to each stage."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._channels = {
            name: peers.channel(address) for name, address in settings.stage_addresses.items()
        }
        self._catalog: Mapping[str, StageEngines] = {}
        self._catalog_made_at = -float("inf")
        self._asking = asyncio.Lock()

    async def probe(self, source_key: str) -> common_pb2.MediaInfo:
        """What separation finds in a stored file.

        Raises:
            StageRefusal: why it can't be dubbed, or ``stage_unavailable``.
        """
        request = separation_pb2.ProbeRequest(source_key=source_key)
        try:
            answer: separation_pb2.ProbeResponse = await self._stub(PROBING).Probe(
                request, timeout=self._settings.probe_timeout_s
            )
        except grpc.aio.AioRpcError as error:
            raise StageRefusal(error_of(error, PROBING.name), PROBING.name) from error
        return answer.media

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
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))

    async def _engines(self, stage: Stage) -> StageEngines:
        try:
            answer: common_pb2.ListEnginesResponse = await self._stub(stage).ListEngines(
                common_pb2.ListEnginesRequest(), timeout=self._settings.engines_timeout_s
            )
        except grpc.aio.AioRpcError as error:
            log.info("a stage does not answer", stage=stage.name, status=error.code().name)
            return StageEngines(stage.name, answers=False)
        return StageEngines(stage.name, answers=True, engines=tuple(answer.engines))

    def _stub(self, stage: Stage) -> Any:
        return peers.stub(stage, self._channels[stage.name])
