"""What people read: words, figures, tables, summaries; and the codes programs read."""

from __future__ import annotations

import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from polydub_client.errors import ConnectionLost, PolydubError, ServerUnreachable
from polydub_client.models import (
    Distribution,
    Dub,
    DubLanguage,
    DubState,
    DubWarning,
    Engine,
    EngineUsed,
    LanguagePair,
    Languages,
    Problem,
    Progress,
    Report,
    StageEngines,
    Term,
    Usage,
)
from polydub_client.terminal import exits, summary, tables, wording
from polydub_client.terminal.arguments import (
    consent,
    engine_choices,
    language_list,
    subtitle_files,
    terms,
)
from polydub_client.terminal.figures import counted, draft_engines, figures
from polydub_client.terminal.reporters import BarReporter, JsonReporter, LineReporter, choose
from polydub_client.terminal.result import Result
from polydub_client.terminal.summary import show_result

pytestmark = pytest.mark.unit

REPORT = Report(
    lines=7,
    onset_offset_ms=Distribution(12.4, 48.0, 60.0),
    tempo=Distribution(1.0, 1.214, 1.25),
    overflow_ms=30,
    clashes=1,
    loudness_delta_lu=-0.31,
    true_peak_dbtp=None,
    duration_delta_ms=5.0,
    picture="reencoded",
    low_confidence_lines=2,
)


def console(width: int = 120) -> Console:
    return Console(file=io.StringIO(), width=width)


def shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_languages_as_lists_and_repeated() -> None:
    assert language_list(["es, ca", "fr", "es,"]) == ("es", "ca", "fr")
    with pytest.raises(typer.BadParameter):
        language_list([",", " "])


def test_engine_choices() -> None:
    assert engine_choices(["tts=espeak", " asr = x "]) == {"tts": "espeak", "asr": "x"}
    for wrong in (["tts"], ["tts="], ["=x"], ["tts=a", "tts=b"]):
        with pytest.raises(typer.BadParameter):
            engine_choices(wrong)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServerUnreachable("u", "refused"), 4),
        (ConnectionLost("cut"), 1),
        (PolydubError("x", code="invalid_server"), 2),
        (PolydubError("x", code=exits.INTERRUPTED), 130),
        (PolydubError("x", code="unsupported_language_pair", status=422), 3),
        (PolydubError("x", code="not_found", status=404), 3),
        (PolydubError("x", code="engine_unavailable", status=503), 3),
        (PolydubError("x", code="bus_unavailable", status=503, retryable=True), 1),
        (PolydubError("x", code="internal", status=500), 1),
    ],
)
def test_the_exit_code_of_an_error(error: PolydubError, code: int) -> None:
    assert exits.of_error(error) == code


def test_the_exit_code_of_a_dub() -> None:
    codes = {state: int(exits.of_state(state)) for state in DubState}
    assert codes[DubState.COMPLETED] == codes[DubState.COMPLETED_WITH_WARNINGS] == 0
    assert (codes[DubState.FAILED], codes[DubState.CANCELED]) == (1, 130)


def test_words_for_numbers() -> None:
    assert [wording.size(n) for n in (0, 1536, 5 << 20, 3 << 30)] == [
        "0 B",
        "1.5 KiB",
        "5.0 MiB",
        "3.0 GiB",
    ]
    assert [wording.duration(s) for s in (0, 75, 3700)] == ["0:00", "1:15", "1:01:40"]
    assert wording.eta(None) == ""
    assert wording.moment("2026-01-05T09:30:12.5Z") == "2026-01-05 09:30 UTC"
    assert wording.languages(()) == "all"
    assert wording.languages(("a", "b", "c"), at_most=2) == "a, b and 1 more"


def test_a_name_cannot_steer_the_terminal() -> None:
    assert wording.plain("a\x1b[31mb\r\x07c\x9b") == "a[31mbc"
    assert wording.plain("no text: \udcff") == "no text: ?"


def test_the_figures_of_a_report() -> None:
    assert {each.name: each.value for each in figures(REPORT)} == {
        "lines": "7",
        "onset offset p50 / p95, ms": "12 / 48",
        "tempo p95": "1.21",
        "overflow, ms": "30",
        "cut off at the end, ms": "0",
        "clashes": "1",
        "loudness against the original, LU": "-0.3",
        "true peak, dBTP": "-",
        "duration against the original, ms": "+5",
        "lines of low confidence": "2",
        "picture": "re-encoded",
    }


def test_warnings_are_counted_by_code() -> None:
    warnings = [DubWarning("a", "first"), DubWarning("b", "only"), DubWarning("a", "second")]
    assert [(each.code, each.count, each.example.message) for each in counted(warnings)] == [
        ("a", 2, "first"),
        ("b", 1, "only"),
    ]


OFFERED = (
    StageEngines("asr", engines=(Engine(id="x", quality="standard"),)),
    StageEngines("tts", engines=(Engine(id="x", quality="draft"), Engine("y", quality="draft"))),
)


