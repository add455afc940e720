"""A dub's time as a text timeline."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from polydub_client.models import DubTrace, PieceOfWork
from polydub_client.terminal.wording import literal

WAITED, WORKED, FAILED = "·", "█", "▒"
_MIN_COLUMNS = 20


def show_trace(console: Console, trace: DubTrace) -> None:
    """Where the time went: by stage in figures, by piece of work as bars."""
    if trace.accepted_at is None:
        console.print("Its events are older than the server keeps them: nothing is known.")
        return
    console.print(
        f"[bold]{literal(trace.job_id)}[/]: {_s(trace.took_ms)} from when it was asked for"
    )
    if trace.trace_id:
        console.print(f"trace {literal(trace.trace_id)} {literal(trace.trace_url)}".rstrip())
    console.print(_stages(trace.pieces))
    console.print(f"{WAITED} waited  {WORKED} worked  {FAILED} failed", markup=False)
    for line in timeline(trace, console.width):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def timeline(trace: DubTrace, columns: int) -> list[str]:
    """One line for each piece of work, ``columns`` wide, from the dub's start to its end."""
    names = [_name(piece) for piece in trace.pieces]
    width = max(map(len, names), default=0)
    bars = max(_MIN_COLUMNS, columns - width - 24)
    return [
        f"{name:<{width}}  {_bar(piece, trace.took_ms, bars):<{bars}}"
        f"  {_s(piece.waited_ms):>8} {_s(piece.worked_ms):>8}".rstrip()
        for name, piece in zip(names, trace.pieces, strict=True)
    ]


def _bar(piece: PieceOfWork, took_ms: int, columns: int) -> str:
    """Where on the line it waited and worked; what took any time shows."""
    per_ms = columns / max(1, took_ms)
    began = min(columns - 1, round(piece.ready_ms * per_ms))
    started = min(columns - 1, round((piece.ready_ms + piece.waited_ms) * per_ms))
    ended = round((piece.ready_ms + piece.waited_ms + piece.worked_ms) * per_ms)
    done = max(0 if piece.stage == "gateway" else 1, min(columns, ended) - started)
    return " " * began + WAITED * (started - began) + (FAILED if piece.error else WORKED) * done


def _stages(pieces: Sequence[PieceOfWork]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("stage")
    for name in ("pieces", "waited", "worked", "in engines", "reused"):
        table.add_column(name, justify="right")
    table.add_column("engines", overflow="fold")
    for stage in dict.fromkeys(piece.stage for piece in pieces):
        own = [piece for piece in pieces if piece.stage == stage]
        engines = dict.fromkeys(name for piece in own for name in piece.engines)
        table.add_row(
            literal(stage),
            str(len(own)),
            _s(sum(piece.waited_ms for piece in own)),
            _s(sum(piece.worked_ms for piece in own)),
            _s(sum(piece.engine_ms for piece in own)),
            str(sum(piece.reused for piece in own)),
            literal(", ".join(engines)),
        )
    return table


def _name(piece: PieceOfWork) -> str:
    part = [] if piece.part is None else [f"part {piece.part}"]
    return " ".join([piece.stage, *part, *([piece.language] if piece.language else [])])


def _s(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f} s"
