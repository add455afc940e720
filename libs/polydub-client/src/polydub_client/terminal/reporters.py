"""How a command tells what goes on: a bar on a terminal, lines elsewhere, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from polydub_client import models
from polydub_client.errors import PolydubError
from polydub_client.models import Dub, Import, Regenerated
from polydub_client.terminal import exits
from polydub_client.terminal.result import Result
from polydub_client.terminal.summary import show_error, show_result
from polydub_client.terminal.wording import eta, plain, size, stage_words


class Reporter(Protocol):
    """Told of each step as it goes on; closed at the end."""

    def close(self) -> None: ...
    def uploading(self, name: str, done: int, total: int) -> None: ...
    def fetching(self, found: Import) -> None: ...
    def regenerating(self, made: Regenerated) -> None: ...
    def started(self, dub: Dub, *, cancels: bool) -> None: ...
    def detached(self, dub: Dub) -> None: ...
    def progressed(self, progress: models.Progress) -> None: ...
    def note(self, text: str) -> None: ...
    def downloading(self, name: str, done: int, total: int) -> None: ...
    def finished(self, result: Result) -> None: ...
    def failed(self, what: str, error: PolydubError) -> None: ...


class HumanReporter:
    """What bar and lines share: news goes to stderr, the summary to stdout."""

    def __init__(self, out: Console, err: Console) -> None:
        self.out = out
        self.err = err

    def close(self) -> None:
        """Nothing to give back."""

    def uploading(self, name: str, done: int, total: int) -> None:
        self.moved(f"Sending {name}", done / total if total else 1.0, "")

    def fetching(self, found: Import) -> None:
        self.moved(f"Fetching from {found.host} ({size(found.received_bytes)})", found.progress, "")

    def regenerating(self, made: Regenerated) -> None:
        for language, lines in made.affected.items():
            self.note(f"{language}: {len(lines)} lines are made anew.")

    def started(self, dub: Dub, *, cancels: bool) -> None:
        if not dub.state.has_ended:
            what = "cancels it" if cancels else "leaves it alone"
            self.note(f"Dub {dub.id} is under way. Ctrl-C {what}.")

    def detached(self, dub: Dub) -> None:
        self.out.print(plain(dub.id), markup=False, highlight=False, soft_wrap=True)
        self.note(f"It goes on by itself. Fetch its files with: polydub download {dub.id}")

    def progressed(self, progress: models.Progress) -> None:
        what = stage_words(progress.stage) or "waiting for its turn"
        words = f"Dubbing: {what}"
        if progress.message:
            words += f" ({progress.message})"
        self.moved(words, progress.progress, eta(progress.eta_s))

    def downloading(self, name: str, done: int, total: int) -> None:
        self.moved(f"Saving {name}", done / total if total else 1.0, "")

    def moved(self, what: str, fraction: float, left: str) -> None:
        """Shows where the step stands."""
        raise NotImplementedError

    def note(self, text: str) -> None:
        self.err.print(plain(text), markup=False, highlight=False, soft_wrap=True)

    def finished(self, result: Result) -> None:
        show_result(self.out, result)

    def failed(self, what: str, error: PolydubError) -> None:
        show_error(self.err, what, error.message, error.hint)


class BarReporter(HumanReporter):
    """One bar that is the upload, then the dub, then the download."""

    def __init__(self, out: Console, err: Console) -> None:
        super().__init__(out, err)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            console=err,
            transient=True,
        )
        self._task = self._bar.add_task("Starting", total=1.0, left="")

    def close(self) -> None:
        self._bar.stop()

    def moved(self, what: str, fraction: float, left: str) -> None:
        self._bar.start()  # once; commands that move nothing show no bar
        self._bar.update(self._task, description=plain(what), completed=fraction, left=left)

    def finished(self, result: Result) -> None:
        self._bar.stop()
        super().finished(result)

    def failed(self, what: str, error: PolydubError) -> None:
        self._bar.stop()
        super().failed(what, error)


class LineReporter(HumanReporter):
    """A line when the step changes, and each ten percent of it."""

    def __init__(self, out: Console, err: Console) -> None:
        super().__init__(out, err)
        self._said = ("", -1)

    def moved(self, what: str, fraction: float, left: str) -> None:
        now = (what.partition(" (")[0], int(fraction * 10))
        if now != self._said:
            self._said = now
            self.note(f"{fraction:4.0%}  {what}{', ' + left if left else ''}")


class JsonReporter:
    """JSON lines on stdout, the result last, and nothing else."""

    def __init__(self) -> None:
        self._said = ("", "", -1)

    def close(self) -> None:
        """Nothing to give back."""

    def uploading(self, name: str, done: int, total: int) -> None:
        self._moved("upload", name, done, total)

    def fetching(self, found: Import) -> None:
        emit("import", **{name: value for name, value in asdict(found).items() if name != "video"})

    def regenerating(self, made: Regenerated) -> None:
        emit("regenerating", affected=made.affected)

    def started(self, dub: Dub, *, cancels: bool) -> None:
        emit("started", dub=asdict(dub))

    def detached(self, dub: Dub) -> None:
        emit("result", dub=asdict(dub), files=[], draft_engines={}, exit_code=int(exits.Exit.OK))

    def progressed(self, progress: models.Progress) -> None:
        emit("progress", **{k: v for k, v in asdict(progress).items() if k != "type"})

    def note(self, text: str) -> None:
        """For people only."""

    def downloading(self, name: str, done: int, total: int) -> None:
        self._moved("download", name, done, total)

    def finished(self, result: Result) -> None:
        emit(
            "result",
            dub=asdict(result.dub),
            files=[str(path) for path in result.files],
            draft_engines=dict(result.draft),
            exit_code=int(exits.of_state(result.dub.state)),
        )

    def failed(self, what: str, error: PolydubError) -> None:
        emit(
            "error",
            what=what,
            code=error.code,
            message=error.message,
            hint=error.hint,
            stage=error.stage,
            retryable=error.retryable,
            exit_code=int(exits.of_error(error)),
        )

    def _moved(self, kind: str, name: str, done: int, total: int) -> None:
        now = (kind, name, 100 * done // total if total else 100)
        if now != self._said:
            self._said = now
            emit(kind, name=name, done_bytes=done, total_bytes=total)


def emit(kind: str, **values: Any) -> None:
    """One JSON line on stdout; measures that are no numbers, such as a silence's LUFS, are null."""
    print(json.dumps(_finite({"type": kind, **values})), file=sys.stdout, flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def choose(*, as_json: bool, out: Console, err: Console) -> Reporter:
    """The reporter that fits what stderr is and what was asked for."""
    if as_json:
        return JsonReporter()
    return BarReporter(out, err) if err.is_terminal else LineReporter(out, err)
