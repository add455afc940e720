"""What a dub will need, before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StageEstimate:
    """What one stage will need."""

    stage: str = ""
    engines: tuple[str, ...] = ()
    """Those that would be chosen now."""
    seconds: float | None = None
    """By how much it lengthens the dub; None: not measured."""
    worker_seconds: float | None = None
    """What its workers spend, side by side or not."""
    cost: float | None = None


@dataclass(frozen=True)
class VideoEstimate:
    """What a dub of a video will need, with the engines that were used last."""

    is_measured: bool = False
    seconds: float | None = None
    """Of a dub into one language; None: not measured."""
    cost: float | None = None
    seconds_per_further_language: float | None = None
    cost_per_further_language: float | None = None
    currency: str = ""


@dataclass(frozen=True)
class Estimate:
    """What a dub will need, as far as the deployment has measured it."""

    is_measured: bool = False
    """False: some stage's time is not known yet."""
    seconds: float | None = None
    """From its start to its end."""
    seconds_at_most: float | None = None
    """Few dubs take longer; None until enough were compared with their estimates."""
    cost: float | None = None
    """None where something is not measured or has no price."""
    currency: str = ""
    stages: tuple[StageEstimate, ...] = ()
