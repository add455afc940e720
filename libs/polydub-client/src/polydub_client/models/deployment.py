"""What a deployment can do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LanguagePair:
    """A direction, and the pivot languages on its way."""

    source: str = ""
    target: str = ""
    via: tuple[str, ...] = ()
    source_name: str = ""
    target_name: str = ""


@dataclass(frozen=True)
class Languages:
    """What a deployment can dub into what."""

    pairs: tuple[LanguagePair, ...] = ()
    silent_stages: tuple[str, ...] = ()
    """Stages that do not answer: pairs may be missing."""


@dataclass(frozen=True)
class Engine:
    """One engine of one stage, as the server sees it."""

    id: str = ""
    name: str = ""
    version: str = ""
    available: bool = False
    unavailable_reason: str = ""
    remedy: str = ""
    quality: str = ""
    """draft, standard or studio."""
    languages: tuple[str, ...] = ()
    """Heard or spoken; empty where language does not matter."""
    pairs: tuple[LanguagePair, ...] = ()
    neural: bool = False
    cloning: bool = False
    device: str = ""
    licence: str = ""
    commercial_use: bool = False
    limits: tuple[str, ...] = ()
    """Sentences: what it can't do."""


@dataclass(frozen=True)
class StageEngines:
    """A stage's engines, in the order in which `auto` tries them."""

    stage: str = ""
    answers: bool = True
    """Whether the stage's service answered; without it nothing is known."""
    engines: tuple[Engine, ...] = ()


@dataclass(frozen=True)
class Voice:
    """A voice that speakers can be given."""

    id: str = ""
    name: str = ""
    language: str = ""
    engine: str = ""
    gender: str = ""
    f0_hz: float = 0.0
    """Median pitch; 0: not known."""
