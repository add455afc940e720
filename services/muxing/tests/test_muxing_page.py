"""The report page: what it says, what it never lets through, and how large it gets."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as Tree

import pytest

from polydub.errors import warning
from polydub.v1 import muxing_pb2
from polydub_muxing.report import plots
from polydub_muxing.report.clips import MOST_BYTES, MOST_CLIPS
from polydub_muxing.report.document import quality_facts
from polydub_muxing.report.loudness_curve import Point
from polydub_muxing.report.page import PageMaterial, clip_times, flagged_lines, render_page
from polydub_muxing.report.quality import quality

pytestmark = pytest.mark.unit

HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror='alert(2)'>\"&amp; '"
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Elements, attributes and words of a page; fails on tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def line(
    number: int, *flags: str, text: str = "Hola.", speaker: str = "S1"
) -> muxing_pb2.LineReport:
    start = 4000 * number
    return muxing_pb2.LineReport(
        id=f"u{number}", speaker_id=speaker, source_start_ms=start, source_end_ms=start + 2000,
        placed_start_ms=start + 5, placed_end_ms=start + 2300, onset_offset_ms=5, tempo=1.1,
        reason="runs 300 ms into the time after it", flags=flags, source_text="Hello.", text=text,
    )  # fmt: skip


def material(*lines: muxing_pb2.LineReport, clips: dict[str, str] | None = None) -> PageMaterial:
    duration_s = 4.0 * len(lines) + 1
    report = muxing_pb2.ReportDocument(
        target_language="es", lines=len(lines), line_reports=lines, dub_lufs=-20,
        source_duration_s=duration_s, dub_duration_s=duration_s, true_peak_dbtp=-2,
        tempo=muxing_pb2.Distribution(p50=1, p95=1.1, max=1.1), back_recognition_error=-1,
        source_leakage=-1, speech_overlap=0.9, bed_stereo_width=1,
        engines=[muxing_pb2.EngineOfStage(stage="muxing")],
    )  # fmt: skip
    report.quality = quality(quality_facts(report))
    curve = [Point(at_s, -20.0) for at_s in range(300)]
    return PageMaterial("My talk", report, "en", frozenset({"u1"}), curve, curve, clips or {})


def html(shown: PageMaterial) -> str:
    return render_page(shown).decode()


def test_it_says_what_there_is_to_say() -> None:
    shown = material(line(0), line(1), line(2, "hard_cap", "overlapped"), clips={"u2": "data:,x"})
    page = Page(html(shown))
    words = " ".join(page.words)
    assert "from English into Spanish" in words
    assert "Runs on over another line. Spoken much faster than is natural." in words
    assert "The recogniser is unsure of the words." in words
    assert "not measured" in words
    assert page.tags.count("audio") == 1
    assert ("src", "data:,x") in page.attributes
    # The worst line comes first.
    assert words.index("Runs on over") < words.index("is unsure")


def test_hostile_texts_stay_texts() -> None:
    bad = line(0, "moved", text=HOSTILE, speaker=HOSTILE)
    bad.source_text = bad.reason = HOSTILE
    bad.flags.append(HOSTILE)
    shown = material(bad)
    shown.report.engines[0].engine.id = HOSTILE
    shown.report.warnings.append(warning("line_empty", HOSTILE, stage="tts"))
    shown = PageMaterial(
        HOSTILE, shown.report, "en", frozenset(), shown.source_loudness, shown.dub_loudness, {}
    )
    text = html(shown)
    page = Page(text)
    assert not {"script", "img"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    # Five places in the flagged line and the warning, and more in title, table and pictures.
    assert "".join(page.words).count(HOSTILE) >= 6


def test_nothing_is_fetched_and_no_script_may_run() -> None:
    text = html(material(line(0)))
    assert "default-src 'none'" in text
    assert not re.findall(r"(?:href|src)=\"(?!data:)", text)
    assert "url(" not in text and "@import" not in text and "http://" not in text


def test_every_picture_has_a_name_and_a_table() -> None:
    page = Page(html(material(*(line(number) for number in range(12)))))
    assert page.tags.count("svg") == 4
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert sum("table" in label and "figures" in label for label in labels) == 4
    assert page.tags.count("table") == 2
    assert page.tags.count("tr") == 1 + 12 + 1 + 30


def test_two_hours_stay_below_two_megabytes() -> None:
    lines = [
        line(number, "hard_cap", text="Una frase de largo normal. " * 3) for number in range(1800)
    ]
    each = MOST_BYTES // MOST_CLIPS
    clips = {
        f"u{number}": "data:audio/mp4;base64,".ljust(each, "A") for number in range(MOST_CLIPS)
    }
    assert len(render_page(material(*lines, clips=clips))) < 2_000_000


def test_a_dub_without_lines_or_loudness() -> None:
    empty = material()
    page = Page(html(PageMaterial("x", empty.report, "", frozenset(), (), (), {})))
    assert "No line is flagged." in " ".join(page.words)


def test_clips_are_of_flagged_lines_in_the_files_time() -> None:
    shown = material(line(0), line(1), line(2, "truncated"))
    assert [found.id for found in flagged_lines(shown.report, shown.low_confidence)] == ["u2", "u1"]
    first = clip_times(shown.report, shown.low_confidence, 0.5)[0]
    assert first == ("u2", pytest.approx(8.505), pytest.approx(10.8))


def test_plots_draw_to_scale() -> None:
    bars = [plots.Bar(0, 50, 0, False, "a"), plots.Bar(50, 100, 9, True, "b")]
    svg = Tree.fromstring(plots.timeline([("source", bars)], 100, title="t"))
    first, second = svg.findall("rect")
    assert float(second.attrib["x"]) - float(first.attrib["x"]) == pytest.approx(
        float(first.attrib["width"]), abs=0.2
    )
    assert second.attrib["class"] == "bar s1 flagged"
    dots = [plots.Dot(10, value, 0, False, "d") for value in (-50.0, 0.0, 50.0)]
    svg = Tree.fromstring(
        plots.scatter(dots, 20, title="t", unit="ms", rules=(0,), band=(-100, 100))
    )
    low, middle, high = (float(dot.attrib["cy"]) for dot in svg.findall("circle"))
    assert low - middle == pytest.approx(middle - high, abs=0.2) and low > high
