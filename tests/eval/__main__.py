"""Dubs clips through a stack of its own and measures the results; see the README."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from eval import generated, measuring, plots, table
from eval.clips import Clip, read_manifest
from eval.dubbing import Studio
from eval.measures import Figures, Row
from eval.table import Evaluation
from running import ROOT, started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--media", type=Path, help="a folder of clips, beside our own")
    parser.add_argument("--manifest", type=Path, help="lists them; by default its manifest.json")
    parser.add_argument("--base", type=Path, help="an earlier eval.json to compare with")
    parser.add_argument("--out", type=Path, default=ROOT / "out", help="where eval/ is written")
    arguments = parser.parse_args()
    base = table.read_base(arguments.base) if arguments.base else None
    try:
        brought = read_manifest(arguments.media, arguments.manifest) if arguments.media else []
    except ValueError as error:
        parser.error(str(error))
    version = _version()
    folder = arguments.out / "eval" / version
    folder.mkdir(parents=True, exist_ok=True)
    print("Making the clips", flush=True)
    generated.make(folder / "clips")
    clips = read_manifest(folder / "clips") + brought
    for evaluation in _evaluations(clips, folder / "dubs", version):
        _write(evaluation, base, folder)
    plots.draw(evaluation.rows, folder)
    print(f"\n{table.as_markdown(evaluation, base)}\nWritten to {folder}")
    lost = table.lost(evaluation, base) if base is not None else []
    return int(any(map(table.broken, evaluation.rows)) or bool(lost))


def _evaluations(clips: list[Clip], dubs: Path, version: str) -> Iterator[Evaluation]:
    """What is known after each clip."""
    rows: list[Row] = []
    engines: dict[str, str] = {}
    began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    with tempfile.TemporaryDirectory() as name, contextmanager(started)(Path(name)) as running:
        studio = Studio(running)
        for clip in clips:
            print(f"{clip.name}: dubbing into {', '.join(clip.targets)}", flush=True)
            outcome = studio.dub(clip, dubs / clip.name)
            for stage, used in outcome.engines.items():
                known = engines.get(stage, used)
                engines[stage] = known if used in known else f"{known} / {used}"
            print(f"{clip.name}: measuring", flush=True)
            rows += measuring.rows(clip, outcome, studio)
            yield Evaluation(version, began, engines, rows)


def _write(evaluation: Evaluation, base: Mapping[table.Key, Figures] | None, folder: Path) -> None:
    (folder / "eval.json").write_text(table.as_json(evaluation))
    (folder / "eval.md").write_text(table.as_markdown(evaluation, base))


def _version() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--tags", "--dirty"]
    return subprocess.check_output(command, text=True).strip()


if __name__ == "__main__":
    sys.exit(main())
