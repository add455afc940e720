"""Where the stages' gRPC is found, and how one component calls another."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio
from opentelemetry import trace

from polydub import telemetry
from polydub.pipeline import BY_NAME, STAGES, Stage
from polydub.rpc import PACKAGE, error_of, take_over_usage

FIRST_STAGE_PORT = 7710
_CHANNEL_OPTIONS = (
    # Stages come and go: try again soon, and never through a proxy meant for the internet.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.enable_http_proxy", 0),
    # Each call goes to the next of a stage's replicas: of all addresses that its name has. They are
    # asked for again, at most this often, whenever a replica ends a connection (rpc.RpcServer).
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.dns_min_time_between_resolutions_ms", 5000),
)


def variable(stage: Stage) -> str:
    """The environment variable that holds a stage's address."""
    return f"POLYDUB_{stage.name.upper()}_ADDRESS"


def addresses() -> dict[str, str]:
    """``host:port`` of each stage's gRPC by its name: from the environment, else on loopback.

    A host that is a name stands for all its addresses; ``dns:///host:port`` says the same.
    """
    return {
        stage.name: os.environ.get(variable(stage), f"127.0.0.1:{FIRST_STAGE_PORT + index}")
        for index, stage in enumerate(STAGES)
    }


def check(found: Mapping[str, str]) -> None:
    """Returns when every stage has an address.

    Raises:
        ValueError: naming the variable that holds no ``host:port``.
    """
    for stage in STAGES:
        host, _, port = found.get(stage.name, "").rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"{variable(stage)} must be host:port")


class Peers:
    """The stages of a deployment, each connected with the first call to it.

    Args:
        found: ``host:port`` of each stage by its name.
    """

    def __init__(self, found: Mapping[str, str]) -> None:
        self._addresses = found
        self._channels: dict[str, grpc.aio.Channel] = {}

    def stub(self, stage: Stage) -> Any:
        """The generated stub of a stage's service."""
        if stage.name not in self._channels:
            address = self._addresses[stage.name]
            self._channels[stage.name] = grpc.aio.insecure_channel(
                address, options=_CHANNEL_OPTIONS
            )
        stubs = importlib.import_module(f"{PACKAGE}.{stage.name}_pb2_grpc")
        return getattr(stubs, f"{stage.service}Stub")(self._channels[stage.name])

    async def call(self, stage: str, method: str, request: Any, *, timeout_s: float) -> Any:
        """The answer to one unary call. What services bill for it counts for the work under way.

        Raises:
            StageError: as the stage said; ``stage_unavailable`` where it does not answer in time.
        """
        with telemetry.tracer().start_as_current_span(
            f"call {stage} {method}", kind=trace.SpanKind.CLIENT, record_exception=False
        ):
            call = getattr(self.stub(BY_NAME[stage]), method)(
                request, timeout=timeout_s, metadata=telemetry.inject_work()
            )
            try:
                answer = await call
            except grpc.aio.AioRpcError as error:
                take_over_usage(error.trailing_metadata())
                raise error_of(error, stage) from error
            take_over_usage(await call.trailing_metadata())
            return answer

    async def aclose(self) -> None:
        """Closes what was connected."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))
        self._channels.clear()
