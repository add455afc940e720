"""The separation engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from functools import partial

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_separation.engines.base import SeparationEngine
from polydub_separation.engines.rnnoise import RnnoiseEngine
from polydub_separation.settings import SeparationSettings


def open_registry(
    settings: SeparationSettings, _: CommonSettings
) -> EngineRegistry[SeparationEngine]:
    """One registry for the process."""
    return EngineRegistry(
        stage="separation",
        factories=(partial(RnnoiseEngine, settings.timeout_s),),
        default=settings.engine,
    )
