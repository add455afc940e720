"""Before the stack starts: the light models, where they can be had; else one word about that.

Nothing here keeps a stack from starting.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from polydub_models.catalogue import Model
from polydub_models.errors import ModelsError
from polydub_models.hub import Hub
from polydub_models.progress import human
from polydub_models.pull import Job, Outcome, Puller, allowed
from polydub_models.settings import Settings

ANSWERS_WITHIN_S = 3.0
ASK_AGAIN_AFTER_S = 6 * 3600.0
"""How long a hub that did not answer is not asked again."""

_GAINS = {
    "asr": "the built-in recogniser hears English only, and about one word in four wrong",
    "translation": "sentences are translated by rules, some wrong in sense",
    "tts": "voices sound synthetic",
    "diarization": "speakers who talk at once are not told apart",
}
"""What it means for a stage to have no model."""


@dataclass(frozen=True)
class Stamp:
    """What was said last, and when the hub was asked."""

    state: str
    asked_at: float


Say = Callable[[str], None]
RunJobs = Callable[[Sequence[Job], Outcome], Outcome]


@dataclass(frozen=True)
class Ensuring:
    """What is done about lacking models.

    Attributes:
        stamp: remembers what was said, so that it is said once.
        run: fetches the jobs and shows how that goes.
    """

    settings: Settings
    puller: Puller
    hub: Hub
    stamp: Path
    say: Say
    run: RunJobs
    now: Callable[[], float] = time.time

    def ensure(self, models: Sequence[Model]) -> list[Model]:
        """Fetches what is lacking, if that can be done; gives those that are there then."""
        chosen = [model for model in allowed(models, self.settings)[0] if not model.gated]
        lacking = self.puller.lacking(chosen)
        if not lacking:
            return chosen
        before = _read(self.stamp)
        if reason := self._hindrance(lacking, before):
            self._tell(reason, lacking, before)
        else:
            self.stamp.unlink(missing_ok=True)
            self._pull(lacking)
        still = {model.id for model in self.puller.lacking(lacking)}
        return [model for model in chosen if model.id not in still]

    def _hindrance(self, lacking: Sequence[Model], before: Stamp | None) -> str:
        """Why nothing can be fetched; empty where it can."""
        if self.settings.mirror:
            return ""
        if self.settings.offline:
            return "offline is set"
        silent = f"{self.settings.endpoint} does not answer"
        if before and before.state.startswith(f"{silent}|") and self._is_fresh(before):
            return silent
        repo = next((file.repo for model in lacking for file in model.files if file.repo), "")
        return "" if self.hub.answers(repo, ANSWERS_WITHIN_S) else silent

    def _tell(self, reason: str, lacking: Sequence[Model], before: Stamp | None) -> None:
        state = f"{reason}|{','.join(model.id for model in lacking)}"
        is_news = before is None or before.state != state
        if is_news:
            self.say(_without(reason, lacking))
        if is_news or not (before and self._is_fresh(before)):
            _write(self.stamp, Stamp(state, self.now()))

    def _pull(self, lacking: Sequence[Model]) -> None:
        try:
            jobs, outcome = self.puller.prepare(lacking)
            self.puller.check_room(jobs)
            names = ", ".join(job.model.id for job in jobs) or "none"
            size = human(self.puller.bytes_to_come(jobs))
            self.say(f"Fetching {size} of models: {names}. OFFLINE=1 leaves them out.")
            outcome = self.run(jobs, outcome)
        except ModelsError as error:
            self.say(f"{error.message} {error.hint}\nThe stack starts with what is there.")
            return
        except KeyboardInterrupt:
            self.say("Stopped. The next start goes on where this one was cut, or OFFLINE=1.")
            return
        for model, failure in outcome.failed:
            self.say(f"{model.id}: {failure.message} {failure.hint}")

    def _is_fresh(self, stamp: Stamp) -> bool:
        return 0 <= self.now() - stamp.asked_at < ASK_AGAIN_AFTER_S


def _without(reason: str, lacking: Sequence[Model]) -> str:
    stages = dict.fromkeys(model.stage for model in lacking)
    means = "".join(f"\n  {stage}: {_GAINS[stage]}" for stage in stages if stage in _GAINS)
    return (
        f"No models are fetched ({reason}). The stack works with its built-in engines, in draft "
        f"quality:{means}\n  `make models` fetches better ones where there is a network; "
        "`polydub models list` shows them."
    )


def _read(path: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, stamp: Stamp) -> None:
    """A stamp that can't be kept only means that it is said again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
    except OSError:
        return
