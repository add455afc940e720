"""People's own subtitles through the whole stack: a language that no engine here hears."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from running import RunningStack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SAID = (
    ("es+m3", "La casa roja es muy grande."),
    ("es+f2", "¿Dónde está el libro de mi hermana?"),
    ("es+m3", "El libro está sobre la mesa de la cocina."),
)
"""Who says what, with espeak-ng."""
MEANT = (
    "La casa vermella és enorme.",
    "On és el llibre de la meva germana?",
    "És damunt la taula de la cuina.",
)
"""In Catalan, otherwise than Apertium would say it."""
PAUSE_S = 0.8
FIGURES = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=25"]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A Spanish talk, and when its lines start and the last one ends, in ms."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    folder = tmp_path_factory.mktemp("talk")
    starts, inputs, filters = [PAUSE_S], [], []
    for number, (voice, text) in enumerate(SAID):
        line = folder / f"{number}.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "140", "-w", line, text], check=True)
        inputs += ["-i", str(line)]
        filters.append(f"[{number}]adelay={round(starts[-1] * 1000)}[d{number}];")
        starts.append(starts[-1] + _seconds(line) + PAUSE_S)
    mixed = "".join(f"[d{number}]" for number in range(len(SAID)))
    graph = f"{''.join(filters)}{mixed}amix={len(SAID)}:normalize=0,apad=pad_dur=1[a]"
    talk = folder / "charla.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", *inputs, *FIGURES, "-filter_complex", graph, "-map", "[a]",
         "-map", f"{len(SAID)}:v", "-t", str(starts[-1] + 1), talk],
        check=True,
    )  # fmt: skip
    return talk, [round(start * 1000) for start in starts]


def _seconds(sound: Path) -> float:
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    return float(subprocess.check_output([*command, str(sound)]))


def write_srt(path: Path, texts: tuple[str, ...], starts_ms: list[int]) -> Path:
    path.write_text(
        "".join(
            f"{number}\n{_clock(start)} --> {_clock(end - round(PAUSE_S * 1000))}\n{text}\n\n"
            for number, (text, (start, end)) in enumerate(
                zip(texts, pairwise(starts_ms), strict=True), 1
            )
        ),
        encoding="utf-8",
    )
    return path


def _clock(time_ms: int) -> str:
    return f"00:{time_ms // 60_000:02}:{time_ms // 1000 % 60:02},{time_ms % 1000:03}"


def report_of(out: Path) -> dict:  # type: ignore[type-arg]
    return json.loads((out / "charla.ca.report.json").read_text())


def test_a_transcript_replaces_recognition(
    stack: RunningStack, talk: tuple[Path, list[int]], tmp_path: Path
) -> None:
    clip, starts_ms = talk
    refused = stack.dub(clip, tmp_path, "ca", **{"from": "es"})
    assert refused.error["code"] == "unsupported_language_pair"

    srt = write_srt(tmp_path / "charla.es.srt", tuple(text for _, text in SAID), starts_ms)
    run = stack.dub(clip, tmp_path, "ca", subtitles=str(srt))
    assert run.status == 0, run.output + run.errors
    dub = run.result["dub"]
    assert (dub["source_language"], dub["detected_language"]) == ("es", "es")
    used = {each["stage"]: each["id"] for each in dub["engines_used"]}
    assert (used["asr"], used["translation"]) == ("subtitles", "apertium")
    transcript = json.loads((tmp_path / "charla.transcript.json").read_text())
    assert [line["text"] for line in transcript["lines"]] == [text for _, text in SAID]
    assert [line["start_ms"] for line in transcript["lines"]] == starts_ms[:-1]
    report = report_of(tmp_path)
    assert [line["source_text"] for line in report["line_reports"]] == [text for _, text in SAID]
    assert "casa" in report["line_reports"][0]["text"].lower()
    assert {"asr": "subtitles"}.items() <= {
        each["stage"]: each["engine"]["id"] for each in report["engines"]
    }.items()
    assert report["low_confidence_lines"] == 0
    assert report["truncated_ms"] == 0


def test_a_talk_in_which_nobody_is_heard_is_dubbed_from_its_subtitles(
    stack: RunningStack, tmp_path: Path
) -> None:
    clip = tmp_path / "charla.mp4"
    hum = "sine=frequency=110"  # nothing that a detector takes for a voice
    subprocess.run(
        ["ffmpeg", "-v", "error", *FIGURES, "-f", "lavfi", "-i", hum, "-t", "12", clip], check=True
    )
    silent = stack.dub(clip, tmp_path, "es")
    assert silent.error["code"] == "no_speech"

    starts_ms = [1000, 4500, 8000, 11_000]
    srt = write_srt(tmp_path / "charla.es.srt", tuple(text for _, text in SAID), starts_ms)
    run = stack.dub(clip, tmp_path, "ca", subtitles=str(srt))
    assert run.status == 0, run.output + run.errors
    assert "nobody_heard" in {each["code"] for each in run.result["dub"]["warnings"]}
    report = report_of(tmp_path)
    lines = report["line_reports"]
    assert [line["source_text"] for line in lines] == [text for _, text in SAID]
    assert [line["source_start_ms"] for line in lines] == starts_ms[:-1]
    assert {line["speaker_id"] for line in lines} == {"S1"}
    assert -40 < report["dub_lufs"] < -10  # the voice can be heard
    assert report["true_peak_dbtp"] <= -1


def test_a_translation_alone_is_spoken_though_no_engine_hears_the_talk(
    stack: RunningStack, talk: tuple[Path, list[int]], tmp_path: Path
) -> None:
    clip, starts_ms = talk
    srt = write_srt(tmp_path / "charla.ca.srt", MEANT, starts_ms)
    run = stack.dub(clip, tmp_path, "ca", subtitles=str(srt), **{"from": "es"})
    assert run.status == 0, run.output + run.errors
    dub = run.result["dub"]
    assert "not_recognized" in {each["code"] for each in dub["warnings"]}
    lines = report_of(tmp_path)["line_reports"]
    assert tuple(line["text"] for line in lines) == MEANT
    assert [line["source_start_ms"] for line in lines] == starts_ms[:-1]
    assert len({line["speaker_id"] for line in lines}) == 2
    transcript = json.loads((tmp_path / "charla.transcript.json").read_text())
    assert (transcript["language"], transcript["lines"]) == ("es", [])


def test_with_both_files_people_s_words_are_spoken(
    stack: RunningStack, talk: tuple[Path, list[int]], tmp_path: Path
) -> None:
    clip, starts_ms = talk
    spanish = write_srt(tmp_path / "a.srt", tuple(text for _, text in SAID), starts_ms)
    catalan = write_srt(tmp_path / "b.ca.srt", MEANT, starts_ms)
    run = stack.polydub(
        "dub", clip, "--to", "ca", "--subtitles", f"{spanish}:es", "--subtitles", catalan,
        "-o", tmp_path, "--json",
    )  # fmt: skip
    assert run.status == 0, run.output + run.errors
    used = {each["stage"]: each["id"] for each in run.result["dub"]["engines_used"]}
    assert (used["asr"], used["translation"]) == ("subtitles", "subtitles")
    lines = report_of(tmp_path)["line_reports"]
    assert tuple(line["text"] for line in lines) == MEANT
    assert [line["source_start_ms"] for line in lines] == starts_ms[:-1]
    shown = " ".join((tmp_path / "charla.ca.srt").read_text().split())
    assert MEANT[1] in shown
