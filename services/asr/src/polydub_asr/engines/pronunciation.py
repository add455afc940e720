"""How unknown English words sound, by flite's letter-to-sound rules (child process)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence

from polydub.errors import EngineUnavailable
from polydub.process import run_child

_CMUDICT = """
AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH
"""
_PHONES = frozenset(_CMUDICT.split())
"""The phones of PocketSphinx's en-us model (CMUdict)."""
_AS_CMUDICT = {"AX": "AH", "AXR": "ER", "IX": "IH", "EL": "AH L", "EM": "AH M", "EN": "AH N"}
_SPEAKABLE = re.compile(r"[A-Za-z][A-Za-z'-]{0,39}")
_TIMEOUT_S = 10.0


def words_of(hotwords: Sequence[str]) -> tuple[str, ...]:
    """The single words of some hotwords in lower case, each once, without what can't be said."""
    words = (word for hotword in hotwords for word in hotword.split())
    return tuple(dict.fromkeys(w.lower() for w in words if _SPEAKABLE.fullmatch(w)))


def to_cmudict(flite_phones: str) -> str | None:
    """flite's phones as CMUdict has them: ``pau k ax t`` -> ``K AH T``; None if one is unknown."""
    names = [phone.upper() for phone in flite_phones.split() if phone != "pau"]
    phones = " ".join(_AS_CMUDICT.get(name, name) for name in names).split()
    return " ".join(phones) if phones and _PHONES.issuperset(phones) else None


async def pronounce(word: str) -> str | None:
    """The phones of a word, or None where flite has none.

    Raises:
        EngineUnavailable: without flite.
        TimeoutError: when flite hangs.
    """
    program = shutil.which("flite")
    if program is None:
        raise EngineUnavailable(
            "Hotwords need flite, which is not installed.", hint="apt-get install flite"
        )
    done = await run_child([program, "-t", word, "-ps", "none"], timeout_s=_TIMEOUT_S)
    return to_cmudict(done.stdout.decode(errors="replace")) if done.returncode == 0 else None
