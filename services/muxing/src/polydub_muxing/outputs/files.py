"""The files people download: the dub as AAC, and the source's picture beside it, untouched."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from polydub import languages, media
from polydub.errors import StageError
from polydub.mp4 import switch_off_subtitles
from polydub_muxing.outputs.picture import pixels_of

COPYABLE = frozenset({"h264", "hevc", "av1", "vp9"})
"""Video codecs that browsers show from MP4. MPEG-1, 2 and 4 Visual (Xvid) may stand in one, too,
but no browser has decoders for them: people would hear the dub and see nothing."""
PICTURE_COPIED, PICTURE_REENCODED, PICTURE_NONE = "copied", "reencoded", "none"

_AAC_RATES_HZ = frozenset(
    {7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000}
)
_FALLBACK_RATE_HZ = 48000
# The layouts that AAC names by number (ISO/IEC 14496-3, table 1.19). A layout that has to be
# spelt out in the stream comes back from decoders as nameless channels.
_AAC_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 5: "5.0"}
_SURROUND_LAYOUT = "5.1"
_BITS_PER_S = {1: "128k", 2: "192k"}
_SURROUND_BITS_PER_S = "384k"

# Neither the file's own metadata nor its streams' nor its chapters go along: they hold places,
# devices and names. Rotation and colour are no metadata to ffmpeg and stay.
PRIVATE = ["-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1"]
MP4 = ["-movflags", "+faststart", "-f", "mp4"]
_REENCODE = [
    "-c:v", "libx264", "-preset", "veryfast", "-crf", "18",
    # Every frame keeps its own time: a variable frame rate stays one.
    "-fps_mode", "passthrough", "-enc_time_base",
]  # fmt: skip
EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
"""The filter that makes width and height even, as the pixel format wants them."""
CLOCK_HZ = 90_000
"""Ticks for the frames of a slowed picture: MPEG's own clock (ISO/IEC 13818-1)."""


@dataclass(frozen=True)
class Picture:
    """The source's video stream."""

    index: int
    codec: str


@dataclass(frozen=True)
class Muxed:
    """What became of the picture."""

    picture: str
    reason: str = ""
    """Why it had to be encoded again; empty otherwise."""


async def encode_audio(
    dub: Path,
    encoded: Path,
    *,
    language: str,
    offset_s: float,
    rate_hz: int,
    channels: int,
    duration_s: float,
    end_s: float,
    timeout_s: float,
    on_fraction: media.OnFraction | None = None,
) -> None:
    """Writes the dub as AAC in MP4, silence before it (``offset_s``) and behind it (to ``end_s``).

    The silence stands for the offset between the container's start and the audio track's, to the
    sample: an offset in the container would be rounded, and some players ignore it.
    """
    delay = samples_before(offset_s, rate_hz)
    await media.run_ffmpeg(
        [
            *media.input_file(dub),
            "-map", "0:a:0",
            *aac_arguments(
                rate_hz, channels, f"adelay={delay}S:all=1,apad=whole_len={round(end_s * rate_hz)}"
            ),
            *PRIVATE, *language_of_sound(language), *MP4, f"file:{encoded}",
        ],
        timeout_s=timeout_s,
        duration_s=duration_s,
        on_fraction=on_fraction,
    )  # fmt: skip


def samples_before(offset_s: float, rate_hz: int) -> int:
    """How many samples of silence stand before the dub."""
    return round(max(0.0, offset_s) * rate_hz)


def aac_rate_hz(rate_hz: int) -> int:
    """The rate at which a sound of this rate is encoded."""
    return rate_hz if rate_hz in _AAC_RATES_HZ else _FALLBACK_RATE_HZ


def aac_arguments(rate_hz: int, channels: int, filters: str) -> list[str]:
    """The arguments that make AAC of an output's sound, behind these filters."""
    layout = _AAC_LAYOUTS.get(channels, _SURROUND_LAYOUT)
    return [
        "-af", f"{filters},aformat=channel_layouts={layout}",
        "-c:a", "aac", "-b:a", _BITS_PER_S.get(channels, _SURROUND_BITS_PER_S),
        "-ar", str(aac_rate_hz(rate_hz)),
    ]  # fmt: skip


