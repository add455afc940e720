"""How an organisation wants things said: glossaries, and its memory of corrections."""

from dataclasses import dataclass

from polydub_gateway.words.glossaries import Glossaries
from polydub_gateway.words.memory import Memory


@dataclass(frozen=True)
class Words:
    """Both."""

    glossaries: Glossaries
    memory: Memory
