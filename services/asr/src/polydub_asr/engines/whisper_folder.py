"""The folder of a Whisper model in CTranslate2's format, read without loading the model."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
"""Newer and older converters."""
_LANGUAGE_TOKEN = re.compile(r"<\|([a-z]{2,3})\|>")
_EDGE_BYTES = 65_536


class UnusableFolder(Exception):
    """Says why there is no model to use."""


@dataclass(frozen=True)
class WhisperFolder:
    """One model on disk."""

    path: Path
    codes: frozenset[str]
    """Whisper's codes of the languages it hears."""
    fingerprint: str
    """Tells models apart that bear the same name."""

    @property
    def name(self) -> str:
        return self.path.name


def find_model(root: Path, name: str = "") -> WhisperFolder:
    """The model called ``name`` in ``root``, or the largest, which hears best.

    Raises:
        UnusableFolder: when there is none, or files of it are missing or can't be read.
    """
    path = root / name if name else _largest_model(root)
    if path is None or not path.is_dir():
        raise UnusableFolder(f"there is no model {name}" if name else "there is no model")
    if missing := _missing(path):
        raise UnusableFolder(f"the model {path.name} lacks {', '.join(missing)}")
    try:
        _check_json(path)
        return WhisperFolder(path, _codes(_vocabulary(path)), _fingerprint(path / "model.bin"))
    except (OSError, ValueError) as error:
        raise UnusableFolder(f"the files of the model {path.name} can't be read") from error


def _largest_model(root: Path) -> Path | None:
    models = [(found.stat().st_size, found.parent) for found in root.glob("*/model.bin")]
    return max(models)[1] if models else None


def _missing(path: Path) -> list[str]:
    # Without its tokenizer faster-whisper would look for one on a model hub.
    missing = [name for name in _NEEDED if not (path / name).is_file()]
    if not any((path / name).is_file() for name in _VOCABULARIES):
        missing.append(_VOCABULARIES[0])
    return missing


def _check_json(path: Path) -> None:
    for name, key in (("config.json", "alignment_heads"), ("tokenizer.json", "model")):
        content = json.loads((path / name).read_text(encoding="utf-8"))
        if not isinstance(content, dict) or key not in content:
            raise UnusableFolder(f"{name} of the model {path.name} has no {key}")


def _vocabulary(path: Path) -> list[str]:
    newer, older = (path / name for name in _VOCABULARIES)
    if not newer.is_file():
        return older.read_text(encoding="utf-8").split("\n")[:-1]
    tokens = json.loads(newer.read_text(encoding="utf-8"))
    if not isinstance(tokens, list):
        raise ValueError(f"{newer.name} is no list")
    return tokens


def _codes(vocabulary: list[str]) -> frozenset[str]:
    """The empty token is what CTranslate2 tells multilingual vocabularies by."""
    if "" not in vocabulary:
        return frozenset({"en"})
    found = (_LANGUAGE_TOKEN.fullmatch(token) for token in vocabulary)
    return frozenset(match[1] for match in found if match)


def _fingerprint(weights: Path) -> str:
    """Of the size and both ends: whole models have gigabytes."""
    size = weights.stat().st_size
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with weights.open("rb") as file:
        digest.update(file.read(_EDGE_BYTES))
        file.seek(max(0, size - _EDGE_BYTES))
        digest.update(file.read())
    return digest.hexdigest()[:8]
