"""Where the stages' gRPC is found, and how one component calls another."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio

from polydub.pipeline import STAGES, Stage
from polydub.rpc import PACKAGE

FIRST_STAGE_PORT = 7710
_CHANNEL_OPTIONS = (
    # Stages come and go: try again soon, and never through a proxy meant for the internet.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.enable_http_proxy", 0),
)


def variable(stage: Stage) -> str:
    """The environment variable that holds a stage's address."""
    return f"POLYDUB_{stage.name.upper()}_ADDRESS"


def addresses() -> dict[str, str]:
    """``host:port`` of each stage's gRPC by its name: from the environment, else on loopback."""
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


def channel(address: str) -> grpc.aio.Channel:
    """A channel to a component of this deployment; connects with the first call."""
    return grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)


def stub(stage: Stage, over: grpc.aio.Channel) -> Any:
    """The generated stub of a stage's service."""
    stubs = importlib.import_module(f"{PACKAGE}.{stage.name}_pb2_grpc")
    return getattr(stubs, f"{stage.service}Stub")(over)