async def join_picture(
    source: Path,
    picture: Picture,
    audio: Path,
    output: Path,
    *,
    language: str,
    duration_s: float,
    timeout_s: float,
    slowing: str = "",
    subtitles: Path | None = None,
    on_fraction: media.OnFraction | None = None,
) -> Muxed:
    """Writes the source's picture, the dub's sound and its subtitles into one MP4.

    The picture's packets are copied as they are. They are encoded anew only where browsers don't
    show the codec, where time stamps can't be written into MP4, or where the picture is slowed.

    Args:
        subtitles: SubRip in the dub's language and the output's time, to be shown on demand.
        slowing: the filters that slow the picture; empty where it stays as it is.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """

    async def run(video_arguments: list[str]) -> None:
        await media.run_ffmpeg(
            [
                *media.input_file(source), *media.input_file(audio),
                *(media.input_file(subtitles) if subtitles else ()),
                "-map", f"0:{picture.index}", "-map", "1:a:0",
                *video_arguments, "-c:a", "copy",
                *PRIVATE, *language_of_sound(language), "-disposition:a:0", "default",
                *(_soft_subtitles(language) if subtitles else ()),
                "-max_muxing_queue_size", "4096", *MP4, f"file:{output}", *whole_clock(0),
            ],
            timeout_s=timeout_s,
            duration_s=duration_s,
            on_fraction=on_fraction,
        )  # fmt: skip
        if subtitles:
            await asyncio.to_thread(switch_off_subtitles, output)

    if slowing:
        # In a file, because they may be too long for an argument.
        script = output.with_suffix(".filters")
        script.write_text(f"{slowing},{await pixels_of(source)}")
        await run([*_REENCODE, f"1:{CLOCK_HZ}", "-filter_script:v", str(script)])
        return Muxed(PICTURE_REENCODED, "it is slowed where lines need more time")
    if picture.codec not in COPYABLE:
        await run(await as_it_is(source))
        return Muxed(PICTURE_REENCODED, f"browsers don't show {picture.codec} in MP4")
    try:
        await run(_copy_arguments(picture.codec))
    except StageError as error:
        if error.code != "engine_failed":
            raise
        await run(await as_it_is(source))
        return Muxed(PICTURE_REENCODED, f"its {picture.codec} stream can't be copied into MP4")
    return Muxed(PICTURE_COPIED)


async def as_it_is(source: Path) -> list[str]:
    """The arguments that encode a file's picture again and change nothing else of it."""
    return [*_REENCODE, "-1", "-vf", f"{EVEN},{await pixels_of(source)}"]


def whole_clock(number: int) -> list[str]:
    """A further output that reads all pictures and sounds of an input and keeps nothing.

    ffmpeg lets the time of a transport stream begin with the first of the streams that it is asked
    for, not of all: without this, a picture that starts later than its sound would move up to it.
    """
    return ["-map", f"{number}:v?", "-map", f"{number}:a?", "-c", "copy", "-f", "null", "-"]


def _copy_arguments(codec: str) -> list[str]:
    # QuickTime plays HEVC only under this name; the packets are the same.
    tag = ["-tag:v", "hvc1"] if codec == "hevc" else []
    return ["-c:v", "copy", *tag]


def _soft_subtitles(tag: str) -> list[str]:
    language = ["-metadata:s:s:0", f"language={languages.iso639_2(tag)}"]
    return ["-map", "2:s:0", "-c:s", "mov_text", *language, "-disposition:s:0", "0"]


def language_of_sound(tag: str) -> list[str]:
    """The arguments that label an output's first sound track."""
    return ["-metadata:s:a:0", f"language={languages.iso639_2(tag)}"]
