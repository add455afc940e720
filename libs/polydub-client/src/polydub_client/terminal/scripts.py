"""A script as people read it: a table, or CSV for their spreadsheet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from polydub_client.models import Preview, Script, Segment, Suggestion
from polydub_client.terminal.wording import clock, literal


def show_script(console: Console, script: Script, language: str) -> None:
    """A row per line; with ``language`` its words and what is notable of how they fit."""
    languages = _languages(script, language)
    table = Table("line", "from", "to", "who", f"said ({literal(script.language)})", box=None)
    for tag in languages:
        table.add_column(literal(tag))
    if language:
        table.add_column("fit")
    names = {each.id: each.name for each in script.speakers}
    for each in script.segments:
        row = [
            each.id,
            clock(each.start_ms),
            clock(each.end_ms),
            names.get(each.speaker_id) or each.speaker_id,
            each.text,
            *(_words(each, tag) for tag in languages),
        ]
        table.add_row(*map(literal, row), *([literal(_fit(each))] if language else []))
    console.print(table if script.segments else "Nobody says anything.")
    if script.stale_languages:
        stale = literal(", ".join(script.stale_languages))
        console.print(f"Corrected since they were made: {stale}. `polydub regenerate` makes them.")


def show_segment(console: Console, segment: Segment) -> None:
    """A line as it now is."""
    head = f"{segment.id} {clock(segment.start_ms)}-{clock(segment.end_ms)} {segment.speaker_id}"
    console.print(literal(f"{head}: {segment.text}"), highlight=False, soft_wrap=True)
    for tag in segment.translations:
        words = literal(f"  {tag}: {_words(segment, tag)}")
        console.print(words, highlight=False, soft_wrap=True)


def show_suggestions(console: Console, found: Sequence[Suggestion]) -> None:
    table = Table("wording", "from", box=None)
    for each in found:
        table.add_row(literal(each.text), literal(each.origin))
    console.print(table if found else "No other wordings.")


def show_preview(console: Console, file: Path, heard: Preview) -> None:
    console.print(
        literal(f"{file} ({heard.duration_ms / 1000:.2f} s)"), highlight=False, soft_wrap=True
    )


def write_csv(script: Script, language: str) -> None:
    """CSV with a heading on stdout: id, start_ms, end_ms, speaker_id, text, then each language."""
    languages = _languages(script, language)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["id", "start_ms", "end_ms", "speaker_id", script.language, *languages])
    for each in script.segments:
        words = [_text(each, tag) for tag in languages]
        when = [each.id, each.start_ms, each.end_ms, each.speaker_id]
        writer.writerow([*when, each.text, *words])


def _languages(script: Script, language: str) -> tuple[str, ...]:
    if language:
        return (language,)
    tags = (tag for each in script.segments for tag in each.translations)
    return tuple(dict.fromkeys(tags))


def _text(segment: Segment, language: str) -> str:
    wording = segment.translations.get(language)
    return wording.text if wording else ""


def _words(segment: Segment, language: str) -> str:
    wording = segment.translations.get(language)
    if wording is None:
        return ""
    marks = ["corrected"] if wording.origin == "person" else []
    if wording.stale:
        marks.append("to be translated anew")
    return wording.text + (f" [{', '.join(marks)}]" if marks else "")


def _fit(segment: Segment) -> str:
    if segment.fit is None:
        return ""
    return ", ".join([f"x{segment.fit.tempo:.2f}", *segment.fit.flags])
