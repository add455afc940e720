"""The separation engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from functools import partial

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_separation.engines.base import SeparationEngine
from polydub_separation.engines.htdemucs import HtdemucsEngine
from polydub_separation.engines.rnnoise import RnnoiseEngine
from polydub_separation.engines.sherpa_uvr import SherpaUvrEngine
from polydub_separation.settings import SeparationSettings


def open_registry(
    settings: SeparationSettings, common: CommonSettings
) -> EngineRegistry[SeparationEngine]:
    """One registry for the process."""
    models = common.model_dir / "separation"
    return EngineRegistry(
        stage="separation",
        factories=(
            partial(
                HtdemucsEngine,
                model_dir=models / HtdemucsEngine.id,
                device=settings.device,
                timeout_s=settings.timeout_s,
            ),
            partial(
                SherpaUvrEngine,
                model_dir=models / SherpaUvrEngine.id,
                stem=settings.uvr_stem,
                threads=settings.threads,
                timeout_s=settings.timeout_s,
            ),
            partial(RnnoiseEngine, settings.timeout_s),
        ),
        default=settings.engine,
        allow_noncommercial=common.allow_noncommercial,
    )
