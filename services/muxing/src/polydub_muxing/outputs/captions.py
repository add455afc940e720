"""What the subtitles of one language show: from its lines to cues in the finished file's time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polydub.v1 import muxing_pb2
from polydub_muxing.fit.placement import Placement
from polydub_muxing.outputs.subtitle_layout import Cue, Said, lay_out
from polydub_muxing.script import ScriptLine


def planned_cues(
    lines: Iterable[ScriptLine],
    placements: Iterable[Placement],
    rendered_ms: Iterable[int],
    *,
    offset_ms: int,
    end_ms: int,
) -> tuple[Cue, ...]:
    """The cues of lines as they were rendered; all three in the same order.

    Args:
        offset_ms: where the timeline begins in the file.
        end_ms: the file's end, in its own time.
    """
    return _cues(
        (
            (line.text, line.line.speaker_id, placed.start_ms, placed.start_ms + length_ms)
            for line, placed, length_ms in zip(lines, placements, rendered_ms, strict=True)
        ),
        offset_ms,
        end_ms,
    )


def reported_cues(
    lines: Sequence[muxing_pb2.LineReport], *, offset_ms: int, end_ms: int, source: bool = False
) -> tuple[Cue, ...]:
    """The same of lines as a report has them; with ``source``, what was said in the source."""
    return _cues(
        (
            (line.source_text if source else line.text, line.speaker_id,
             line.placed_start_ms, line.placed_end_ms)
            for line in lines
        ),
        offset_ms,
        end_ms,
    )  # fmt: skip


def _cues(
    lines: Iterable[tuple[str, str, int, int]], offset_ms: int, end_ms: int
) -> tuple[Cue, ...]:
    return lay_out(
        (
            Said(text, start_ms + offset_ms, min(line_end_ms + offset_ms, end_ms), speaker)
            for text, speaker, start_ms, line_end_ms in lines
        ),
        end_ms,
    )
