"""A shorter way to say a line, by rule: what carries no meaning is left out. Pure.

Nothing is ever changed or moved, and where a negation, a number or a name would be lost nothing is
left out at all. The tables are small on purpose: what is not in them stays.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from polydub import languages
from polydub_tts.text import speakable


@dataclass(frozen=True)
class Fillers:
    """What may go in one language.

    Attributes:
        openings: discourse markers at a sentence's beginning, where a comma follows.
        asides: what may stand between commas, or behind one at the end, and may go from there.
        stutters: words that nobody says twice on purpose.
        negations: words that always stay.
        numbers: number words, which always stay; digits do in any language.
    """

    openings: tuple[str, ...]
    asides: tuple[str, ...]
    stutters: tuple[str, ...]
    negations: frozenset[str]
    numbers: frozenset[str]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(","))


def _fillers(openings: str, asides: str, stutters: str, negations: str, numbers: str) -> Fillers:
    return Fillers(
        _phrases(openings),
        _phrases(asides),
        tuple(stutters.split()),
        frozenset(negations.split()),
        frozenset(numbers.split()),
    )


# Not among the stutters: words that are said twice in good sentences ("had had", "vous vous",
# "en en parlant", "se se fizer"), and articles that are numbers, too. Not among the openings: words
# that answer or oppose ("of course", "claro", "actually").
_TABLE = {
    "en": _fillers(
        "well, so, look, listen, you see, you know, I mean, okay so, um, uh, er, anyway",
        "you know, you see, I mean, please, if you will, so to speak, as it were, if I may, um, uh",
        "the an and of we they but our with for from",
        "no not never nor neither none nobody nothing nowhere cannot without hardly barely",
        "zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty "
        "fifty sixty seventy eighty ninety hundred thousand million billion half",
    ),
    "es": _fillers(
        "bueno, pues, pues bien, mira, mire, oye, oiga, a ver, sabes, verás, verá, ya sabes, o sea",
        "por favor, si me permite, si me permites, por así decirlo, ya sabes, como sabes, o sea, "
        "digamos",
        "el los las unos unas y de que en con por yo pero del al",
        "no ni nunca jamás nada nadie ningún ninguno ninguna tampoco sin apenas",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta "
        "cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil millón millones medio",
    ),
    "ca": _fillers(
        "bé, doncs, mira, miri, escolta, escolti, a veure, saps, ja ho saps, o sigui",
        "si us plau, sisplau, si m'ho permet, per dir-ho així, ja ho saps, o sigui, diguem",
        "el els les uns unes i de que amb per jo però del al",
        "no ni mai res ningú cap gens tampoc sense pas",
        "zero u dos dues tres quatre cinc sis set vuit nou deu onze dotze vint trenta quaranta "
        "cinquanta seixanta setanta vuitanta noranta cent mil milió milions mig",
    ),
    "fr": _fillers(
        "bon, eh bien, ben, alors, écoute, écoutez, tu vois, vous voyez, tu sais, vous savez, euh",
        "s'il vous plaît, s'il te plaît, tu sais, vous savez, tu vois, vous voyez, "
        "pour ainsi dire, si vous permettez, si j'ose dire, euh",
        "le les et de je il mais avec dans des du au",
        "ne n non pas plus jamais rien personne aucun aucune ni guère sans nul nulle",
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze vingt trente quarante "
        "cinquante soixante cent mille million millions milliard demi",
    ),
    "it": _fillers(
        "beh, be', bene, allora, dunque, guarda, guardi, senti, senta, sai, vedi, vede, insomma",
        "per favore, per cortesia, se permette, se mi permette, per così dire, sai, diciamo",
        "il lo gli e io ma con nel del al",
        "no non né mai niente nulla nessuno nessuna nessun neanche nemmeno neppure senza",
        "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta "
        "quaranta cinquanta sessanta settanta ottanta novanta cento mille mila milione mezzo",
    ),
    "pt": _fillers(
        "bem, bom, pois, então, olha, olhe, ouve, ouça, sabes, sabe, veja, ou seja, tipo",
        "por favor, se me permite, se faz favor, por assim dizer, sabes, sabe, digamos, ou seja",
        "os uns umas e de em eu mas com do da",
        "não nem nunca jamais nada ninguém nenhum nenhuma tampouco sem",
        "zero um uma dois duas três quatro cinco seis sete oito nove dez onze doze vinte trinta "
        "quarenta cinquenta sessenta setenta oitenta noventa cem cento mil milhão milhões meio",
    ),
}  # fmt: skip

_WORD = re.compile(r"[^\W_]+(?:['’\-.,][^\W_]+)*")
"""A word with its apostrophes and hyphens; a number with its points and commas."""
_STARTS = r"(?P<start>(?:^|[.!?…]\s+)[\"'“‘«¿¡(\s]*)"


def shortened(text: str, language: str) -> str:
    """The text without fillers; the same text where there are none, or no table is for them."""
    fillers = _TABLE.get(languages.base(language))
    if fillers is None:
        return text
    shorter = _without_fillers(text, languages.base(language))
    kept = Counter(words(shorter))
    lost = any(kept[word] < count for word, count in _protected(text, fillers).items())
    return text if lost or not speakable(shorter) else shorter


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return [found.casefold() for found in _WORD.findall(text)]


def _without_fillers(text: str, language: str) -> str:
    opening, aside, stutter = _patterns(language)
    before = ""
    while text != before:
        before = text
        text = stutter.sub(r"\g<word>", text)
        text = aside.sub("", text)
        text = opening.sub(_opened, text)
    return text


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    fillers = _TABLE[language]
    # Before a question mark nothing goes: "It's fine, you know?" would become a question.
    return (
        re.compile(rf"{_STARTS}(?:{_any(fillers.openings)}),\s+(?P<next>\w)", re.IGNORECASE),
        re.compile(rf",\s+(?:{_any(fillers.asides)})(?=[,.!…;](?!\w)|$)", re.IGNORECASE),
        re.compile(rf"(?<![\w'’-])(?P<word>{_any(fillers.stutters)})(?:,?\s+(?P=word))+(?![\w'’-])",
                   re.IGNORECASE),
    )  # fmt: skip


def _opened(found: re.Match[str]) -> str:
    """The rest of a sentence; with a capital, if the sentence had one."""
    start, next_ = found["start"], found["next"]
    capital = found[0][len(start)].isupper()
    return start + (next_.upper() if capital else next_)


def _any(phrases: tuple[str, ...]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(phrase).replace("'", "['’]") for phrase in longest_first)


def _protected(text: str, fillers: Fillers) -> Counter[str]:
    """The words that have to stay: negations, numbers, and what has a capital within a sentence."""
    found: Counter[str] = Counter()
    for match in _WORD.finditer(text):
        word = match[0].casefold().replace("’", "'")
        parts = {word, *re.split(r"['\-]", word)}
        negates = bool(parts & fillers.negations) or word.endswith("n't")
        counts = any(char.isdigit() for char in word) or bool(parts & fillers.numbers)
        if negates or counts or _named(text, match):
            found[match[0].casefold()] += 1
    return found


def _named(text: str, word: re.Match[str]) -> bool:
    begins = re.search(rf"{_STARTS}$", text[: word.start()])
    return word[0][0].isupper() and not begins and word[0] != "I"
