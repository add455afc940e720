"""``python -m polydub_diarization``: the service."""

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_diarization.diarizer import Diarizer
from polydub_diarization.engines.registry import open_registry
from polydub_diarization.handler import DiarizationHandler
from polydub_diarization.rpc import DiarizationServicer
from polydub_diarization.settings import DiarizationSettings


def build(settings: DiarizationSettings, common: CommonSettings, store: ObjectStore) -> StageApp:
    registry = open_registry(settings, common)
    diarizer = Diarizer(settings, registry, store)
    return StageApp(
        handler=DiarizationHandler(diarizer, registry),
        servicer=DiarizationServicer(diarizer, registry),
    )


if __name__ == "__main__":
    run_stage("diarization", DiarizationSettings, build)
