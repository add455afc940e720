"""Which ways lead from one language to another with the language pairs that are installed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from polydub import languages
from polydub.engines import LanguagePair

TAGS: dict[str, str] = {
    "afr": "af", "arg": "an", "ast": "ast", "bel": "be", "br": "br", "bul": "bg", "ca": "ca",
    "cat": "ca", "dan": "da", "en": "en", "eng": "en", "eo": "eo", "es": "es", "eu": "eu",
    "fr": "fr", "fra": "fr", "frp": "frp", "gl": "gl", "glg": "gl", "hin": "hi", "ind": "id",
    "isl": "is", "it": "it", "ita": "it", "mkd": "mk", "nld": "nl", "nno": "nn", "nob": "nb",
    "oc": "oc", "oci": "oc", "pol": "pl", "por": "pt", "pt": "pt", "ro": "ro", "ron": "ro",
    "rus": "ru", "slv": "sl", "spa": "es", "srd": "sc", "swe": "sv", "szl": "szl", "ukr": "uk",
    "urd": "ur", "zlm": "ms",
}  # fmt: skip
"""Apertium's language codes as BCP-47 tags. ``hbs`` is left out: it answers in the source's
words."""

VARIANTS: dict[str, str] = {
    "por_BR": "pt-BR", "pt_BR": "pt-BR", "eng_US": "en-US", "cat_valencia": "ca-valencia",
}  # fmt: skip
"""Variants of a target that have a tag of their own; other modes with a suffix are not used."""

PIVOTS = ("ca", "es", "gl")
"""Languages to go through, the best first: chrF 20 sentences, en-es 61.4 by Catalan (60.6
directly), en-fr 58.9 by Catalan and 56.3 by Spanish."""

PREFERRED_PIVOTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("en", "pt"): ("gl", "ca", "es"),
    ("pt", "en"): ("es", "ca", "gl"),
    ("it", "en"): ("es", "ca", "gl"),
}
"""Where measurement says otherwise: en-pt 59.8 by Galician and 57.9 by Catalan, pt-en 61.2 and
it-en 55.5 by Spanish."""

_MODE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})(?:_(\w+))?")


@dataclass(frozen=True)
class Mode:
    """One direction that Apertium has installed."""

    name: str
    source: str
    target: str


@dataclass(frozen=True)
class Route:
    """Modes that lead one after the other from a source to a target."""

    modes: tuple[Mode, ...]

    @property
    def via(self) -> tuple[str, ...]:
        return tuple(mode.target for mode in self.modes[:-1])

    @property
    def pair(self) -> LanguagePair:
        return LanguagePair(self.modes[0].source, self.modes[-1].target, self.via)


def parse_mode(name: str) -> Mode | None:
    """The direction that a mode file's name stands for; None for variants that we do not offer."""
    found = _MODE.fullmatch(name)
    if found is None:
        return None
    source, target, variant = found.groups()
    tag = VARIANTS.get(f"{target}_{variant}") if variant else TAGS.get(target)
    if source not in TAGS or tag is None:
        return None
    return Mode(name, TAGS[source], tag)


@dataclass(frozen=True)
class RouteMap:
    """Every way between the languages of some modes."""

    modes: tuple[Mode, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> RouteMap:
        return cls(tuple(mode for name in sorted(names) if (mode := parse_mode(name))))

    def routes(self, source: str, target: str) -> tuple[Route, ...]:
        """The ways from one tag to another, best first; none where there is none.

        A tag with a region that no mode knows is served by its language. Regions of one language
        are not translated into each other.
        """
        source = languages.base(source)
        if source == languages.base(target):
            return ()
        for wanted in dict.fromkeys((target, languages.base(target))):
            if found := self._routes(source, wanted):
                return found
        return ()

    def pairs(self) -> tuple[LanguagePair, ...]:
        """The best way for each pair of languages that can be reached, in order of tags."""
        sources = sorted({mode.source for mode in self.modes})
        targets = sorted({mode.target for mode in self.modes})
        return tuple(
            routes[0].pair
            for source in sources
            for target in targets
            if languages.base(source) != languages.base(target)
            and (routes := self._routes(source, target))
        )

    def _routes(self, source: str, target: str) -> tuple[Route, ...]:
        direct = self._mode(source, target)
        ways = [Route((direct,))] if direct else []
        key = (source, languages.base(target))
        for pivot in PREFERRED_PIVOTS.get(key, PIVOTS):
            first, second = self._mode(source, pivot), self._second(pivot, target)
            if first and second and pivot not in (source, key[1]):
                ways.append(Route((first, second)))
        return tuple(ways)

    def _second(self, pivot: str, target: str) -> Mode | None:
        """The last leg. Through Catalan the Brazilian mode is the one that was measured."""
        if (pivot, target) == ("ca", "pt"):
            return self._mode(pivot, "pt-BR") or self._mode(pivot, target)
        return self._mode(pivot, target)

    def _mode(self, source: str, target: str) -> Mode | None:
        for mode in self.modes:
            if (mode.source, mode.target) == (source, target):
                return mode
        return None
