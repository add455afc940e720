"""The last word about a dub: figures, warnings, files."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from polydub_client.models import Dub, DubLanguage, DubState, DubWarning, Problem
from polydub_client.terminal.figures import counted, figures
from polydub_client.terminal.result import Result
from polydub_client.terminal.wording import STATE_WORDS, eta, literal, plain, size, stage_words


def show_result(console: Console, result: Result) -> None:
    """The whole summary of a dub that has ended."""
    dub = result.dub
    show_headline(console, dub)
    show_languages(console, dub)
    show_figures(console, dub)
    show_usage(console, dub)
    show_warnings(console, dub.warnings)
    if result.files:
        _show_files(console, result)
    if result.draft:
        _show_draft_note(console, result)
    if dub.state is DubState.COMPLETED_WITH_WARNINGS:
        console.print("It is complete, with warnings: look at the lines above before you use it.")


def show_headline(console: Console, dub: Dub) -> None:
    name = literal(dub.filename or dub.video_id)
    console.print(f"[bold]{name}[/]: {STATE_WORDS[dub.state]} ({literal(dub.id)})", soft_wrap=True)
    heard = dub.detected_language or dub.source_language
    if heard and heard != "auto":
        how = "heard" if dub.detected_language else "as told"
        console.print(f"From {literal(heard)} ({how}).")
    if not dub.state.has_ended:
        words = [f"{dub.progress:.0%}", stage_words(dub.stage), plain(dub.message), eta(dub.eta_s)]
        console.print(escape(", ".join(word for word in words if word)))
    if dub.error:
        show_problem(console, dub.error)


def show_languages(console: Console, dub: Dub) -> None:
    """One row per language; why, where one failed."""
    table = Table("language", "state", "progress", "why, and what to do", box=None)
    for each in dub.languages:
        table.add_row(
            literal(each.language), STATE_WORDS[each.state], f"{each.progress:.0%}", _why(each, dub)
        )
    if dub.languages:
        console.print(table)


def _why(language: DubLanguage, dub: Dub) -> str:
    error = language.error
    if error is None or error == dub.error:  # the dub's own has been told above
        return ""
    return literal(f"{error.message} {error.hint}")


def show_figures(console: Console, dub: Dub) -> None:
    """One column per language that has a report."""
    reports = [each.report for each in dub.languages if each.report]
    if not reports:
        return
    tags = [each.language for each in dub.languages if each.report]
    table = Table("measured on the finished file", *map(literal, tags), box=None)
    for row in zip(*map(figures, reports), strict=True):
        table.add_row(row[0].name, *(literal(figure.value) for figure in row))
    console.print(table)


def show_usage(console: Console, dub: Dub) -> None:
    """What services billed, and what that costs where the server knows its prices."""
    if not dub.usage:
        return
    table = Table("billed by", "for", "used", "cost", box=None)
    for each in dub.usage:
        table.add_row(
            literal(each.engine),
            literal(stage_words(each.stage)),
            f"{each.quantity:,.0f} {literal(each.unit)}",
            "no price is set" if each.cost is None else f"{each.cost:.4f} {literal(dub.currency)}",
        )
    console.print(table)


def show_warnings(console: Console, warnings: tuple[DubWarning, ...]) -> None:
    """Each code once, how often it came, and one example."""
    if not warnings:
        return
    console.print("[bold]Warnings[/]")
    for each in counted(warnings):
        where = _where(each.example)
        message = literal(each.example.message)
        for_example = "for example: " if each.count > 1 else ""
        console.print(f"  {each.count} x {literal(each.code)}: {for_example}{message}{where}")


def _where(warning: DubWarning) -> str:
    line = f"line {warning.line_id}" if warning.line_id else ""
    places = ", ".join(place for place in (warning.language, line) if place)
    return literal(f" ({places})") if places else ""


def show_problem(console: Console, problem: Problem) -> None:
    where = f" while {stage_words(problem.stage)}" if problem.stage else ""
    show_error(console, f"It failed{where}.", problem.message, problem.hint)


def show_error(console: Console, what: str, why: str, hint: str) -> None:
    """What happened, why, and what to do."""
    console.print(f"[red]{literal(what)}[/]", soft_wrap=True)
    console.print(f"  Why: {literal(why)}", soft_wrap=True)
    if hint:
        console.print(f"  What to do: {literal(hint)}", soft_wrap=True)


def _show_files(console: Console, result: Result) -> None:
    console.print(f"[bold]Files in {literal(str(result.folder))}[/]", soft_wrap=True)
    for path in result.files:
        line = f"  {literal(str(path))}  ({size(path.stat().st_size)})"
        console.print(line, soft_wrap=True, highlight=False)


def _show_draft_note(console: Console, result: Result) -> None:
    used = ", ".join(f"{stage} by {engine}" for stage, engine in result.draft.items())
    console.print(
        f"[yellow]Draft quality[/]: {literal(used)}. Have someone who knows the language check it "
        "before you publish it; `polydub engines` says what these engines can't do."
    )
