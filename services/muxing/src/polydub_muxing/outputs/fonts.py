"""Whether the fonts of this machine can show a text."""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import dataclass

from polydub import languages, process
from polydub.errors import StageError
from polydub_muxing.outputs.ass import DEFAULT_FONT

TIMEOUT_S = 60.0
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Cn", "Cs", "Co"})


@dataclass(frozen=True)
class Fonts:
    """What there is for one text in one language."""

    family: str
    """The font that fontconfig thinks best for the language; others step in where it lacks a
    letter."""
    missing: str
    """Characters of the text that no font has, in order."""

    def advice(self) -> str:
        """What to tell someone who misses letters."""
        package = _package(self.missing[0])
        return (
            f"No font on this machine has {self.missing[:10]}: "
            f"install one that does, such as Debian's {package}."
        )


async def fonts_for(text: str, language: str) -> Fonts:
    """The fonts that fontconfig knows, for this text.

    Raises:
        StageError: ``engine_timeout``, ``engine_failed``.
    """
    visible = sorted({c for c in text if unicodedata.category(c) not in _INVISIBLE})
    if shutil.which("fc-list") is None:
        return Fonts(DEFAULT_FONT, "".join(c for c in visible if not c.isascii()))
    covered = _ranges(await _ask("fc-list", ":", "--format=%{charset} "))
    family = await _ask(
        "fc-match", "--format=%{family[0]}", f"sans-serif:lang={languages.base(language)}"
    )
    missing = (c for c in visible if not any(first <= ord(c) <= last for first, last in covered))
    return Fonts(_style_name(family), "".join(missing))


async def _ask(*argv: str) -> str:
    try:
        done = await process.run_child(argv, timeout_s=TIMEOUT_S)
    except TimeoutError as error:
        raise StageError("engine_timeout", "fontconfig took too long.") from error
    if done.returncode != 0:
        raise StageError("engine_failed", f"fontconfig failed: {done.complaint()}")
    return done.stdout.decode(errors="replace")


def _ranges(charsets: str) -> set[tuple[int, int]]:
    """``20-7e a0`` as pairs of first and last."""
    found = set()
    for piece in charsets.split():
        first, _, last = piece.partition("-")
        found.add((int(first, 16), int(last or first, 16)))
    return found


def _style_name(family: str) -> str:
    """Fit for a field of an ASS style, which a comma ends."""
    return family.split(",")[0].strip() or DEFAULT_FONT


def _package(character: str) -> str:
    """The smallest package of Debian whose font has the character's script."""
    wide = unicodedata.east_asian_width(character) in "WF"
    return "fonts-droid-fallback" if wide else "fonts-noto-core"
