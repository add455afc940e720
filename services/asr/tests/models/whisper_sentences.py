"""The sentences that the toy Whisper knows, and the voice it knows them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SENTENCES: Mapping[str, Sequence[str]] = {
    "en": (
        "Hello everyone, welcome to the show.",
        "Today we talk about space travel.",
        "The rocket flies to the moon.",
        "Thank you very much and goodbye.",
    ),
    "es": ("Hola a todos, bienvenidos al programa.", "Hoy hablamos de los viajes espaciales."),
    "de": ("Hallo zusammen, willkommen zur Sendung.", "Die Rakete fliegt zum Mond."),
}


def espeak_command(language: str, sentence: str, path: str) -> list[str]:
    """What speaks a sentence into a WAV file."""
    return ["espeak-ng", "-v", language, "-s", "150", "-w", path, sentence]
