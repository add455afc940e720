"""Any talk at all, for the tests of what holds for every plan."""

from __future__ import annotations

from hypothesis import strategies as st

from polydub_muxing.fit.placement import Line, Mode

rates = st.sampled_from((1.0, 0.9, 1.1, 1.25, 1.35))
"""How fast voices speak by themselves: mostly at their own pace."""


@st.composite
def talks(draw: st.DrawFn) -> list[Line]:
    count = draw(st.integers(0, 12))
    lines = []
    moment = 0
    for number in range(count):
        moment = max(0, moment + draw(st.integers(-800, 2500)))
        length = draw(st.integers(1, 4000))
        spoken = draw(st.integers(0, 9000))
        speaker = draw(st.sampled_from("ABC"))
        rate = draw(rates)
        lines.append(Line(f"u{number}", speaker, moment, moment + length, spoken, rate=rate))
        moment += length
    return lines


def timeline_of(lines: list[Line], spare_ms: int) -> int:
    return max((line.end_ms for line in lines), default=0) + spare_ms


modes = st.sampled_from(Mode)
spare = st.integers(0, 3000)
