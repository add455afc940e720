"""The packages that engines need beside their models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from polydub_models.catalogue import Model


def lacking(models: Iterable[Model]) -> list[str]:
    """What pip has to install before the engines can use these models."""
    wanted = {model.extra: model.imports for model in models if model.extra}
    return sorted(extra for extra, package in wanted.items() if not _is_there(package))


def command(extras: Iterable[str], constraints: Path | None) -> list[str]:
    """The call of pip that installs them into this environment."""
    pinned = ["-c", str(constraints)] if constraints else []
    return [sys.executable, "-m", "pip", "install", "-q", *pinned, *extras]


def install(extras: Iterable[str], constraints: Path | None) -> bool:
    """Whether pip did it; what it says goes to the terminal."""
    return subprocess.run(command(extras, constraints), check=False).returncode == 0


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # a part of a package that is not there
        return False
