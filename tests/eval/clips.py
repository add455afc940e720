"""A folder of clips and what is known of each: its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.turns import Turn, read_rttm

_KNOWN = frozenset(
    {"file", "language", "targets", "speakers", "transcript", "rttm", "recording", "bed",
     "references", "subtitles"}
)  # fmt: skip


@dataclass(frozen=True)
class Clip:
    """One file to dub. What is not known is empty, and what follows from it is not measured."""

    file: Path
    language: str
    targets: tuple[str, ...]
    speakers: int = 0
    """0: to be found out."""
    transcript: str = ""
    turns: tuple[Turn, ...] = ()
    bed: Path | None = None
    """The file's sound without the voices, from the same first sample on."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Translations by people, by target language."""
    subtitles: Path | None = None
    """In the language that is spoken: the transcript, where no engine is to hear it."""

    @property
    def name(self) -> str:
        return self.file.stem


def read_manifest(folder: Path) -> list[Clip]:
    """The clips that ``manifest.json`` in a folder lists; the README describes its fields.

    Raises:
        ValueError: with the field that is unknown or missing.
    """
    listed = json.loads((folder / "manifest.json").read_text())["clips"]
    return [_clip(folder, entry) for entry in listed]


def _clip(folder: Path, entry: Mapping[str, Any]) -> Clip:
    if unknown := sorted(entry.keys() - _KNOWN):
        raise ValueError(f"manifest.json: unknown {', '.join(unknown)}")
    if missing := sorted({"file", "language", "targets"} - entry.keys()):
        raise ValueError(f"manifest.json: {', '.join(missing)} missing")
    turns: tuple[Turn, ...] = ()
    if "rttm" in entry:
        turns = read_rttm((folder / entry["rttm"]).read_text(), entry.get("recording", ""))
    return Clip(
        file=folder / entry["file"],
        language=entry["language"],
        targets=tuple(entry["targets"]),
        speakers=entry.get("speakers", 0),
        transcript=entry.get("transcript", ""),
        turns=turns,
        bed=folder / entry["bed"] if "bed" in entry else None,
        references=entry.get("references", {}),
        subtitles=folder / entry["subtitles"] if "subtitles" in entry else None,
    )
