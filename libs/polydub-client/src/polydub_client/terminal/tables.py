"""Tables of what a server offers and holds."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from polydub_client.models import Dub, Engine, Import, Languages, ListedVideo, StageEngines
from polydub_client.terminal.wording import (
    QUALITY_WORDS,
    STATE_WORDS,
    duration,
    languages,
    literal,
    moment,
    pairs,
    size,
    stage_words,
)

NEURAL_GAINS = {
    "separation": "leaves music and noise whole",
    "asr": "hears many languages and gets most words right",
    "translation": "reads fluently, and knows far more languages",
    "tts": "sounds like people, and can clone the speaker",
}
"""What a stage gains where it has no neural engine yet."""


def show_engines(console: Console, stages: Sequence[StageEngines]) -> None:
    """Each stage's engines in the order in which they are tried; what missing ones need."""
    for each in stages:
        _show_stage(console, each)
    _show_what_is_to_gain(console, stages)


def _show_stage(console: Console, stage: StageEngines) -> None:
    console.print(f"[bold]{literal(stage.stage)}[/]: {stage_words(stage.stage)}")
    if not stage.engines:
        why = "needs no engine" if stage.answers else "does not answer"
        console.print(f"  This stage {why}.")
        return
    # Not a ruled table: on a terminal's 80 columns its cells would hold a word each.
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for engine in stage.engines:
        table.add_row(f"  {literal(engine.id)}", _facts(stage.stage, engine))
    console.print(table)


def _facts(stage: str, engine: Engine) -> str:
    facts = [
        f"{literal(_languages(stage, engine))}" if engine.languages or engine.pairs else "",
        literal(engine.device),
        "imitates voices" if engine.cloning else "",
        literal(engine.licence),
        "commercial use" if engine.commercial_use else "no commercial use",
    ]
    quality = literal(QUALITY_WORDS.get(engine.quality, engine.quality))
    lines = [f"{_availability(engine)} {quality}", "; ".join(fact for fact in facts if fact)]
    if not engine.available:
        lines.append(literal(engine.remedy))
    elif engine.limits:
        lines.append(literal(" ".join(engine.limits)))
    return "\n".join(line for line in lines if line)


def _languages(stage: str, engine: Engine) -> str:
    if engine.pairs:
        return pairs(engine.pairs)
    if stage == "translation" and not engine.languages:
        return "see `polydub languages`"
    return languages(engine.languages)


def _availability(engine: Engine) -> str:
    if engine.available:
        return "[green]available.[/]"
    return f"[yellow]not available: {literal(engine.unavailable_reason)}.[/]"


def _show_what_is_to_gain(console: Console, stages: Sequence[StageEngines]) -> None:
    gains = [
        f"{literal(stage.stage)} {NEURAL_GAINS[stage.stage]}"
        for stage in stages
        if stage.stage in NEURAL_GAINS
        and not any(engine.neural and engine.available for engine in stage.engines)
    ]
    if gains:
        console.print(f"With neural engines, which this server has none of: {'; '.join(gains)}.")


def show_languages(console: Console, known: Languages) -> None:
    """What can be dubbed into what."""
    table = Table("from", "into", "by way of", box=None)
    for pair in known.pairs:
        table.add_row(
            _named(pair.source, pair.source_name),
            _named(pair.target, pair.target_name),
            literal(", ".join(pair.via)) or "-",
        )
    if known.pairs:
        console.print(table)
    else:
        console.print("This server can't dub any pair now: `polydub engines` says why.")
    if known.silent_stages:
        silent = literal(", ".join(known.silent_stages))
        console.print(f"Pairs may be missing, because these stages do not answer: {silent}.")


def _named(tag: str, name: str) -> str:
    return literal(f"{tag} ({name})" if name else tag)


def show_videos(console: Console, videos: Sequence[ListedVideo], *, name: str) -> None:
    """The latest videos, one row each; ``name`` is what they were looked for by."""
    if not videos:
        none = "No video has such a name." if name else "No videos yet."
        console.print(f"{none} Send one: polydub upload FILE")
        return
    table = Table("id", "file", "length", "size", "stored", "dubs", "uploaded", box=None)
    for video in videos:
        table.add_row(
            literal(video.id),
            literal(video.filename),
            duration(video.duration_s),
            size(video.size_bytes),
            size(video.storage_bytes),
            str(video.dubs),
            moment(video.created_at),
        )
    console.print(table)


def show_imports(console: Console, imports: Sequence[Import]) -> None:
    """The latest imports, one row each."""
    if not imports:
        console.print("No such imports. Begin one: polydub import URL")
        return
    table = Table("id", "from", "state", "progress", "video", "begun", box=None)
    for each in imports:
        table.add_row(
            literal(each.id),
            literal(each.host),
            literal(each.state),
            f"{each.progress:.0%}",
            literal(each.video.id if each.video else each.error.detail if each.error else ""),
            moment(each.created_at),
        )
    console.print(table)


def show_dubs(console: Console, dubs: Sequence[Dub]) -> None:
    """The latest dubs, one row each."""
    if not dubs:
        console.print("No dubs yet. Start one: polydub dub FILE --to es")
        return
    table = Table("id", "file", "state", "progress", "into", "created", box=None)
    for dub in dubs:
        table.add_row(
            literal(dub.id),
            literal(dub.filename),
            STATE_WORDS[dub.state],
            f"{dub.progress:.0%}",
            literal(", ".join(each.language for each in dub.languages)),
            moment(dub.created_at),
        )
    console.print(table)
