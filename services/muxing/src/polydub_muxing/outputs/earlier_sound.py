"""The encoded sound of the revision before, in the store: one of each language."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from polydub.artifacts import digest
from polydub.errors import StageError
from polydub_muxing.kept import Kept
from polydub_muxing.outputs import files, splicing
from polydub_muxing.outputs.splicing import Encoding, Mixed, Piece
from polydub_muxing.sound.windows import Digests

INDEX = "sound.npz"
_FRAMES = "frames.aac"


@dataclass(frozen=True)
class EarlierSound:
    """What was encoded of which mix."""

    kept: Kept

    async def pieces(self, windows: Digests, encoding: Encoding) -> list[Piece] | None:
        """What is to be encoded anew of a mix; None: all of it."""
        found = await self.kept.find(INDEX)
        if found is None or found["encoding"].tolist() != list(astuple(encoding)):
            return None
        return splicing.pieces(found["windows"], windows, encoding)

    async def splice(
        self, mixed: Mixed, changed: Sequence[Piece], encoding: Encoding, encoded: Path,
        *, language: str, timeout_s: float,
    ) -> bool:  # fmt: skip
        """Writes the sound of a mix with all earlier frames that are still right.

        Returns:
            False where these are gone: then nothing is written.

        Raises:
            StageError: ``engine_failed``, ``engine_timeout`` or ``store_unavailable``.
        """
        found = await self.kept.find(INDEX)
        async with AsyncExitStack() as stack:
            before = await self._frames(stack, str(found["name"])) if found else None
            if before is None:
                return False
            await splicing.splice(
                mixed, before, changed, encoding, encoded, language=language, timeout_s=timeout_s
            )
        return True

    async def keep(self, frames: Path, windows: Digests, encoding: Encoding) -> None:
        """Keeps a sound's frames, ADTS, instead of the ones before.

        Raises:
            StageError: ``store_full`` or ``store_unavailable``.
        """
        folder = self.kept.folder
        if folder is None or files.aac_rate_hz(encoding.rate_hz) != encoding.rate_hz:
            return
        before = await self.kept.find(INDEX)
        name = f"sound-{digest(windows=windows.tolist(), encoding=list(astuple(encoding)))}"
        await folder.put_file(f"{name}/{_FRAMES}", frames)
        index = {
            "name": np.array(name),
            "windows": windows,
            "encoding": np.array(astuple(encoding)),
        }
        await self.kept.put(INDEX, index)
        if before is not None and str(before["name"]) != name:
            await folder.store.delete_prefix(folder.key(str(before["name"])))

    async def _frames(self, stack: AsyncExitStack, name: str) -> Path | None:
        """The frames; None where another replica has put newer ones in their place."""
        folder = self.kept.folder
        assert folder is not None
        try:
            return await stack.enter_async_context(
                folder.store.local_file(folder.key(f"{name}/{_FRAMES}"))
            )
        except StageError as error:
            if error.code != "artifact_missing":
                raise
            return None
