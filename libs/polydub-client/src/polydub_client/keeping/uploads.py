"""Which uploads were begun, so that another run goes on with them."""

from __future__ import annotations

import time
from pathlib import Path

from polydub_client.keeping.places import name_for, state_dir, write_private

_KEPT_S = 7 * 24 * 3600
"""Longer than a server keeps an upload that waits."""


class UploadNotes:
    """Notes of the user's uploads: for each server and file the upload's id.

    A file that was changed since is another one: its size and time are part of what it is known by.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder

    @property
    def _folder(self) -> Path:
        return self._given or state_dir() / "uploads"

    def read(self, key: str) -> str:
        try:
            return (self._folder / key).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def write(self, key: str, upload_id: str) -> None:
        self._sweep()
        write_private(self._folder / key, upload_id)

    def forget(self, key: str) -> None:
        (self._folder / key).unlink(missing_ok=True)

    def _sweep(self) -> None:
        if self._folder.is_dir():
            for note in self._folder.iterdir():
                if note.stat().st_mtime < time.time() - _KEPT_S:
                    note.unlink(missing_ok=True)


OWN_NOTES = UploadNotes()
"""Those of who runs this."""


def key_of(base_url: str, file: Path, size_bytes: int, modified_ns: int) -> str:
    """What an upload of ``file`` to a server is known by."""
    return name_for(base_url.rstrip("/"), file.resolve(), size_bytes, modified_ns)
