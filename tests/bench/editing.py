"""One line of a finished ten minutes corrected: how soon it is heard, and how soon in the file."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import processes
from jobs import LANGUAGE, Timing, dub, history, timing
from stack import Stack
from tables import table
from talks import talk_of

from polydub.pipeline import STAGES
from polydub.v1 import events_pb2
from polydub_client import Polydub

TALK_S = 600.0
_WARM_UP_S = 20.0
_TEXTS = (
    "Esta frase la ha cambiado una persona.",
    "Otra persona ha vuelto a cambiar la frase.",
    "La tercera vez dice todavía otra cosa.",
)
"""Each is heard first and then put into the file."""


@dataclass(frozen=True)
class Correction:
    """One line's way from new words to the file."""

    preview_s: float
    file_s: float
    """From the asking for it until the job says that it has ended."""
    cpu_s: float
    """Of all processes and their children, from then until then."""
    work: Timing
    spoken: int
    """Lines that a voice said anew."""


def editing(stack: Stack, folder: Path) -> None:
    """Dubs ten minutes, corrects the line in the middle a few times, prints what that took."""
    dub(stack, talk_of(folder, _WARM_UP_S))
    talk = talk_of(folder, TALK_S)
    began, cpu_began_s = time.perf_counter(), _cpu_s(stack)
    job_id = dub(stack, talk).id
    whole = time.perf_counter() - began, _cpu_s(stack) - cpu_began_s
    with httpx.Client(base_url=stack.url, timeout=120, trust_env=False) as api:
        corrections = [_corrected(stack, api, job_id, text) for text in _TEXTS]
    _show(*whole, timing(history(stack, job_id, revision=0)), corrections)


def _corrected(stack: Stack, api: httpx.Client, job_id: str, text: str) -> Correction:
    line = _line_in_the_middle(api, job_id)
    path = f"/v1/dubs/{job_id}/segments/{line['id']}"
    began = time.perf_counter()
    asked = {"language": LANGUAGE, "text": text}
    api.post(f"{path}/preview", json=asked).raise_for_status()
    preview_s = time.perf_counter() - began
    changed = {"translations": {LANGUAGE: text}}
    at = {"If-Match": f'"{line["revision"]}"'}
    api.patch(path, json=changed, headers=at).raise_for_status()
    began, cpu_began_s = time.perf_counter(), _cpu_s(stack)
    made = api.post(f"/v1/dubs/{job_id}/regenerate")
    made.raise_for_status()
    with Polydub(stack.url) as client:
        for _ in client.watch(job_id):
            pass
    file_s, cpu_s = time.perf_counter() - began, _cpu_s(stack) - cpu_began_s
    told = history(stack, job_id, revision=made.json()["dub"]["revision"])
    return Correction(preview_s, file_s, cpu_s, timing(told), _spoken(told))


def _cpu_s(stack: Stack) -> float:
    return sum(processes.cpu_s(processes.pids(stack)).values())


def _line_in_the_middle(api: httpx.Client, job_id: str) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        query = {"language": LANGUAGE, "limit": 100, **({"after": after} if after else {})}
        page = api.get(f"/v1/dubs/{job_id}/segments", params=query).raise_for_status().json()
        lines += page["segments"]
        after = page["next_after"]
    return lines[len(lines) // 2]


def _spoken(told: Sequence[events_pb2.Event]) -> int:
    done = (event for event in told if event.HasField("completed"))
    return sum(event.products.tts.spoken for event in done if event.envelope.stage == "tts")


def _show(
    whole_s: float, whole_cpu_s: float, whole: Timing, corrections: Sequence[Correction]
) -> None:
    preview_s = statistics.median(each.preview_s for each in corrections)
    file_s = statistics.median(each.file_s for each in corrections)
    cpu_s = statistics.median(each.cpu_s for each in corrections)
    spoken = "/".join(str(each.spoken) for each in corrections)
    table(
        f"One line of {TALK_S / 60:g} minutes corrected, the median of {len(corrections)}",
        ("", "s", "ratio", "CPU s", "ratio", "lines spoken"),
        [
            ("dubbing the whole", f"{whole_s:.1f}", "1", f"{whole_cpu_s:.0f}", "1", "all"),
            ("hearing the line", f"{preview_s:.2f}", f"{preview_s / whole_s:.4f}", "", "", "1"),
            ("the file with it", f"{file_s:.2f}", f"{file_s / whole_s:.4f}", f"{cpu_s:.1f}",
             f"{cpu_s / whole_cpu_s:.4f}", spoken),
        ],
    )  # fmt: skip
    table(
        "Where the time goes",
        ("stage", "handlers s, whole", *(f"edit {n}" for n in range(1, len(corrections) + 1))),
        (
            (stage.name, *(f"{_handlers_s(work, stage.name):.2f}"
                           for work in (whole, *(each.work for each in corrections))))
            for stage in STAGES
            if not stage.optional
        ),
    )  # fmt: skip


def _handlers_s(work: Timing, stage: str) -> float:
    return sum(one.ended_s - one.began_s for one in work.work if one.stage == stage)
