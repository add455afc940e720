"""What this deployment can dub: heard by recognition, translated, and spoken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from polydub import languages
from polydub.engines import AUTO, preference
from polydub.errors import EngineUnavailable, StageError
from polydub.pipeline import STAGES
from polydub.v1 import common_pb2

_NAMED_AT_MOST = 20
_ANY: frozenset[str] = frozenset()
"""What an engine declares that does every language."""


@dataclass(frozen=True)
class StageEngines:
    """The engines of one stage, in the order in which ``auto`` tries them."""

    stage: str
    answers: bool
    """Whether the stage's service answered; without it nothing is known."""
    engines: tuple[common_pb2.EngineInfo, ...] = ()

    def usable(self, wanted: str = AUTO) -> list[common_pb2.EngineInfo]:
        return [engine for engine in self.wanted(wanted) if engine.available]

    def wanted(self, wanted: str = AUTO) -> list[common_pb2.EngineInfo]:
        """The engines that ``wanted`` names, whether they can work or not."""
        names = preference(wanted)
        return [each for each in self.engines if AUTO in names or each.id in names]


Catalog = Mapping[str, StageEngines]
"""The engines of every stage, by the stage's name."""


@dataclass(frozen=True)
class DubbablePair:
    """A direction that can be dubbed, and the languages its translation goes through."""

    source: str
    target: str
    via: tuple[str, ...] = ()


def dubbable_pairs(
    catalog: Catalog, chosen: Mapping[str, str] | None = None, *, is_transcribed: bool = False
) -> tuple[DubbablePair, ...]:
    """Every pair that the available engines can dub, the shortest way of each.

    Args:
        chosen: stage -> engine id or ``auto``; restricts the stages it names.
        is_transcribed: the words are known, so that nothing has to be heard.
    """
    chosen = chosen or {}
    best: dict[tuple[str, str], DubbablePair] = {}
    hears = [_ANY] if is_transcribed else _declared(catalog, "asr", chosen)
    speaks = _declared(catalog, "tts", chosen)
    for engine in catalog["translation"].usable(chosen.get("translation", AUTO)):
        for pair in engine.pairs:
            if not (_covers(hears, pair.source) and _covers(speaks, pair.target)):
                continue
            known = best.get((pair.source, pair.target))
            if known is None or len(pair.via) < len(known.via):
                found = DubbablePair(pair.source, pair.target, tuple(pair.via))
                best[pair.source, pair.target] = found
    return tuple(best[key] for key in sorted(best))


def check_engines(
    catalog: Catalog, chosen: Mapping[str, str], stages: Sequence[str], idle: Sequence[str] = ()
) -> None:
    """Returns when every engine asked for can work, and every stage of a job has one that can.

    Args:
        chosen: stage -> engine id or ``auto``.
        stages: those that the job goes through.
        idle: those of them that pass the job on without an engine's help.

    Raises:
        StageError: ``invalid_request`` for a stage or an engine that does not exist;
            ``stage_unavailable`` where a stage does not answer.
        EngineUnavailable: with the engine's own reason and remedy.
    """
    for stage in chosen:
        if stage not in catalog:
            known = ", ".join(each.name for each in STAGES)
            raise StageError("invalid_request", f"There is no stage {stage!r}; there are: {known}.")
    for stage in stages:
        offered = catalog[stage]
        if not offered.answers:
            raise StageError("stage_unavailable", f"The {stage} service does not answer.")
        if stage not in idle:
            _check_engine(offered, chosen.get(stage, AUTO))


def is_heard(catalog: Catalog, chosen: Mapping[str, str], source: str) -> bool:
    """Whether recognition here hears a language."""
    return _covers(_declared(catalog, "asr", chosen), source)


