"""The lock file: which commit and which bytes each file had when it was first fetched."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from polydub_models.catalogue import ModelFile
from polydub_models.errors import ModelsError, disk_errors

NAME = "models.lock.json"
_VERSION = 1


@dataclass(frozen=True)
class Pin:
    """What one file is.

    Attributes:
        source: repository and path, or the address.
        commit: of the repository; empty for an address.
    """

    source: str
    commit: str
    sha256: str
    size: int


@dataclass
class Lock:
    """Pins by model and path in its folder."""

    models: dict[str, dict[str, Pin]] = field(default_factory=dict)

    def pin(self, model_id: str, file: ModelFile) -> Pin | None:
        """What is known of a file. The catalogue's own pins go first: a pin of another source or
        another commit than the catalogue's is out of date."""
        known = self.models.get(model_id, {}).get(file.path)
        if known is None or known.source != file.source:
            return None
        if file.commit not in ("", known.commit) or file.sha256 not in ("", known.sha256):
            return None
        return known

    def record(self, model_id: str, pins: Mapping[str, Pin]) -> None:
        self.models[model_id] = dict(pins)

    def merged(self, other: Lock) -> Lock:
        """Both; where they differ, the other's."""
        return Lock({**self.models, **other.models})


def read(path: Path) -> Lock:
    """The lock in a file; an empty one where there is no file.

    Raises:
        ModelsError: the file is no lock.
    """
    try:
        told = json.loads(path.read_bytes())
        if told["version"] != _VERSION:
            raise ValueError(f"version {told['version']}")
        return Lock(
            {
                model_id: {name: Pin(**pin) for name, pin in model["files"].items()}
                for model_id, model in told["models"].items()
            }
        )
    except FileNotFoundError:
        return Lock()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelsError(
            f"The lock file {path} can't be understood.",
            "Restore it, or delete it: the next pull writes a new one.",
        ) from error


def write(lock: Lock, path: Path) -> None:
    """Puts the whole file in place at once.

    Raises:
        ModelsError: it can't be written.
    """
    told = {
        "version": _VERSION,
        "models": {
            model_id: {"files": {name: asdict(pins[name]) for name in sorted(pins)}}
            for model_id, pins in sorted(lock.models.items())
        },
    }
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
