"""Runs the translation stage."""

from __future__ import annotations

from polydub.runtime import StageApp, run_stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub_translation.engines.registry import open_registry
from polydub_translation.handler import TranslationHandler
from polydub_translation.rpc import TranslationServicer
from polydub_translation.settings import TranslationSettings


def build(
    settings: TranslationSettings,
    common: CommonSettings,
    store: ObjectStore,  # noqa: ARG001
) -> StageApp:
    """Both faces of the stage over one set of engines."""
    registry = open_registry(settings, common)
    return StageApp(
        handler=TranslationHandler(
            registry, candidates=settings.candidates, glossary_file=settings.glossary_file
        ),
        servicer=TranslationServicer(registry, glossary_file=settings.glossary_file),
    )


if __name__ == "__main__":
    run_stage("translation", TranslationSettings, build)
