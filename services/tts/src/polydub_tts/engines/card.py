"""What is known of a model beside its weights: ``polydub.json`` in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from polydub_tts.engines.base import FEMALE, MALE

CARD = "polydub.json"
UNKNOWN_LICENCE = "unknown"


@dataclass(frozen=True)
class Card:
    """What the operator, or who fetched the model, says of it."""

    licence: str = UNKNOWN_LICENCE
    commercial_use: bool = False
    language: str = ""
    genders: Mapping[str, str] = field(default_factory=dict)
    """Speaker -> ``male`` or ``female``."""


def read_card(folder: Path) -> Card:
    """A model's card; an empty one where the file is missing or no JSON object."""
    try:
        told = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Card()
    if not isinstance(told, dict):
        return Card()
    genders = told.get("genders")
    return Card(
        licence=str(told.get("licence") or UNKNOWN_LICENCE),
        commercial_use=told.get("commercial_use") is True,
        language=str(told.get("language") or ""),
        genders={
            str(name): gender
            for name, gender in (genders if isinstance(genders, dict) else {}).items()
            if gender in (MALE, FEMALE)
        },
    )


def not_declared(model: str, licence: str) -> str:
    """Why a model is left out whose licence is not known to allow commercial use."""
    return (
        f"The model {model} is not known to be free for commercial use ({licence}): once you have "
        f'read its licence, put {{"licence": "...", "commercial_use": true}} into its {CARD}, or, '
        "where your use is not commercial, set POLYDUB_ALLOW_NONCOMMERCIAL=true."
    )
