"""Advanced SubStation Alpha: subtitles with a look, which libass draws. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polydub_muxing.outputs.subtitle_layout import Cue
from polydub_muxing.outputs.subtitles import directed

DEFAULT_FONT = "Arial"
DEFAULT_FRAME = (1920, 1080)
_DUB, _SAID = "Dub", "Said"
_HEIGHT, _WIDTH = 0.055, 0.042
"""A letter's size in parts of the frame: by its height, or where it is narrow by its width, such
that 42 letters of average width, half their height, fill nine tenths of it."""
_SAID_SHARE = 0.72
_LINE_SPACING = 1.25
_NO_ESCAPE = "\u2060"
"""A word joiner behind a backslash: ASS has no escape for it."""


@dataclass(frozen=True)
class Look:
    """What the letters are made of, and the frame, in pixels, in which they stand."""

    font: str = DEFAULT_FONT
    frame: tuple[int, int] = DEFAULT_FRAME


def ass(shown: Sequence[Cue], look: Look, *, said: Sequence[Cue] = ()) -> str:
    """A whole script: white letters with a dark edge, two lines at the bottom, centred.

    ``said`` are cues in the source's language, smaller and below the others.
    """
    events = [*(_event(cue, _DUB) for cue in shown), *(_event(cue, _SAID) for cue in said)]
    return "".join(f"{line}\n" for line in [*_head(look, bilingual=bool(said)), *events])


def _head(look: Look, *, bilingual: bool) -> list[str]:
    across, down = look.frame
    size = min(down * _HEIGHT, across * _WIDTH)
    margin = round(down * 0.05)
    said_height = round(2 * _LINE_SPACING * _SAID_SHARE * size)
    return [
        "[Script Info]",
        "ScriptType: v4.00+",
        f"PlayResX: {across}",
        f"PlayResY: {down}",
        "WrapStyle: 0",
        "ScaledBorderAndShadow: yes",
        "",
        "[V4+ Styles]",
        "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
        "BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, "
        "BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding",
        _style(_DUB, look, size, margin + said_height * bilingual),
        *([_style(_SAID, look, size * _SAID_SHARE, margin)] if bilingual else []),
        "",
        "[Events]",
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    ]


def _style(name: str, look: Look, size: float, margin: int) -> str:
    colour = "&H00FFFFFF" if name == _DUB else "&H00C8F0FF"
    side = round(look.frame[0] * 0.03)
    edge, shadow = round(size * 0.06, 1), round(size * 0.03, 1)
    return (
        f"Style: {name},{look.font},{round(size, 1)},{colour},&H000000FF,&H00101010,&H80000000,"
        f"0,0,0,0,100,100,0,0,1,{edge},{shadow},2,{side},{side},{margin},1"
    )


def _event(cue: Cue, style: str) -> str:
    text = r"\N".join(map(_escaped, directed(cue.lines)))
    return f"Dialogue: 0,{_time(cue.start_ms)},{_time(cue.end_ms)},{style},,0,0,0,,{text}"


def _escaped(line: str) -> str:
    return line.replace("\\", f"\\{_NO_ESCAPE}").replace("{", r"\{").replace("}", r"\}")


def _time(moment_ms: int) -> str:
    seconds, hundredths = divmod(moment_ms // 10, 100)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}.{hundredths:02d}"
