"""Which engine each stage would take for a request, and for how much of the source. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from polydub import languages
from polydub.engines import AUTO
from polydub.pipeline import Stage, stages_of
from polydub.v1 import common_pb2
from polydub_gateway.estimates.estimating import Task
from polydub_gateway.estimates.samples import PER_LANGUAGE
from polydub_gateway.jobs.asking import DubRequest
from polydub_gateway.languages import Catalog

_CLOUD = "cloud"


def tasks_of(request: DubRequest, catalog: Catalog, duration_s: float) -> list[Task]:
    """The tasks of a normalized request that this deployment can do.

    A stage that a person's own subtitles spare its work has a task of no seconds.
    """
    return [
        task for stage in stages_of(request) for task in _tasks(stage, request, catalog, duration_s)
    ]


def _tasks(stage: Stage, request: DubRequest, catalog: Catalog, duration_s: float) -> list[Task]:
    usable = catalog[stage.name].usable(request.engines.get(stage.name, AUTO))
    targets = request.target_languages if stage.scope in PER_LANGUAGE else (languages.AUTO,)
    needed = [target for target in targets if not _is_spared(stage, target, request)]
    chosen = [_engine(stage, usable, target, request) for target in needed]
    infos = {engine.id: engine for engine in chosen}
    counted = Counter(engine.id for engine in chosen)
    tasks = [
        Task(stage.name, engine, duration_s * count, infos[engine].device == _CLOUD)
        for engine, count in counted.items()
    ]
    return tasks or [Task(stage.name, "", 0.0)]


def _is_spared(stage: Stage, target: str, request: DubRequest) -> bool:
    own = {file.language for file in request.subtitles}
    if stage.name == "asr":
        return request.source_language in own
    return stage.name == "translation" and target in own


def _engine(
    stage: Stage, usable: Sequence[common_pb2.EngineInfo], target: str, request: DubRequest
) -> common_pb2.EngineInfo:
    """The first engine that does it; one without a name where a stage names none."""
    source = request.source_language
    for engine in usable:
        match stage.name:
            case "asr":
                does = source == languages.AUTO or _covers(engine, source)
            case "translation":
                does = _translates(engine, source, target)
            case "tts":
                cloned = request.clone_consent is None or engine.cloning
                does = cloned and _covers(engine, target)
            case _:
                does = True
        if does:
            return engine
    return common_pb2.EngineInfo()


def _translates(engine: common_pb2.EngineInfo, source: str, target: str) -> bool:
    sources = {pair.source for pair in engine.pairs if languages.serves(pair.target, target)}
    if source == languages.AUTO:
        return bool(sources)
    return any(languages.serves(each, source) for each in sources)


def _covers(engine: common_pb2.EngineInfo, tag: str) -> bool:
    """Whether an engine does a language; one that declares none does all."""
    return not engine.languages or any(languages.serves(each, tag) for each in engine.languages)
