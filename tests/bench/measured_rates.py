"""What the running stack needs for a minute of talk, as a file that ``polydub plan`` reads."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import processes
from jobs import LANGUAGE, clip_of, dub, history
from stack import Stack

from polydub.pipeline import STAGES

SECONDS = 240
_WARM_UP_S = 12


def measure_rates(stack: Stack, out: Path) -> None:
    """Dubs a clip of four minutes and writes what it took."""
    with tempfile.TemporaryDirectory() as name:
        dub(stack, clip_of(Path(name), _WARM_UP_S))  # models are loaded, children are up
        running = processes.pids(stack)
        before = processes.cpu_s(running)
        job = dub(stack, clip_of(Path(name), SECONDS))
    after = processes.cpu_s(running)
    told = history(stack, job.id, revision=0)
    worker_s: dict[str, float] = {}
    for event in told:
        if event.HasField("completed"):
            stage = event.envelope.stage
            worker_s[stage] = worker_s.get(stage, 0.0) + event.completed.elapsed_ms / 1000
    kept = stack.var / "store" / "videos" / job.video_id
    measured = {
        "source_s": SECONDS,
        "languages": 1,
        "language": LANGUAGE,
        "stages": {
            stage.name: {
                "worker_s": round(worker_s[stage.name], 3),
                "cpu_s": round(after[stage.name] - before[stage.name], 3),
            }
            for stage in STAGES
            if stage.name in worker_s
        },
        "stored_bytes": sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()),
        "parts": sum(
            event.HasField("completed") and event.envelope.stage == "asr" for event in told
        ),
        "events": len(told),
        "event_bytes": sum(event.ByteSize() for event in told),
    }
    out.write_text(json.dumps(measured, indent=1) + "\n")
    print(f"{out}: try `polydub plan --hours-per-day 500 --rates {out}`")
