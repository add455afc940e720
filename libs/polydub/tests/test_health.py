"""What a process says of itself before it is ready."""

from __future__ import annotations

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from polydub.rpc import LIVENESS, RpcServer, Served
from polydub.v1 import asr_pb2_grpc

pytestmark = pytest.mark.integration

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def test_a_process_that_waits_lives_but_is_not_ready() -> None:
    server = RpcServer(Served("asr", "Asr", asr_pb2_grpc.AsrServicer()))
    port = await server.start("127.0.0.1", 0)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            asked = health_pb2_grpc.HealthStub(channel)

            async def status(name: str) -> int:
                request = health_pb2.HealthCheckRequest(service=name)
                return int((await asked.Check(request)).status)

            assert [await status(LIVENESS), await status("")] == [SERVING, NOT_SERVING]
            await server.set_serving(True)
            assert [await status(LIVENESS), await status("")] == [SERVING, SERVING]
            await server.set_serving(False)
            assert [await status(LIVENESS), await status("")] == [SERVING, NOT_SERVING]
    finally:
        await server.stop(0)