def check_voices(catalog: Catalog, chosen: Mapping[str, str], targets: Sequence[str]) -> None:
    """Returns when targets that need no translation can be spoken.

    Raises:
        StageError: ``unsupported_language_pair``.
    """
    speaks = _declared(catalog, "tts", chosen)
    for target in targets:
        if not _covers(speaks, target):
            possible = _named(tag for tags in speaks for tag in tags)
            raise StageError(
                "unsupported_language_pair",
                f"No voice here speaks {languages.name(target)}; there are voices for: {possible}.",
            )


def check_cloning(catalog: Catalog, chosen: Mapping[str, str], targets: Sequence[str]) -> None:
    """Returns when voices can be imitated in every target language.

    Raises:
        EngineUnavailable: naming the engines that could, and what each needs.
    """
    cloning = [each for each in catalog["tts"].engines if each.cloning]
    usable = [each for each in catalog["tts"].usable(chosen.get("tts", AUTO)) if each.cloning]
    declared = [frozenset(each.languages) for each in usable]
    for target in targets:
        if not _covers(declared, target):
            reasons = "; ".join(
                f"{each.id}: {each.unavailable_reason or f'does not speak {target}'}"
                for each in cloning
            )
            remedies = " ".join(dict.fromkeys(each.remedy for each in cloning if each.remedy))
            raise EngineUnavailable(
                f"No tts engine can imitate voices in {languages.name(target)} here"
                f"{f' ({reasons})' if reasons else ''}.",
                hint=f"Leave clone_consent out to dub with stock voices. {remedies}".strip(),
            )


def check_pairs(pairs: Sequence[DubbablePair], source: str, targets: Sequence[str]) -> None:
    """Returns when each target can be dubbed from the source, or from some source for ``auto``.

    Raises:
        StageError: ``unsupported_language_pair``, naming what is possible instead.
    """
    heard = [p for p in pairs if source == languages.AUTO or languages.serves(p.source, source)]
    for target in targets:
        if not any(languages.serves(pair.target, target) for pair in heard):
            raise StageError("unsupported_language_pair", _refusal(pairs, heard, source, target))


def _check_engine(offered: StageEngines, wanted: str) -> None:
    ids = [engine.id for engine in offered.engines]
    for name in preference(wanted):
        if name not in (AUTO, *ids):
            raise StageError(
                "invalid_request",
                f"There is no {offered.stage} engine {name!r}; "
                f"there are: {', '.join(ids) or 'none'}.",
            )
    # A stage without engines of its own has nothing to be unavailable.
    if not offered.engines or offered.usable(wanted):
        return
    asked = offered.wanted(wanted)
    reasons = "; ".join(f"{engine.id}: {engine.unavailable_reason}" for engine in asked)
    remedies = " ".join(dict.fromkeys(engine.remedy for engine in asked if engine.remedy))
    raise EngineUnavailable(
        f"No {offered.stage} engine can work here ({reasons}).", hint=remedies or None
    )


def _declared(catalog: Catalog, stage: str, chosen: Mapping[str, str]) -> list[frozenset[str]]:
    return [frozenset(e.languages) for e in catalog[stage].usable(chosen.get(stage, AUTO))]


def _covers(declared: Sequence[frozenset[str]], tag: str) -> bool:
    """Whether one of the engines does a language; one that declares none does all."""
    return any(
        not tags or any(languages.serves(offered, tag) for offered in tags) for tags in declared
    )


def _refusal(
    pairs: Sequence[DubbablePair], heard: Sequence[DubbablePair], source: str, target: str
) -> str:
    origin = "any language it hears" if source == languages.AUTO else source
    if heard:
        possible = _named(pair.target for pair in heard)
        return f"This deployment can't dub {origin} into {target}; it can into: {possible}."
    possible = _named(pair.source for pair in pairs)
    return f"This deployment can't dub from {origin}; it can from: {possible}."


def _named(tags: Iterable[str]) -> str:
    unique = sorted(set(tags))
    more = "" if len(unique) <= _NAMED_AT_MOST else ", …"
    return ", ".join(unique[:_NAMED_AT_MOST]) + more or "nothing"