def test_only_engines_that_took_part_make_a_draft() -> None:
    used = (EngineUsed("asr", "x", "1"), EngineUsed("tts", "x", "1"))
    assert draft_engines(Dub(engines_used=used), OFFERED) == {"tts": "x"}
    assert draft_engines(Dub(engines_used=used[:1]), OFFERED) == {}


def ended(**values: Any) -> Dub:
    given: dict[str, Any] = {
        "id": "d1",
        "filename": "[b]talk[/b].mp4",
        "state": DubState.COMPLETED_WITH_WARNINGS,
        "detected_language": "en",
        "languages": (
            DubLanguage("es", DubState.COMPLETED, 1.0, report=REPORT),
            DubLanguage("ca", DubState.FAILED, 0.5, Problem("c", "It broke.", "Try again.")),
        ),
        "warnings": (
            DubWarning("clash", "Two lines [sound] together.", "muxing", "l7", "es"),
            DubWarning("clash", "Two more."),
        ),
    }
    return Dub(**(given | values))


def test_the_summary_of_a_dub_with_warnings(tmp_path: Path) -> None:
    file = tmp_path / "talk.es.mp4"
    file.write_bytes(b"x" * 2048)
    screen = console()
    show_result(screen, Result(ended(), tmp_path, (file,), {"tts": "espeak"}))
    text = shown(screen)
    for said in (
        "[b]talk[/b].mp4: completed, with warnings (d1)",
        "From en (heard).",
        "It broke. Try again.",
        "12 / 48",
        "2 x clash: for example: Two lines [sound] together. (es, line l7)",
        f"{file}  (2.0 KiB)",
        "Draft quality: tts by espeak.",
        "with warnings: look at",
    ):
        assert said in text
    assert "ca" not in text.splitlines()[text.splitlines().index(_line(text, "measured"))]


def _line(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(start))


def test_the_summary_of_a_failure_says_what_why_and_what_to_do() -> None:
    problem = Problem("no_speech", "No speech was found.", "Check the track.", "diarization")
    screen = console()
    show_result(screen, Result(ended(state=DubState.FAILED, error=problem, warnings=()), Path()))
    text = shown(screen)
    assert "It failed while finding who speaks when." in text
    assert "Why: No speech was found." in text
    assert "What to do: Check the track." in text
    assert "Files in" not in text
    assert "Draft" not in text


def test_a_failure_of_the_whole_dub_is_told_once() -> None:
    problem = Problem("no_speech", "No speech was found.", "Check the track.")
    languages = (DubLanguage("es", DubState.FAILED, error=problem),)
    screen = console()
    show_result(screen, Result(Dub(error=problem, languages=languages), Path()))
    assert shown(screen).count("No speech was found.") == 1


def test_a_clean_result_says_nothing_of_warnings_or_drafts() -> None:
    screen = console()
    show_result(screen, Result(ended(state=DubState.COMPLETED, warnings=()), Path()))
    assert "arning" not in shown(screen)
    assert "Draft" not in shown(screen)


def test_engines_say_what_they_need_and_what_they_cannot_do() -> None:
    screen = console(72)
    tables.show_engines(
        screen,
        [
            StageEngines(
                "asr",
                engines=(
                    Engine(
                        "small",
                        available=True,
                        quality="draft",
                        languages=("en",),
                        licence="MIT",
                        commercial_use=True,
                        limits=("English only.", "Rough."),
                    ),
                    Engine("big", unavailable_reason="no model", remedy="Run `make models`."),
                ),
            ),
            StageEngines("tts", answers=False),
        ],
    )
    text = shown(screen)
    assert "small  available. draft: understandable, rough" in text
    assert "en; MIT; commercial use" in text
    assert "English only. Rough." in text
    assert "big    not available: no model." in text
    assert "Run `make models`." in text
    assert "This stage does not answer." in text
    assert "…" not in text


def test_translation_names_pairs() -> None:
    engine = Engine("t", available=True, pairs=(LanguagePair("en", "es"), LanguagePair("en", "ca")))
    screen = console(160)
    tables.show_engines(screen, [StageEngines("translation", engines=(engine,))])
    assert "en>es, en>ca" in shown(screen)


def test_pairs_with_their_pivots() -> None:
    screen = console()
    known = Languages((LanguagePair("en", "gl", ("es",), "English", "Galician"),), ("tts",))
    tables.show_languages(screen, known)
    assert "en (English)" in shown(screen)
    assert "gl (Galician)  es" in shown(screen)
    assert "do not answer: tts." in shown(screen)
    empty = console()
    tables.show_languages(empty, Languages())
    assert "can't dub any pair" in shown(empty)


