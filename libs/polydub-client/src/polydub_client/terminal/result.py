"""What a finished command has to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from polydub_client.models import Dub


@dataclass(frozen=True)
class Result:
    """A dub that has ended (or was left to itself), and the files saved of it."""

    dub: Dub
    folder: Path
    files: tuple[Path, ...] = ()
    draft: Mapping[str, str] = field(default_factory=dict)
    """Stage to engine id, where an engine of draft quality took part."""
