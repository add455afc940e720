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


_FILES = ("file", "rttm", "bed", "subtitles")


def read_manifest(folder: Path, manifest: Path | None = None) -> list[Clip]:
    """The clips of a folder that its ``manifest.json``, or another, lists; the README tells how.

    Raises:
        ValueError: what is wrong with the manifest, or the file that is not there.
    """
    manifest = manifest or folder / "manifest.json"
    try:
        listed = json.loads(manifest.read_text())["clips"]
    except FileNotFoundError as error:
        raise ValueError(
            f"{manifest} is missing: it lists the clips (tests/eval/README.md)"
        ) from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{manifest} has no list of clips (tests/eval/README.md)") from error
    for file in (entry[name] for entry in listed for name in _FILES if name in entry):
        if not (folder / file).is_file():
            raise ValueError(f"{manifest} names {folder / file}, which is not there")
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