def test_lines_are_said_once_per_step_and_ten_percent() -> None:
    out, err = console(), console()
    reporter = LineReporter(out, err)
    for percent in range(31):
        reporter.progressed(Progress(stage="tts", progress=percent / 100, message=str(percent)))
    reporter.progressed(Progress(stage="muxing", progress=0.3, eta_s=61.0))
    lines = shown(err).splitlines()
    assert [line.split()[0] for line in lines] == ["0%", "10%", "20%", "30%", "30%"]
    assert lines[-1].endswith("mixing and writing files, about 1:01 left")
    assert shown(out) == ""


def test_the_bar_shows_stage_percent_and_time_left() -> None:
    err = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    with closing(BarReporter(console(), err)) as reporter:
        assert shown(err) == ""
        reporter.progressed(Progress(stage="asr", progress=0.42, eta_s=75.0))
        reporter.note("A note.")
    assert "Dubbing: recognizing speech" in shown(err)
    assert "42%" in shown(err)
    assert "about 1:15 left" in shown(err)
    assert "A note." in shown(err)


def test_the_way_of_telling_fits_the_place() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True)
    assert isinstance(choose(as_json=False, out=console(), err=terminal), BarReporter)
    assert isinstance(choose(as_json=False, out=console(), err=console()), LineReporter)
    assert isinstance(choose(as_json=True, out=console(), err=terminal), JsonReporter)


def test_json_has_no_numbers_that_json_does_not_know(capsys: Any, tmp_path: Path) -> None:
    silence = DubLanguage("es", report=Report(dub_lufs=float("-inf")))
    JsonReporter().finished(Result(Dub(languages=(silence,)), tmp_path))
    out = capsys.readouterr().out
    assert "Infinity" not in out
    assert json.loads(out)["dub"]["languages"][0]["report"]["dub_lufs"] is None


def test_json_tells_each_percent_once_and_never_a_broken_line(capsys: Any) -> None:
    reporter = JsonReporter()
    for done in range(1001):
        reporter.uploading("a\nb", done, 1000)
    reporter.note("for people")
    reporter.failed("It broke.", PolydubError("Why.", code="x", status=422))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 102
    assert lines[-1]["type"] == "error"
    assert lines[-1]["exit_code"] == 3


def test_subtitles_come_with_their_language(tmp_path: Path) -> None:
    named, plain = tmp_path / "talk.pt-BR.srt", tmp_path / "talk.srt"
    named.write_bytes("\ufeffOlá".encode())
    plain.write_bytes("¡Hola!".encode("utf-16"))
    found = subtitle_files([str(named), f"{plain}:es", f"{named}:pt"])
    assert [(each.language, each.text) for each in found] == [
        ("pt-BR", "Olá"), ("es", "¡Hola!"), ("pt", "Olá"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("talk.srt", "--subtitles .*talk.srt:es"),
        ("talk.final.srt", "in which language"),
        ("none.es.srt", "no file"),
        ("none.srt:es", "no file"),
        ("latin.es.srt", "UTF-8"),
    ],
)
def test_subtitles_that_cannot_be_sent(tmp_path: Path, value: str, advice: str) -> None:
    for name in ("talk.srt", "talk.final.srt"):
        (tmp_path / name).write_text("1")
    (tmp_path / "latin.es.srt").write_bytes("¡Olé!".encode("latin-1"))
    with pytest.raises(typer.BadParameter, match=advice):
        subtitle_files([str(tmp_path / value)])


def test_terms_come_from_the_command_line_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text('\ufeffvoice,voz,es\n"bed, stereo",fondo\n\nPolydub\n', encoding="utf-8")
    assert terms(["es: voice = voz", "lane=carril", "API"], file) == (
        Term("voice", "voz", "es"),
        Term("bed, stereo", "fondo"),
        Term("Polydub"),
        Term("lane", "carril"),
        Term("API"),
    )


@pytest.mark.parametrize("value", ["=fondo", "es:=fondo", ""])
def test_a_term_without_a_source_is_refused(value: str) -> None:
    with pytest.raises(typer.BadParameter, match="source=target"):
        terms([value], None)


def test_a_file_of_terms_that_is_none_says_which_row(tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text("a,b\n,c\n")
    with pytest.raises(typer.BadParameter, match="Row 2"):
        terms([], file)


def test_voices_are_not_imitated_without_somebody_s_word() -> None:
    with pytest.raises(typer.BadParameter, match="--consent-by"):
        consent(" ", "", clone=True)
    assert consent("Ada", "", clone=False) is None
    given = consent("Ada", "", clone=True)
    assert given is not None
    assert (given.given_by, bool(given.statement)) == ("Ada", True)


def test_what_was_billed_is_shown_with_its_price() -> None:
    dub = Dub(
        usage=(
            Usage("translation", "deepl", "characters", 1200, 0.024),
            Usage("tts", "cloudy", "seconds", 31, None),
        ),
        currency="EUR",
    )
    out = io.StringIO()
    summary.show_usage(Console(file=out, width=120), dub)
    assert "1,200 characters" in out.getvalue()
    assert "0.0240 EUR" in out.getvalue()
    assert "no price is set" in out.getvalue()
