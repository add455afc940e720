"""What a recogniser heard of earlier revisions: the same sound is not heard twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polydub_muxing.kept import Kept
from polydub_muxing.report.recognized import TimedWord

NAME = "words.npz"
Words = Sequence[TimedWord]
"""Timed from the beginning of what was heard."""


@dataclass(frozen=True)
class WordsHeard:
    """Words by what they were heard in: of the last revision only, so that they stay few."""

    kept: Kept

    async def find(self) -> dict[str, Words]:
        found = await self.kept.find(NAME)
        if found is None:
            return {}
        listed = (json.loads(text) for text in found["words"].tolist())
        return {
            name: [TimedWord(text, start_ms) for text, start_ms in words]
            for name, words in zip(found["names"].tolist(), listed, strict=True)
        }

    async def keep(self, heard: Mapping[str, Words]) -> None:
        texts = [
            json.dumps([(word.text, word.start_ms) for word in words]) for words in heard.values()
        ]
        arrays = {"names": np.array(list(heard), np.str_), "words": np.array(texts, np.str_)}
        await self.kept.put(NAME, arrays)
