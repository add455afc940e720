"""Registered speakers: who speaks in an organisation's videos again and again."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RegisteredSpeaker:
    """Someone whom the speakers of dubs may be."""

    id: str = ""
    name: str = ""
    voices: dict[str, str] = field(default_factory=dict)
    """Language to a voice's id."""
    revision: int = 0
    """What a change is based on."""
    updated_at: str = ""
