"""What was worked out once and serves later revisions, too: numbers in the store, by content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from polydub.artifacts import ArtifactFolder
from polydub.errors import StageError

Arrays = Mapping[str, npt.NDArray[Any]]

RECIPE = 1
"""Counts changes of what is kept, or of how it is measured."""


@dataclass(frozen=True)
class Kept:
    """A folder of arrays. What can't be read counts as not there: it can always be made again.

    Attributes:
        folder: None: nothing is found, and nothing stays.
    """

    folder: ArtifactFolder | None = None

    async def find(self, name: str) -> Arrays | None:
        """The arrays of this name."""
        if self.folder is None:
            return None
        try:
            return _unpacked(await self.folder.store.get_bytes(self.folder.key(name)))
        except StageError as error:
            if error.code != "artifact_missing":
                raise
            return None

    async def put(self, name: str, arrays: Arrays) -> None:
        """Writes or replaces them, atomically."""
        if self.folder is not None:
            await self.folder.store.put_bytes(self.folder.key(name), _packed(arrays))

    async def found_or_made(self, name: str, make: Callable[[], Awaitable[Arrays]]) -> Arrays:
        """The arrays of this name; made and kept where there are none."""
        found = await self.find(name)
        if found is None:
            found = await make()
            await self.put(name, found)
        return found


NOTHING_KEPT = Kept()


def _packed(arrays: Arrays) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def _unpacked(packed: bytes) -> Arrays | None:
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, EOFError, zipfile.BadZipFile):
        return None
