"""Where this machine's user keeps what programs remember, and how it is written."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

STATE_DIR = "POLYDUB_STATE_DIR"


def state_dir() -> Path:
    """The folder for our state; ``POLYDUB_STATE_DIR`` names another.

    Source: XDG Base Directory Specification 0.8, and the platforms' own customs elsewhere.
    """
    if named := os.environ.get(STATE_DIR):
        return Path(named)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "polydub"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "polydub"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "polydub"


def name_for(*facts: object) -> str:
    """A file's name that stands for these facts."""
    return hashlib.sha256("\0".join(map(str, facts)).encode("utf-8", "replace")).hexdigest()[:32]


def write_private(path: Path, text: str) -> None:
    """Replaces a file as a whole; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
