"""What the platform costs: the stack against a plain script over the same engines.

Prints one table from one run. Times on shared machines are noisy: read the ratios.
``python tests/bench/bench.py [--api | --long | --replicas | --scaling | --rates]``; ``make bench``
starts the stack first. ``--scale`` and ``--replay`` need none: their engines are simulated.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import processes
from crowds import crowds
from editing import editing
from jobs import LANGUAGE, clip_of, through_the_stack
from measured_rates import measure_rates
from replay import replays
from scale import scale
from scaling import MINUTES, scaling
from stack import Stack
from straight import dub_straight
from tables import table
from uploading import uploading

from polydub.pipeline import STAGES
from polydub_client.planning import Load

ROOT = Path(__file__).resolve().parents[2]


def memory_mb(stack: Stack) -> dict[str, tuple[float, float]]:
    """Resident memory of each process now and at its highest, children not counted."""
    return {name: processes.resident_mb(pid) for name, pid in processes.pids(stack).items()}


def platform(stack: Stack, folder: Path) -> None:
    """A 60 s clip: the stack beside the plain script, hops, memory."""
    through_the_stack(stack, clip_of(folder, 12))  # models are loaded, children are up
    began = time.perf_counter()
    asyncio.run(dub_straight(clip_of(folder, 60), folder / "straight", LANGUAGE))
    straight_s = time.perf_counter() - began
    once = through_the_stack(stack, clip_of(folder, 60))
    table(
        "A 60 s clip to one language",
        ("", "wall s", "ratio"),
        [
            ("plain script, one process", f"{straight_s:.1f}", "1"),
            ("the stack", f"{once.wall_s:.1f}", f"{once.wall_s / straight_s:.2f}"),
            ("of that, no engine at work", f"{once.wall_s * once.platform_share:.1f}",
             f"{once.platform_share:.1%} of the wall time"),
        ],
    )  # fmt: skip
    table(
        "Per stage",
        ("stage", "handlers s", "engines s", "shortest hop ms"),
        (
            (
                stage.name,
                f"{sum(w.ended_s - w.began_s for w in once.work if w.stage == stage.name):.2f}",
                f"{sum(w.engine_s for w in once.work if w.stage == stage.name):.2f}",
                f"{once.hop_s(stage.name) * 1000:.0f}",
            )
            for stage in STAGES
            if not stage.optional
        ),
    )


def long_file(stack: Stack, folder: Path) -> None:
    """Memory and time of one minute and of ten."""
    short = through_the_stack(stack, clip_of(folder, 60))
    after_short = memory_mb(stack)
    long = through_the_stack(stack, clip_of(folder, 600))
    after_long = memory_mb(stack)
    table(
        "Resident memory, MB",
        ("process", "after 1 min: now (peak)", "after 10 min: now (peak)"),
        (
            (
                name,
                "{:.0f} ({:.0f})".format(*after_short[name]),
                "{:.0f} ({:.0f})".format(*after_long[name]),
            )
            for name in after_short
        ),
    )
    print(
        f"\n10 min took {long.wall_s / short.wall_s:.1f} times as long as 1 min"
        f" ({long.wall_s:.0f} s and {short.wall_s:.0f} s)."
    )


def replicas(folder: Path) -> None:
    """Ten minutes with one replica of each stage and with two."""
    walls = {}
    for count in (2, 1):
        var = folder / f"var-{count}"
        base = int(os.environ.get("POLYDUB_PORT", "7700")) + 400
        environment = {**os.environ, "POLYDUB_VAR": str(var), "POLYDUB_PORT": str(base)}
        program = [sys.executable, str(ROOT / "deploy/local/stack.py")]
        subprocess.run([*program, "up", f"--replicas={count}"], env=environment, check=True)
        try:
            stack = Stack(var, base, count)
            through_the_stack(stack, clip_of(folder, 12))
            walls[count] = through_the_stack(stack, clip_of(folder, 600)).wall_s
            print(f"{count} of each stage: {walls[count]:.0f} s", flush=True)
        finally:
            subprocess.run([*program, "down"], env=environment, check=True)
    table(
        "A 10 min file, replicas of each stage",
        ("replicas", "wall s", "ratio"),
        ((count, f"{wall:.0f}", f"{wall / walls[1]:.2f}") for count, wall in walls.items()),
    )


def _api_benches(arguments: argparse.Namespace) -> list[Callable[[Stack, Path], None]]:
    asked = {uploading: arguments.uploads, crowds: arguments.clients, editing: arguments.edit}
    return [bench for bench, wanted in asked.items() if wanted or arguments.api]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="memory of 1 min against 10 min")
    parser.add_argument("--replicas", action="store_true", help="one replica against two")
    parser.add_argument("--edit", action="store_true", help="one line of ten minutes corrected")
    parser.add_argument("--clients", action="store_true", help="a thousand clients at once")
    parser.add_argument("--uploads", action="store_true", help="uploads against nginx")
    parser.add_argument("--api", action="store_true", help="these three")
    parser.add_argument(
        "--scaling",
        nargs="*",
        type=float,
        metavar="MINUTES",
        help="what grows with the file's length; by default 1, 4, 16 and 60",
    )
    parser.add_argument("--kept", type=Path, help="JSON that --scaling adds its figures to")
    parser.add_argument("--scale", action="store_true", help="1 to 16 replicas, simulated")
    parser.add_argument(
        "--rates", nargs="?", type=Path, const=Path("rates.json"), metavar="FILE",
        help="writes what `polydub plan` goes by",
    )  # fmt: skip
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="a day's work with planned replicas, simulated"
    )
    parser.add_argument("--hours-per-day", type=float, default=500.0, help="of --replay")
    parser.add_argument("--languages", type=int, default=1, help="of --replay")
    arguments = parser.parse_args()
    if arguments.scale:
        scale()
        return
    if arguments.replay:
        replays(arguments.replay, Load(arguments.hours_per_day, arguments.languages))
        return
    var = Path(os.environ.get("POLYDUB_VAR", ROOT / "var")).absolute()
    stack = Stack(var, int(os.environ.get("POLYDUB_PORT", "7700")), 1)
    with tempfile.TemporaryDirectory() as name:
        if arguments.rates is not None:
            measure_rates(stack, arguments.rates)
        elif arguments.scaling is not None:
            scaling(stack, arguments.scaling or MINUTES, arguments.kept)
        elif arguments.replicas:
            replicas(Path(name))
        elif any(chosen := _api_benches(arguments)):
            for bench in chosen:
                bench(stack, Path(name))
        elif arguments.long:
            long_file(stack, Path(name))
        else:
            platform(stack, Path(name))


if __name__ == "__main__":
    main()
