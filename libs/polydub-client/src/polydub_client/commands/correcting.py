"""Reading and correcting a dub's script."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, DubId, Json, LineId, Server
from polydub_client.connection import DEFAULT_URL
from polydub_client.errors import PolydubError
from polydub_client.models import Segment
from polydub_client.options import SegmentChange
from polydub_client.terminal import scripts
from polydub_client.terminal.arguments import time_ms
from polydub_client.terminal.following import step
from polydub_client.terminal.session import Session, session

Language = Annotated[str, typer.Option("--language", help="A language of the dub.")]


def script(
    dub_id: DubId,
    language: Annotated[
        str, typer.Option("--language", help="Only this translation, and how lines fit in it.")
    ] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout, for spreadsheets.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show what is said in a dub, when, by whom, and in which words."""
    if as_csv and as_json:
        raise typer.BadParameter("Choose one of --csv and --json.")
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The script of dub {dub_id} could not be shown."):
            found = now.client.scripts.get(dub_id, language=language)
        if as_csv:
            scripts.write_csv(found, language)
        else:
            now.tell("script", found, lambda out: scripts.show_script(out, found, language))


def correct(
    dub_id: DubId,
    line: LineId,
    language: Annotated[
        str, typer.Option("--language", help="Of --text; without: the language that is spoken.")
    ] = "",
    text: Annotated[str | None, typer.Option("--text", help="The words as they should be.")] = None,
    retranslate: Annotated[
        bool, typer.Option("--retranslate", help="Have the engine translate it to --language.")
    ] = False,
    start: Annotated[
        str, typer.Option("--start", metavar="TIME", help="As 1:02.5 or 62.5, in seconds.")
    ] = "",
    end: Annotated[str, typer.Option("--end", metavar="TIME")] = "",
    speaker: Annotated[str, typer.Option("--speaker", help="Who says it: a speaker's id.")] = "",
    revision: Annotated[
        int | None,
        typer.Option(help="Refuse when the line was changed since this revision."),
    ] = None,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Change a line; `polydub regenerate` makes the dub again with it."""
    change = _change(language, text, start, end, speaker, retranslate=retranslate)
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The line {line} could not be changed."):
            based_on = _line(now, dub_id, line).revision if revision is None else revision
            made = now.client.scripts.change(dub_id, line, revision=based_on, **change)
        now.tell("segment", {"segment": made}, lambda out: scripts.show_segment(out, made))
        now.reporter.note(f"Make the dub again with it: polydub regenerate {dub_id}")


def suggest(
    dub_id: DubId,
    line: LineId,
    language: Language,
    ratio: Annotated[
        float, typer.Option(min=0.2, max=3.0, help="Wanted length; below 1: shorter.")
    ] = 1.0,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show other ways to say a line, shorter or longer."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"Nothing could be suggested for the line {line}."):
            found = now.client.scripts.suggest(dub_id, line, language, ratio=ratio)
        told = {"suggestions": found}
        now.tell("suggestions", told, lambda out: scripts.show_suggestions(out, found))


def preview(
    dub_id: DubId,
    line: LineId,
    language: Language,
    text: Annotated[str | None, typer.Option("--text", help="Other words than the script's.")] = (
        None
    ),
    voice: Annotated[str | None, typer.Option("--voice", help="See `polydub voices`.")] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", dir_okay=False, help="The WAV file to write.")
    ] = Path("preview.wav"),
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Save how a line would sound, as WAV; nothing is changed by it."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The line {line} could not be spoken."):
            heard = now.client.scripts.preview(dub_id, line, language, text=text, voice_id=voice)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(heard.wav)
        told = {"file": str(out), "duration_ms": heard.duration_ms}
        now.tell("preview", told, lambda console: scripts.show_preview(console, out, heard))


def _change(
    language: str, text: str | None, start: str, end: str, speaker: str, *, retranslate: bool
) -> SegmentChange:
    change: SegmentChange = {}
    if retranslate and (text is not None or not language):
        raise typer.BadParameter("--retranslate needs --language, and no --text.")
    if retranslate:
        change["translations"] = {language: None}
    elif text is not None and language:
        change["translations"] = {language: text}
    elif text is not None:
        change["text"] = text
    if start:
        change["start_ms"] = time_ms(start)
    if end:
        change["end_ms"] = time_ms(end)
    if speaker:
        change["speaker_id"] = speaker
    if not change:
        raise typer.BadParameter("Say what is to be otherwise: --text, --start, --end, --speaker.")
    return change


def _line(now: Session, dub_id: str, line: str) -> Segment:
    found = now.client.scripts.get(dub_id)
    for segment in found.segments:
        if segment.id == line:
            return segment
    raise PolydubError(
        f"The dub {dub_id} has no line {line}.",
        code="not_found",
        hint=f"See `polydub script {dub_id}`.",
        status=404,
    )
