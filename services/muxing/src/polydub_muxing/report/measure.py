"""Measuring the finished result: onsets in the rendered speech, loudness, lengths, clashes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from polydub import media
from polydub.blocking import Tick
from polydub.errors import StageError
from polydub_muxing.kept import Rows
from polydub_muxing.sound.loudness import SILENCE_LUFS, Samples
from polydub_muxing.sound.windows import WINDOW, Digests, made_of

ONSET_BELOW_PEAK_DB = 30.0
"""A line begins where its level first comes within this of its loudest moment."""
_HOP_S = 0.001
_WINDOW_HOPS = 5
_LOOK_BACK_S = 0.05
_LOOK_S = 1.0


@dataclass(frozen=True)
class Span:
    """A line as it stands in the source and as it sounds in the dub."""

    line_id: str
    source_start_ms: int
    source_end_ms: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Loudness:
    """A programme's loudness by ffmpeg's EBU R128 meter."""

    integrated_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True)
class Lengths:
    """Lengths of a file and of its first streams, in seconds; 0 where there is none."""

    file_s: float
    audio_end_s: float
    video_end_s: float
    header_s: float
    """What the container's header claims for the whole."""

    def longer_by(self, seconds: float) -> Lengths:
        """The lengths of the same file with so much more time in it."""
        return Lengths(
            *(each and each + seconds
              for each in (self.file_s, self.audio_end_s, self.video_end_s, self.header_s))
        )  # fmt: skip


def onsets_ms(
    speech: Path,
    spans: Sequence[Span],
    tick: Tick,
    *,
    tail_ms: int = 0,
    rows: Rows | None = None,
    windows: Digests | None = None,
) -> dict[str, int]:
    """When each line is first heard in the rendered speech; the id is missing where nothing is.

    Args:
        tail_ms: how long a line may ring on behind its end, which is no onset of the next one.
        rows: what is known from earlier.
        windows: what each window of the speech is made of.
    """
    rows = rows or Rows()
    found: dict[str, int] = {}
    silent_from_ms = 0
    with soundfile.SoundFile(speech) as sound:
        for done, span in enumerate(sorted(spans, key=lambda span: span.start_ms), 1):
            first = max(0, silent_from_ms, span.start_ms - round(_LOOK_BACK_S * 1000))
            first = min(first, span.start_ms)
            last = min(span.end_ms, span.start_ms + round(_LOOK_S * 1000))
            make = partial(_onset, sound, first, last)
            if windows is None:
                onset = make()
            else:
                key = _made_of(windows, first, last, sound.samplerate)
                onset = rows.found_or_made(key, make).tolist()
            if onset:
                found[span.line_id] = first + round(onset[0])
            silent_from_ms = max(silent_from_ms, span.end_ms + tail_ms)
            tick(done / len(spans))
    return found


def _made_of(windows: Digests, start_ms: int, end_ms: int, rate_hz: int) -> int:
    first, last = (at_ms * rate_hz // 1000 for at_ms in (start_ms, end_ms))
    return made_of(start_ms, end_ms, windows[first // WINDOW : last // WINDOW + 1].tolist())


def _onset(sound: soundfile.SoundFile, start_ms: int, end_ms: int) -> list[float]:
    """When something is first heard in a stretch, from its start on; nothing where nothing is."""
    onset = _onset_ms(_read(sound, start_ms, end_ms), sound.samplerate)
    return [] if onset is None else [float(onset)]


def _read(sound: soundfile.SoundFile, start_ms: int, end_ms: int) -> Samples:
    first = min(start_ms * sound.samplerate // 1000, sound.frames)
    sound.seek(first)
    read: Samples = sound.read(max(0, end_ms - start_ms) * sound.samplerate // 1000, "float32")
    return read


def _onset_ms(heard: Samples, rate_hz: int) -> int | None:
    hop = max(1, round(_HOP_S * rate_hz))
    hops = np.square(heard[: len(heard) // hop * hop].reshape(-1, hop)).mean(axis=1)
    if len(hops) < _WINDOW_HOPS or hops.max() <= 0:
        return None
    # Looking forward: the window that first holds the sound begins within 5 ms before it.
    level = np.convolve(hops, np.ones(_WINDOW_HOPS) / _WINDOW_HOPS, "valid")
    threshold = level.max() * 10 ** (-ONSET_BELOW_PEAK_DB / 10)
    window = int(np.argmax(level >= threshold))
    loud = hops[window : window + _WINDOW_HOPS] >= threshold
    return round((window + int(np.argmax(loud))) * hop * 1000 / rate_hz)


def clashes(spans: Iterable[Span]) -> int:
    """Pairs of lines that sound together in the dub and did not in the source."""
    sounding: list[Span] = []
    count = 0
    for span in sorted(spans, key=lambda span: span.start_ms):
        sounding = [other for other in sounding if other.end_ms > span.start_ms]
        count += sum(not _met(span, other) for other in sounding)
        sounding.append(span)
    return count


def _met(one: Span, other: Span) -> bool:
    return one.source_start_ms < other.source_end_ms and other.source_start_ms < one.source_end_ms


def loudness_of(said: str) -> Loudness:
    """What the summary of ffmpeg's ``ebur128=peak=true`` says.

    Raises:
        StageError: ``engine_failed`` where there is none.
    """
    summary = said.rpartition("Summary:")[2]
    return Loudness(_figure(summary, r"I:\s+(\S+) LUFS"), _figure(summary, r"Peak:\s+(\S+) dBFS"))


def _figure(summary: str, pattern: str) -> float:
    match = re.search(pattern, summary)
    if match is None:
        raise StageError("engine_failed", "ffmpeg did not say how loud the file is.")
    figure = float(match[1])
    return figure if math.isfinite(figure) else SILENCE_LUFS


async def lengths(path: Path) -> Lengths:
    """What ffprobe says of a file's length.

    Where every stream has a length, the file ends with the last of them: the header's own figure
    may count samples that are never presented (AAC priming).
    """
    found = await media.probe(path)
    timed = [stream for stream in found["streams"] if stream["codec_type"] in ("audio", "video")]
    ends = [_end_s(stream) for stream in timed if "duration" in stream]
    header_s = float(found["format"].get("duration", 0))
    return Lengths(
        file_s=max(ends) if len(ends) == len(timed) else header_s,
        audio_end_s=_first_end_s(timed, "audio"),
        video_end_s=_first_end_s(timed, "video"),
        header_s=header_s,
    )


def sound_end_s(source: Lengths, frame_s: float) -> float:
    """Where the dub's sound should end, so that the file is as long as its source.

    Some headers claim a little more than the streams hold. Where the two are less than two frames
    apart, an end halfway is within one frame of both, whichever of them a player goes by.
    """
    surplus_s = source.header_s - source.file_s
    return source.file_s + (surplus_s / 2 if 0 < surplus_s < 2 * frame_s else 0.0)


def _end_s(stream: Mapping[str, Any]) -> float:
    return float(stream.get("start_time", 0)) + float(stream["duration"])


def _first_end_s(streams: Sequence[Mapping[str, Any]], kind: str) -> float:
    of_kind = [stream for stream in streams if stream["codec_type"] == kind]
    return _end_s(of_kind[0]) if of_kind and "duration" in of_kind[0] else 0.0
