"""The engines of this stage, in the order in which ``auto`` tries them."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_diarization.engines.base import DiarizationEngine
from polydub_diarization.engines.embedded import EmbeddedDiarization
from polydub_diarization.engines.pyannote import PyannoteDiarization
from polydub_diarization.engines.sherpa import SherpaDiarization
from polydub_diarization.settings import DiarizationSettings


def open_registry(
    settings: DiarizationSettings, common: CommonSettings
) -> EngineRegistry[DiarizationEngine]:
    return EngineRegistry(
        stage="diarization",
        default=settings.engine,
        allow_noncommercial=common.allow_noncommercial,
        factories=(
            lambda: PyannoteDiarization(
                model_dir=common.model_dir / "diarization" / "pyannote" / settings.pyannote_model,
                least_speakers=settings.pyannote_min_speakers,
                most_speakers=settings.pyannote_max_speakers,
                link_threshold=settings.pyannote_link_threshold,
                device=settings.device,
                threads=settings.threads,
                timeout_s=settings.timeout_s,
            ),
            lambda: SherpaDiarization(
                model_dir=common.model_dir / "diarization" / "sherpa",
                threshold=settings.sherpa_threshold,
                threads=settings.threads,
                timeout_s=settings.timeout_s,
            ),
            lambda: EmbeddedDiarization(
                cache_dir=common.cache_dir,
                threads=settings.threads,
                timeout_s=settings.timeout_s,
            ),
        ),
    )
