"""``python -m polydub_muxing``: runs the muxing service."""

from __future__ import annotations

from polydub import peers
from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.rpc import MuxingServicer
from polydub_muxing.settings import MuxingSettings


def build(settings: MuxingSettings, common: CommonSettings, _: ObjectStore) -> StageApp:
    registry = open_registry(settings, common)
    return StageApp(
        handler=MuxingHandler(registry, settings, peers.Peers(peers.addresses())),
        servicer=MuxingServicer(registry, settings.limits),
    )


if __name__ == "__main__":
    run_stage("muxing", MuxingSettings, build)
