"""``python -m polydub_lipsync``: runs the lipsync service."""

from __future__ import annotations

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_lipsync.engines.registry import open_registry
from polydub_lipsync.faces import HaarFaces
from polydub_lipsync.handler import LipsyncHandler
from polydub_lipsync.rpc import LipsyncServicer
from polydub_lipsync.settings import LipsyncSettings
from polydub_lipsync.work import LipsyncWork


def build(settings: LipsyncSettings, common: CommonSettings, store: ObjectStore) -> StageApp:
    registry = open_registry(settings, common)
    work = LipsyncWork(registry, HaarFaces(), settings.limits, store)
    return StageApp(
        handler=LipsyncHandler(work),
        servicer=LipsyncServicer(work, common.cache_dir / "lipsync"),
    )


if __name__ == "__main__":
    run_stage("lipsync", LipsyncSettings, build)
