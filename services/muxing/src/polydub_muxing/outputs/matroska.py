"""Matroska files: any number of sound and subtitle tracks beside one picture, all copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from polydub import languages, media
from polydub_muxing.outputs.files import EVEN, PRIVATE, whole_clock
from polydub_muxing.outputs.picture import Shown


@dataclass(frozen=True)
class Track:
    """One sound or subtitle track: where it comes from and what players call it."""

    path: Path
    stream: str
    """As ffmpeg names it: ``a:0``, ``s:0``, ``1``."""
    language: str
    """BCP-47; empty: not known."""
    title: str
    default: bool = False
    codec: str = "copy"


@dataclass(frozen=True)
class PictureTrack:
    """The picture of a file."""

    path: Path
    shown: Shown


def is_copied(picture: PictureTrack | None) -> bool:
    """Matroska, as ffmpeg 5 writes it, can't say that a picture is to be turned."""
    return picture is None or not picture.shown.turned


async def write_matroska(
    output: Path,
    picture: PictureTrack | None,
    sounds: Sequence[Track],
    subtitles: Sequence[Track],
    *,
    duration_s: float,
    timeout_s: float,
    on_fraction: media.OnFraction | None = None,
) -> None:
    """Writes the tracks into one file, in their order, with their flags and names and no others.

    A picture that players have to turn is turned here, which means that it is encoded again.

    Raises:
        StageError: ``engine_failed`` or ``engine_timeout``.
    """
    tracks = [*sounds, *subtitles]
    paths = list(dict.fromkeys([*([picture.path] if picture else []), *(t.path for t in tracks)]))
    mapped = [f"{paths.index(track.path)}:{track.stream}" for track in tracks]
    if picture:
        mapped.insert(0, f"{paths.index(picture.path)}:{picture.shown.index}")
    await media.run_ffmpeg(
        [
            *(argument for path in paths for argument in media.input_file(path)),
            *(argument for stream in mapped for argument in ("-map", stream)),
            "-c", "copy",
            *(_upright(picture.shown) if picture and not is_copied(picture) else ()),
            *PRIVATE,
            *_labels("a", sounds), *_labels("s", subtitles),
            "-max_muxing_queue_size", "4096",
            # Flags as given: of two sounds in one language none is chosen for a viewer.
            "-default_mode", "passthrough", "-f", "matroska", f"file:{output}",
            *(argument for number in range(len(paths)) for argument in whole_clock(number)),
        ],
        timeout_s=timeout_s,
        duration_s=duration_s,
        on_fraction=on_fraction,
    )  # fmt: skip


def _upright(shown: Shown) -> list[str]:
    """The arguments that encode a picture as players turn it, which ffmpeg does by itself."""
    return [
        "-c:v:0", "libx264", "-preset", "veryfast", "-crf", "18", "-vf", f"{EVEN},{shown.pixels}",
        "-fps_mode", "passthrough", "-enc_time_base", "-1",
    ]  # fmt: skip


def _labels(kind: str, tracks: Sequence[Track]) -> list[str]:
    said: list[str] = []
    for number, track in enumerate(tracks):
        stream = f"{kind}:{number}"
        code = languages.iso639_2(track.language) if track.language else "und"
        said += [
            f"-c:{stream}", track.codec,
            f"-metadata:s:{stream}", f"language={code}",
            f"-metadata:s:{stream}", f"title={track.title}",
            f"-disposition:{stream}", "default" if track.default else "0",
        ]  # fmt: skip
    return said
