"""The gateway's process."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass

import uvicorn

from polydub import telemetry
from polydub.rpc import PortTaken, RpcServer
from polydub.runtime import stop_on_signals
from polydub.settings import CommonSettings, load_settings
from polydub_gateway.accounts.opening import CantOpen
from polydub_gateway.app import create_app
from polydub_gateway.gateway import Gateway, open_gateway
from polydub_gateway.rpc import services
from polydub_gateway.settings import PREFIX, GatewaySettings

HEALTH_EVERY_S = 2.0
KEEP_ALIVE_S = 75
"""Longer than proxies keep an idle connection: whoever closes first cuts a request off that the
other one is just sending."""
MAX_SOCKET_MESSAGE_BYTES = 4096
"""Those who follow a stream have nothing to say."""

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Ports:
    """Where a gateway listens."""

    http: int
    grpc: int


def run() -> None:
    """Runs the gateway until SIGTERM or SIGINT.

    Ends with status 78 for settings that can't be used and 75 for a port that is taken.
    """
    common, settings = load_settings(CommonSettings), load_settings(GatewaySettings)
    telemetry.configure_logs(common, "gateway")
    telemetry.configure_traces("gateway")
    _allow_many_connections()
    try:
        asyncio.run(_until_signal(settings, common))
    except CantOpen as error:
        print(f"polydub gateway: {error}", file=sys.stderr)
        sys.exit(os.EX_CONFIG)
    except PortTaken as error:
        print(
            f"polydub gateway: {error}. Stop that process, or set {PREFIX}PORT or "
            f"{PREFIX}GRPC_PORT to a free port.",
            file=sys.stderr,
        )
        sys.exit(os.EX_TEMPFAIL)


def _allow_many_connections() -> None:
    """Each client holds a file open; systems allow 1024 of them unless a process asks for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _until_signal(settings: GatewaySettings, common: CommonSettings) -> None:
    await serve(settings, common, stop_on_signals())


async def serve(
    settings: GatewaySettings,
    common: CommonSettings,
    stopping: asyncio.Event,
    *,
    started: Callable[[Ports], None] = lambda _: None,
) -> None:
    """Serves HTTP and gRPC until ``stopping`` is set; then ends streams and drains.

    Raises:
        PortTaken: naming the address.
    """
    with closing(_listen(settings.host, settings.port)) as listener:
        async with AsyncExitStack() as stack:
            gateway = await stack.enter_async_context(open_gateway(settings, common, stopping))
            rpc = RpcServer(*services(gateway))
            grpc_port = await rpc.start(settings.host, settings.grpc_port)
            stack.push_async_callback(rpc.stop, float(settings.shutdown_s))
            health = asyncio.create_task(_watch_health(rpc, gateway))
            stack.callback(health.cancel)
            ports = Ports(listener.getsockname()[1], grpc_port)
            log.info("listening", host=settings.host, port=ports.http, grpc_port=ports.grpc)
            started(ports)
            await _serve_http(gateway, listener, stopping)


async def _serve_http(gateway: Gateway, listener: socket.socket, stopping: asyncio.Event) -> None:
    app = create_app(gateway.settings)
    app.state.gateway = gateway
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(gateway.settings.sign_in.trusted_proxies),
        forwarded_allow_ips=gateway.settings.sign_in.trusted_proxies,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=gateway.settings.shutdown_s,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    stopped = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        server.should_exit = True
        await serving
    log.info("drained")


class _Server(uvicorn.Server):
    """A server that leaves signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"{host}:{port} is taken by another process") from error
    return listener


async def _watch_health(rpc: RpcServer, gateway: Gateway) -> None:
    while True:
        await rpc.set_serving(not await gateway.not_ready())
        await asyncio.sleep(HEALTH_EVERY_S)
