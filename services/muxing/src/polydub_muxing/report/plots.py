"""The report page's pictures as SVG: pure, from plain figures.

Elements are built as a tree and serialised, so that no text can become markup. Colours and
lines are the style sheet's, by class; each picture says in its title where its figures stand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

SPEAKER_COLOURS = 8
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 12.0, 14.0, 26.0
_NARROWEST, _WIDEST = 1000.0, 20_000.0
_TICK_EVERY_PX = 90.0
_TIME_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True)
class Bar:
    """One stretch in a lane of the timeline."""

    start_s: float
    end_s: float
    speaker: int
    flagged: bool
    label: str


@dataclass(frozen=True)
class Dot:
    """One line in a scatter over time."""

    at_s: float
    value: float
    speaker: int
    flagged: bool
    label: str


@dataclass(frozen=True)
class Curve:
    """Values over time, drawn as a line with the style class ``name``."""

    name: str
    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Scales:
    """Where figures stand in the picture."""

    width: float
    height: float
    end_s: float
    low: float = 0.0
    high: float = 1.0

    def x(self, at_s: float) -> float:
        inner = self.width - _LEFT - _RIGHT
        return _LEFT + inner * min(1.0, max(0.0, at_s / self.end_s))

    def y(self, value: float) -> float:
        inner = self.height - _TOP - _BOTTOM
        share = (value - self.low) / (self.high - self.low)
        return self.height - _BOTTOM - inner * min(1.0, max(0.0, share))


def timeline(lanes: Sequence[tuple[str, Sequence[Bar]]], duration_s: float, *, title: str) -> str:
    """Stretches of time in lanes one above the other; wider than the screen for long sounds."""
    width = min(_WIDEST, max(_NARROWEST, 10 * duration_s))
    lane_height = 44.0
    scales = _Scales(width, _TOP + lane_height * len(lanes) + _BOTTOM, max(duration_s, 0.1))
    svg = _svg(scales, title)
    _time_axis(svg, scales)
    for number, (name, bars) in enumerate(lanes):
        top = _TOP + number * lane_height
        _text(svg, _LEFT - 8, top + lane_height / 2 + 4, name, "end")
        for bar in bars:
            _bar(svg, scales, bar, top + 6, lane_height - 12)
    return _written(svg)


def _bar(svg: Tree.Element, scales: _Scales, bar: Bar, top: float, height: float) -> None:
    first, last = scales.x(bar.start_s), scales.x(bar.end_s)
    rect = Tree.SubElement(
        svg,
        "rect",
        {
            "class": _mark("bar", bar.speaker, bar.flagged),
            "x": _px(first),
            "y": _px(top),
            "width": _px(max(1.5, last - first)),
            "height": _px(height),
            "rx": "2",
        },
    )
    Tree.SubElement(rect, "title").text = bar.label


def scatter(
    dots: Sequence[Dot],
    duration_s: float,
    *,
    title: str,
    unit: str,
    rules: Sequence[float],
    band: tuple[float, float],
) -> str:
    """One dot for each line over time.

    Args:
        rules: values at which a line is drawn across and named.
        band: values between which all is well; drawn as an area.
    """
    values = [*(dot.value for dot in dots), *rules, *band]
    low, high = _padded(min(values), max(values))
    scales = _Scales(_NARROWEST, 200.0, max(duration_s, 0.1), low, high)
    svg = _svg(scales, title)
    _area(svg, scales, band)
    _value_axis(svg, scales, _value_ticks(low, high), unit)
    _time_axis(svg, scales)
    for rule in rules:
        _across(svg, scales, rule, "rule")
    for dot in dots:
        mark = {
            "class": _mark("dot", dot.speaker, dot.flagged),
            "cx": _px(scales.x(dot.at_s)),
            "cy": _px(scales.y(dot.value)),
            "r": "5" if dot.flagged else "3.5",
        }
        Tree.SubElement(Tree.SubElement(svg, "circle", mark), "title").text = dot.label
    return _written(svg)


def curves(
    drawn: Sequence[Curve], duration_s: float, *, title: str, unit: str, low: float, high: float
) -> str:
    """Values over time as lines; what lies outside ``low`` to ``high`` runs along the edge."""
    scales = _Scales(_NARROWEST, 220.0, max(duration_s, 0.1), low, high)
    svg = _svg(scales, title)
    _value_axis(svg, scales, _value_ticks(low, high), unit)
    _time_axis(svg, scales)
    for curve in drawn:
        path = " ".join(f"{_px(scales.x(at))},{_px(scales.y(value))}" for at, value in curve.points)
        line = Tree.SubElement(svg, "polyline", {"class": f"curve {curve.name}", "points": path})
        Tree.SubElement(line, "title").text = curve.label
    return _written(svg)


def clock(at_s: float) -> str:
    """A time as people write it: 1:02:03, or 2:03."""
    minutes, seconds = divmod(int(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _svg(scales: _Scales, title: str) -> Tree.Element:
    size = f"0 0 {_px(scales.width)} {_px(scales.height)}"
    # Never narrower than it was drawn: texts stay readable, and a phone scrolls sideways.
    svg = Tree.Element(
        "svg",
        {"viewBox": size, "width": _px(scales.width), "height": _px(scales.height), "role": "img"},
    )
    svg.set("aria-label", title)
    return svg


def _time_axis(svg: Tree.Element, scales: _Scales) -> None:
    most = max(1.0, (scales.width - _LEFT - _RIGHT) / _TICK_EVERY_PX)
    step = next((s for s in _TIME_STEPS_S if scales.end_s / s <= most), _TIME_STEPS_S[-1])
    for number in range(int(scales.end_s // step) + 1):
        x = scales.x(number * step)
        _line(svg, x, _TOP, x, scales.height - _BOTTOM, "grid")
        _text(svg, x, scales.height - _BOTTOM + 16, clock(number * step), "middle")


def _value_axis(svg: Tree.Element, scales: _Scales, ticks: Iterable[float], unit: str) -> None:
    for tick in ticks:
        _across(svg, scales, tick, "grid")
        _text(svg, _LEFT - 8, scales.y(tick) + 4, f"{tick:g} {unit}".strip(), "end")


def _value_ticks(low: float, high: float) -> list[float]:
    """Round values between two, six at most."""
    rough = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 6) for number in range(first, last + 1)]


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = max(1e-3, (high - low) * 0.08)
    return low - margin, high + margin


def _area(svg: Tree.Element, scales: _Scales, band: tuple[float, float]) -> None:
    top, bottom = scales.y(band[1]), scales.y(band[0])
    area = {"class": "band", "x": _px(_LEFT), "y": _px(top), "height": _px(bottom - top)}
    Tree.SubElement(svg, "rect", {**area, "width": _px(scales.width - _LEFT - _RIGHT)})


def _across(svg: Tree.Element, scales: _Scales, value: float, name: str) -> None:
    y = scales.y(value)
    _line(svg, _LEFT, y, scales.width - _RIGHT, y, name)


def _line(svg: Tree.Element, x1: float, y1: float, x2: float, y2: float, name: str) -> None:
    ends = {"x1": _px(x1), "y1": _px(y1), "x2": _px(x2), "y2": _px(y2)}
    Tree.SubElement(svg, "line", {"class": name, **ends})


def _text(svg: Tree.Element, x: float, y: float, text: str, anchor: str) -> None:
    place = {"x": _px(x), "y": _px(y), "text-anchor": anchor}
    Tree.SubElement(svg, "text", place).text = text


def _mark(kind: str, speaker: int, flagged: bool) -> str:
    return f"{kind} s{speaker % SPEAKER_COLOURS}" + (" flagged" if flagged else "")


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _written(svg: Tree.Element) -> str:
    return Tree.tostring(svg, encoding="unicode")
