"""The chassis: what every stage's process does around its handler."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from prometheus_client import start_http_server

from polydub import telemetry
from polydub.accelerator import watch_gpu_memory
from polydub.bus import Bus
from polydub.errors import StageError
from polydub.pipeline import BY_NAME, Stage
from polydub.rpc import PortTaken, RpcServer, Served
from polydub.settings import CommonSettings, ModelSettings, StageSettings, load_settings
from polydub.stage import StageHandler
from polydub.store import ObjectStore, open_store
from polydub.worker import Worker

SettingsT = TypeVar("SettingsT", bound=StageSettings)
HEALTH_EVERY_S = 2.0

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class StageApp:
    """A stage's two faces: the handler of its events and its gRPC servicer."""

    handler: StageHandler
    servicer: object


def run_stage(
    name: str,
    settings_type: type[SettingsT],
    build: Callable[[SettingsT, CommonSettings, ObjectStore], StageApp],
) -> None:
    """Runs a stage until SIGTERM or SIGINT; the whole of a ``__main__``.

    Ends with status 78 for settings that can't be used and 75 for a port that is taken.
    """
    common, settings = load_settings(CommonSettings), load_settings(settings_type)
    telemetry.configure_logs(common, name)
    telemetry.configure_traces(name)
    store = open_store(common)
    app = build(settings, common, store)
    try:
        asyncio.run(_serve(BY_NAME[name], app, store, common, settings))
    except PortTaken as error:
        print(
            f"polydub {name}: {error}. Stop that process, or set POLYDUB_{name.upper()}_GRPC_PORT "
            f"or POLYDUB_{name.upper()}_METRICS_PORT to a free port.",
            file=sys.stderr,
        )
        sys.exit(os.EX_TEMPFAIL)


async def _serve(
    stage: Stage,
    app: StageApp,
    store: ObjectStore,
    common: CommonSettings,
    settings: StageSettings,
) -> None:
    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.aclose)
        start_metrics(common.bind_host, settings.metrics_port)
        if isinstance(settings, ModelSettings):
            watch_gpu_memory()
        server = RpcServer(Served(stage.name, stage.service, app.servicer), believes=True)
        port = await server.start(common.bind_host, settings.grpc_port)
        stack.push_async_callback(server.stop, 2.0)
        log.info("listening", grpc_port=port)
        bus = await unless_stopped(Bus.connect(common, stage.name), stop)
        if bus is None:
            return
        stack.push_async_callback(bus.aclose)
        stack.push_async_callback(app.handler.aclose)
        if settings.warm_up:
            await app.handler.warm_up()
        worker = Worker(
            stage=stage,
            handler=app.handler,
            bus=bus,
            ledger=await bus.ledger(),
            store=store,
            common=common,
            settings=settings,
        )
        health = asyncio.create_task(_watch_health(server, bus, store))
        stack.callback(health.cancel)
        await worker.run(stop)
        log.info("drained")


def start_metrics(host: str, port: int) -> None:
    """Serves ``/metrics``.

    Raises:
        PortTaken: naming the address.
    """
    try:
        start_http_server(port, host)
    except OSError as error:
        raise PortTaken(f"{host}:{port} is taken by another process") from error


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


T = TypeVar("T")


async def unless_stopped(work: Coroutine[Any, Any, T], stop: asyncio.Event) -> T | None:
    """The result of ``work``, or None when the process is told to stop first."""
    task = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        stopping.cancel()


async def _watch_health(server: RpcServer, bus: Bus, store: ObjectStore) -> None:
    """Ready means: the broker is connected and the store can be written."""
    while True:
        try:
            await store.check()
            stored = True
        except StageError as error:
            log.warning("store", reason=error.message)
            stored = False
        await server.set_serving(stored and bus.connected)
        await asyncio.sleep(HEALTH_EVERY_S)
