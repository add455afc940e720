"""What routes are given: the gateway and who asks."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import LOCAL_OWNER


def _gateway(request: Request) -> Gateway:
    return cast(Gateway, request.app.state.gateway)


def _owner() -> str:
    return LOCAL_OWNER


GatewayOf = Annotated[Gateway, Depends(_gateway)]
Owner = Annotated[str, Depends(_owner)]
