"""How many channels a sound has, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from polydub import errors, media
from polydub.v1 import common_pb2

FOLDED = "channels_folded"
_NAMES = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class Channels:
    """The channels of one sound track; 0: it was not looked at."""

    count: int = 0
    layout: str = ""
    """As ffprobe names it: mono, stereo, 5.1, 5.1(side), 7.1; ``n channels`` without a name."""


UNKNOWN_CHANNELS = Channels()


async def channels_of(path: Path, index: int = -1) -> Channels:
    """The channels of a file's audio track with this index; of the first one where it is none.

    Raises:
        MediaError: ``media_unreadable``.
        StageError: ``engine_timeout``.
    """
    found = await media.probe(path)
    tracks = [stream for stream in found["streams"] if stream["codec_type"] == "audio"]
    if not tracks:
        return UNKNOWN_CHANNELS
    track = next((track for track in tracks if track["index"] == index), tracks[0])
    count = int(track.get("channels", 0))
    named = track.get("channel_layout", "")
    return Channels(count, named or _NAMES.get(count, f"{count} channels"))


def folded_warnings(
    source: Channels, dub: Channels, *, stage: str, language: str
) -> Sequence[common_pb2.Warning]:
    """One warning where the finished sound has fewer channels than its source."""
    if dub.count >= source.count:
        return ()
    message = f"The source's sound is {source.layout}, the dub's {dub.layout}."
    return (errors.warning(FOLDED, message, stage=stage, target_language=language),)
