"""The stages that muxing asks for help, over gRPC. It does without them where they don't answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc.aio

from polydub import peers
from polydub.pipeline import BY_NAME
from polydub.rpc import error_of


class OtherStages:
    """One client for each stage, connected with its first call.

    Args:
        addresses: ``host:port`` of each stage by its name.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def call(self, stage: str, method: str, request: Any, *, timeout_s: float) -> Any:
        """The answer to one unary call.

        Raises:
            StageError: as the stage said; ``stage_unavailable`` where it does not answer in time.
        """
        if stage not in self._channels:
            self._channels[stage] = peers.channel(self._addresses[stage])
        stub = peers.stub(BY_NAME[stage], self._channels[stage])
        try:
            return await getattr(stub, method)(request, timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            raise error_of(error, stage) from error

    async def aclose(self) -> None:
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()
