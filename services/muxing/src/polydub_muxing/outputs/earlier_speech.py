"""The speech alone of the revision before, of which all that is the same is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub.blocking import Tick
from polydub.errors import StageError
from polydub_muxing.kept import Kept
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.mixing import Speech, write_sound
from polydub_muxing.sound.windows import WINDOW, Digests

_INDEX = "speech.npz"


@dataclass(frozen=True)
class Before:
    """The file, and which of its windows still hold."""

    path: Path
    same: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class EarlierSpeech:
    """Where the revision before left its speech, and what of."""

    kept: Kept

    async def find(self, stack: AsyncExitStack, windows: Digests) -> Before | None:
        """The earlier speech; None where there is none of this length any more."""
        found = await self.kept.find(_INDEX)
        if found is None or len(found["windows"]) != len(windows) or self.kept.folder is None:
            return None
        try:
            path = await stack.enter_async_context(
                self.kept.folder.store.local_file(str(found["key"]))
            )
        except StageError as error:
            if error.code != "artifact_missing":
                raise
            return None
        return Before(path, found["windows"] == windows)

    async def keep(self, key: str, windows: Digests) -> None:
        """Remembers where the speech lies in the store."""
        await self.kept.put(_INDEX, {"key": np.array(key), "windows": windows})


def write_speech(
    speech: Speech, before: Before | None, written: Path, rate_hz: int, tick: Tick
) -> None:
    """Writes the speech alone as FLAC, mono."""
    blocks = _blocks(speech, before)
    write_sound(blocks, written, rate_hz=rate_hz, channels=1, frames=speech.frames, tick=tick)


def _blocks(speech: Speech, before: Before | None) -> Iterator[Samples | npt.NDArray[np.int32]]:
    starts = range(0, speech.frames, WINDOW)
    if before is None:
        for first in starts:
            yield speech.read(first, min(first + WINDOW, speech.frames))
        return
    with soundfile.SoundFile(before.path) as earlier:
        for first, same in zip(starts, before.same.tolist(), strict=True):
            last = min(first + WINDOW, speech.frames)
            if same:
                if earlier.tell() != first:
                    earlier.seek(first)
                yield earlier.read(last - first, "int32")
            else:
                yield speech.read(first, last)
