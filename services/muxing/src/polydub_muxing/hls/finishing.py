"""The presentation of a finished language: its sound as it stands in the dub, and its subtitles."""

from __future__ import annotations

import math
from contextlib import AsyncExitStack

from polydub.errors import StageError
from polydub.v1 import muxing_pb2
from polydub_muxing.hls.asked import Asked
from polydub_muxing.hls.grid import SEGMENT_S
from polydub_muxing.hls.picture import is_encoded
from polydub_muxing.hls.renditions import (
    FINISHED,
    PICTURE,
    RenditionFolder,
    peak_bandwidth,
    subtitles_of,
)
from polydub_muxing.hls.showing import show
from polydub_muxing.hls.sound import cut_finished
from polydub_muxing.outputs.captions import reported_cues
from polydub_muxing.outputs.finished import FinishedDub, dub_key
from polydub_muxing.outputs.subtitle_layout import Cue
from polydub_muxing.outputs.subtitles import vtt
from polydub_muxing.report import measure

TIMESTAMPS = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"
"""Cues are in the presentation's own time (RFC 8216, 3.5)."""


async def finish(dub: FinishedDub) -> bool:
    """Completes the language's renditions, and those that all share; False where all stood.

    Raises:
        StageError: ``invalid_request`` where the picture is slowed; ``engine_failed``,
            ``engine_timeout``, ``artifact_missing``; the store's.
    """
    if dub.is_slowed:
        raise StageError("invalid_request", "Each language's picture has a time of its own.")
    asked = Asked(dub.event, dub.context, dub.timeout_s)
    sound, subtitles = asked.folder(dub.language), asked.folder(subtitles_of(dub.language))
    await asked.make_shared()
    stood = await sound.is_complete() and await subtitles.is_complete()
    if not stood:
        await _finish_language(dub, sound, subtitles)
    return not stood


async def encoded_again(dub: FinishedDub) -> bool:
    """Whether the presentation's picture is not the source's own."""
    asked = Asked(dub.event, dub.context, dub.timeout_s)
    picture = await asked.folder(PICTURE).read()
    return picture is not None and asked.video is not None and is_encoded(picture, asked.video)


async def _finish_language(
    dub: FinishedDub, sound: RenditionFolder, subtitles: RenditionFolder
) -> None:
    async with AsyncExitStack() as stack:
        finished = await dub.open(stack, dub_key(dub.base))
        end_s = (await measure.lengths(finished)).file_s
        rendition = await cut_finished(
            sound, finished, dub.language, dub.context.scratch, timeout_s=dub.timeout_s
        )
    cues = reported_cues(
        (await dub.report()).line_reports, offset_ms=dub.offset_ms, end_ms=int(end_s * 1000)
    )
    await _write_subtitles(subtitles, dub.language, cues, end_s)
    await sound.write(rendition, FINISHED)
    await show(sound)


async def _write_subtitles(
    folder: RenditionFolder, language: str, cues: tuple[Cue, ...], end_s: float
) -> None:
    segments, sizes = [], []
    for number in range(max(1, math.ceil(end_s / SEGMENT_S))):
        duration_s = min(SEGMENT_S, end_s - number * SEGMENT_S)
        key = folder.key(f"segment-{number:05d}.vtt")
        data = subtitle_segment(cues, number).encode()
        await folder.store.put_bytes(key, data)
        segments.append(muxing_pb2.HlsSegment(key=key, duration_s=duration_s))
        sizes.append((len(data), duration_s))
    await folder.write(
        muxing_pb2.HlsRendition(
            schema_version=1,
            kind=muxing_pb2.HLS_KIND_SUBTITLES,
            language=language,
            bandwidth=peak_bandwidth(sizes),
            segments=segments,
            complete=True,
        )
    )


def subtitle_segment(cues: tuple[Cue, ...], number: int) -> str:
    """One segment as WebVTT: the cues that are shown in it, each with all of its own time."""
    first_ms, last_ms = (round(SEGMENT_S * 1000) * each for each in (number, number + 1))
    shown = [cue for cue in cues if cue.start_ms < last_ms and cue.end_ms > first_ms]
    return vtt(shown).replace("WEBVTT\n", f"WEBVTT\n{TIMESTAMPS}\n", 1)
