"""Runs the separation stage."""

from __future__ import annotations

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_separation.engines.registry import open_registry
from polydub_separation.handler import SeparationHandler
from polydub_separation.rpc import SeparationServicer
from polydub_separation.settings import SeparationSettings
from polydub_separation.work import SeparationWork


def build(settings: SeparationSettings, common: CommonSettings, store: ObjectStore) -> StageApp:
    work = SeparationWork(store, open_registry(settings, common), settings.timeout_s)
    return StageApp(
        handler=SeparationHandler(work),
        servicer=SeparationServicer(work, common.cache_dir / "separation"),
    )


if __name__ == "__main__":
    run_stage("separation", SeparationSettings, build)
