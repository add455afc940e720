"""Apertium: rule-based translation between related languages, as child processes (GPL)."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, LanguagePair, Quality
from polydub.errors import EngineFailed, StageError
from polydub_translation import glossary, marks, text
from polydub_translation.engines.apertium_process import ApertiumChild, ChildDied, ChildTimeout
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine
from polydub_translation.routes import Mode, Route, RouteMap

_PROGRAMS = ("apertium-wblank-mode", "lt-proc", "bash")
_REMEDY = (
    "Install Apertium and language pairs: apt-get install apertium apertium-eng-spa "
    "apertium-eng-cat apertium-fra-cat apertium-cat-ita apertium-en-gl apertium-pt-gl."
)


class ApertiumEngine(TranslationEngine):
    """One child per language pair in use, started when first needed.

    Lines that have several ways to their target get one candidate from each.

    Args:
        modes_dir: where the language packages put their ``*.mode`` files.
        children: how many language pairs may run at once; the one unused for longest goes first.
        line_timeout_s: for one line and one language pair.
        timeout_s: for one call.
    """

    id: ClassVar[str] = "apertium"
    keeps_terms: ClassVar[bool] = True

    def __init__(
        self, *, modes_dir: Path, children: int, line_timeout_s: float, timeout_s: float
    ) -> None:
        super().__init__(timeout_s=timeout_s)
        self._modes_dir = modes_dir
        self._limit = children
        self._line_timeout_s = line_timeout_s
        self._children: dict[str, ApertiumChild] = {}
        self._children_lock = threading.Lock()
        self._closed = False

    @cached_property
    def _map(self) -> RouteMap:
        return RouteMap.of(path.stem for path in self._modes_dir.glob("*.mode"))

    @cached_property
    def _capabilities(self) -> Capabilities:
        return Capabilities(
            name="Apertium",
            version=f"{_apertium_version()}+{_data_fingerprint(self._modes_dir.parent)}",
            quality=Quality.DRAFT,
            licence="GPL-2.0-or-later (child process)",
            commercial_use=True,
            pairs=self._map.pairs(),
            limits=(
                "Translates by rules: the gist is there, but wrong meanings and stiff phrases "
                "happen.",
                "Each line is translated for itself, without what was said before.",
            ),
        )

    def capabilities(self) -> Capabilities:
        return self._capabilities

    def available(self) -> Availability:
        missing = [program for program in _PROGRAMS if shutil.which(program) is None]
        if missing:
            return Availability.no(f"not installed: {', '.join(missing)}", _REMEDY)
        if not self._map.modes:
            return Availability.no("no Apertium language pair is installed", _REMEDY)
        return Availability.yes()

    def route(self, source: str, target: str) -> LanguagePair | None:
        routes = self._map.routes(source, target)
        return routes[0].pair if routes else None

    def close(self) -> None:
        with self._children_lock:
            self._closed = True
            children = list(self._children.values())
            self._children.clear()
        for child in children:
            child.kill()

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        routes = self._map.routes(batch.source, batch.target)[: batch.candidates]

        def work(tick: Tick) -> tuple[Translated, ...]:
            done: list[Translated] = []
            for line in batch.texts:
                tick(len(done) / len(batch.texts))
                done.append(self._line(line, routes, batch, tick))
            return tuple(done)

        return await run_blocking(work, on_progress=on_progress)

    def _line(self, line: str, routes: Sequence[Route], batch: Batch, tick: Tick) -> Translated:
        found = [self._by_route(line, route, batch, tick) for route in routes]
        # Stable: of routes that knew equally many words, the better one stays in front.
        found.sort(key=lambda each: -each[0].score)
        distinct = {each[0].text: each for each in reversed(found)}
        ordered = [each for each in found if distinct[each[0].text] is each]
        return Translated(tuple(each[0] for each in ordered), ordered[0][1])

    def _by_route(
        self, line: str, route: Route, batch: Batch, tick: Tick
    ) -> tuple[Candidate, tuple[str, ...]]:
        """The line taken along one route, and the words that stayed as they were."""
        protected = text.protect(text.prepare(line, route.modes[0].source), batch.glossary)
        current, unknown = protected.text, list[str]()
        for mode in route.modes:
            answer = marks.unmark(self._ask(mode, marks.escape(current), tick))
            unknown += [word for word in answer.unknown if not text.is_token(word)]
            current = text.capitalize(" ".join(answer.text.split()))
        finished = text.finish(
            text.restore(current, protected.pieces), source_text=line, target=batch.target
        )
        finished = glossary.reveal(finished, protected.wanted)
        left = tuple(dict.fromkeys(unknown))
        known = 1.0 - min(1.0, len(left) / len(line.split()))
        return Candidate(finished, round(known, 3), route.via), left

    def _ask(self, mode: Mode, escaped: str, tick: Tick) -> str:
        """One line through one child. A child found dead is replaced once."""
        for attempt in (1, 2):
            try:
                child = self._child(mode)
                return child.request(escaped, timeout_s=self._line_timeout_s, tick=tick)
            except ChildTimeout as error:
                raise StageError(
                    "engine_timeout", f"Apertium's {mode.name} did not answer in time."
                ) from error
            except ChildDied as error:
                if attempt == 2:
                    raise EngineFailed(f"Apertium's {mode.name} does not run.") from error
        raise AssertionError("unreachable")

    def _child(self, mode: Mode) -> ApertiumChild:
        with self._children_lock:
            if self._closed:
                raise EngineFailed("Apertium is being shut down.")
            child = self._children.get(mode.name)
            if child is None or not child.alive:
                self._make_room()
                child = ApertiumChild(self._modes_dir / f"{mode.name}.mode")
                self._children[mode.name] = child
            return child

    def _make_room(self) -> None:
        idle = [child for child in self._children.values() if not child.busy]
        idle.sort(key=lambda child: child.last_used)
        for child in idle[: max(0, len(self._children) - self._limit + 1)]:
            del self._children[child.mode]
            child.kill()


def _apertium_version() -> str:
    program = shutil.which("apertium")
    if program is None:
        return "0"
    done = subprocess.run([program, "-V"], capture_output=True, check=False, timeout=30)
    found = re.search(rb"(\d+(?:\.\d+)+)", done.stdout + done.stderr)
    return found[1].decode() if found else "0"


def _data_fingerprint(data_dir: Path) -> str:
    """Tells sets of installed language data apart, as an upgrade of one changes translations."""
    files = sorted(data_dir.glob("apertium-*/*.bin"))
    listing = "\n".join(f"{path.parent.name}/{path.name} {path.stat().st_size}" for path in files)
    return hashlib.sha256(listing.encode()).hexdigest()[:8]
