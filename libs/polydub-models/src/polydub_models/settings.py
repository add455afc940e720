"""What the environment says about models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HUB = "https://huggingface.co"
_YES = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True)
class Settings:
    """Where models lie, where they come from, and what is allowed.

    Attributes:
        model_dir: what the engines read.
        endpoint: the model hub, without a slash at its end.
        token: the hub's access token; never shown.
        mirror: a folder to copy from instead of any network.
        offline: no connection is tried.
        noncommercial: models may be fetched whose licence forbids commercial use.
    """

    model_dir: Path
    endpoint: str = HUB
    token: str = ""
    mirror: Path | None = None
    offline: bool = False
    noncommercial: bool = False

    def __repr__(self) -> str:
        return f"Settings({self.model_dir}, {self.endpoint})"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads POLYDUB_MODEL_DIR and its like; the hub's own variables bear the hub's own names."""
    var = Path(environ.get("POLYDUB_VAR") or "var")
    mirror = environ.get("POLYDUB_MODEL_MIRROR", "")
    return Settings(
        model_dir=Path(environ.get("POLYDUB_MODEL_DIR") or var / "models"),
        endpoint=(environ.get("HF_ENDPOINT") or HUB).rstrip("/"),
        token=environ.get("HF_TOKEN", "").strip(),
        mirror=Path(mirror) if mirror else None,
        offline=_says_yes(environ, "HF_HUB_OFFLINE") or _says_yes(environ, "OFFLINE"),
        noncommercial=_says_yes(environ, "POLYDUB_ALLOW_NONCOMMERCIAL"),
    )


def _says_yes(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() in _YES
