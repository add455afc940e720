"""What was worked out once and serves later revisions, too: numbers in the store, by content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from polydub.artifacts import ArtifactFolder
from polydub.errors import StageError

Arrays = Mapping[str, npt.NDArray[Any]]
Values = npt.NDArray[np.float64]

RECIPE = 2
"""Counts changes of what is kept and of how it is made: of every step of the sound, too."""
_ROWS = "rows.npz"


class Rows:
    """A few numbers each, by what they were made of; those that were asked for stay."""

    def __init__(self, kept: Arrays | None = None) -> None:
        self._before: dict[int, Values] = {}
        self._now: dict[int, Values] = {}
        if kept is not None:
            values = np.split(kept["values"], kept["ends"])
            self._before = dict(zip(kept["keys"].tolist(), values, strict=False))

    def find(self, key: int) -> Values | None:
        """The row of this digest."""
        if key not in self._now and key in self._before:
            self._now[key] = self._before[key]
        return self._now.get(key)

    def put(self, key: int, values: Sequence[float] | Values) -> Values:
        """Keeps a row."""
        self._now[key] = np.asarray(values, np.float64)
        return self._now[key]

    def found_or_made(self, key: int, make: Callable[[], Sequence[float] | Values]) -> Values:
        """The row of this digest; made where there is none."""
        found = self.find(key)
        return self.put(key, make()) if found is None else found

    @property
    def changed(self) -> bool:
        """Others were asked for than were kept."""
        return self._now.keys() != self._before.keys()

    def arrays(self) -> Arrays:
        """All that were asked for, to be kept."""
        rows = list(self._now.values())
        return {
            "keys": np.array(list(self._now), np.uint64),
            "ends": np.cumsum([len(row) for row in rows], dtype=np.int64),
            "values": np.concatenate([np.zeros(0), *rows]),
        }


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

    async def rows(self, name: str = _ROWS) -> Rows:
        """The rows of the revision before."""
        return Rows(await self.find(name))

    async def put_rows(self, rows: Rows, name: str = _ROWS) -> None:
        """Keeps the rows that this revision asked for."""
        if rows.changed:
            await self.put(name, rows.arrays())


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
