"""Takes the chosen audio track out of a file, decoded once: at full quality and for recognition."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import soundfile

from polydub import media, pcm
from polydub.errors import MediaError, StageError
from polydub.media import OnFraction
from polydub.v1 import common_pb2
from polydub_separation import downmix, probe, truncation

RECIPE = 1
"""Counts changes to what this module writes; part of the artifacts' digest."""

_FILL_GAPS = "aresample=async=1"
"""Silence where timestamps leave more than 0.1 s out, so that the timeline stays the picture's.
Nothing goes before the first sample: a late start is carried as a number."""
_CANONICAL_WAV = ("-c:a", "pcm_s16le", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "wav")
"""Without ``bitexact`` ffmpeg puts a LIST chunk with its name before the samples."""


@dataclass(frozen=True)
class Demuxed:
    """The track's sound. Both files begin with its first sample."""

    original: Path
    """FLAC, the track's own rate and channels (to 8; more are folded to stereo)."""
    analysis: Path
    """WAV, 16 kHz mono, signed 16 bit, canonical 44 byte header."""
    duration_s: float


async def demux(
    source: Path,
    facts: common_pb2.MediaInfo,
    out_dir: Path,
    *,
    timeout_s: float,
    on_fraction: OnFraction | None = None,
) -> Demuxed:
    """Decodes ``facts.selected_audio``.

    Lossy and high-resolution sound is kept at 24 bits: decoders of lossy codecs give more than 16,
    and a quiet talk is raised by 20 dB and more when the dub is mixed, rounding noise and all.

    Raises:
        MediaError: ``media_unreadable`` when nothing can be decoded, ``media_truncated``.
        StageError: ``engine_timeout``, ``engine_failed``, ``store_full``.
    """
    track = probe.selected(facts)
    original, analysis = out_dir / "original.flac", out_dir / "analysis.wav"
    try:
        await media.run_ffmpeg(
            _arguments(source, track, original, analysis),
            timeout_s=timeout_s,
            duration_s=track.duration_s or facts.duration_s or None,
            on_fraction=on_fraction,
        )
    except StageError as error:
        raise _explained(error) from error
    duration_s = _decoded_s(original, analysis)
    truncation.check_duration(track, facts.container, duration_s)
    if downmix.cancels(original):
        await _mix_difference(original, analysis, timeout_s)
    return Demuxed(original, analysis, duration_s)


def _arguments(
    source: Path, track: common_pb2.AudioStream, original: Path, analysis: Path
) -> list[str]:
    """One decode, two outputs. The FLAC encoder takes 16 bits from what has 16, else 24."""
    weights = downmix.weights_of_layout(track.channels, track.channel_layout)
    graph = (
        f"[0:{track.index}]{_FILL_GAPS},asplit=2[all][mix];"
        f"[all]{_full_band(track.channels)}[full];"
        f"[mix]{_pan(weights)},aresample={pcm.RATE_HZ}[mono]"
    )
    return [
        *media.input_file(source), "-filter_complex", graph,
        "-map", "[full]", "-map_metadata", "-1", "-c:a", "flac",
        "-ar", str(track.sample_rate_hz), f"file:{original}",
        "-map", "[mono]", *_CANONICAL_WAV, f"file:{analysis}",
    ]  # fmt: skip


def _full_band(channels: int) -> str:
    if channels <= downmix.MAX_CHANNELS:
        return "anull"
    left, right = ("+".join(f"c{c}" for c in range(side, channels, 2)) for side in (0, 1))
    return f"pan=stereo|c0<{left}|c1<{right}"


def _pan(weights: downmix.Weights) -> str:
    terms = "+".join(f"{weight:.6f}*c{channel}" for channel, weight in enumerate(weights))
    return f"pan=mono|c0={terms}".replace("+-", "-")


async def _mix_difference(original: Path, analysis: Path, timeout_s: float) -> None:
    """Writes the mono file again, with the second channel turned round."""
    weights = downmix.mono_weights(original)
    await media.run_ffmpeg(
        [*media.input_file(original), "-af", f"{_pan(weights)},aresample={pcm.RATE_HZ}",
         *_CANONICAL_WAV, f"file:{analysis}"],
        timeout_s=timeout_s,
    )  # fmt: skip


def _decoded_s(original: Path, analysis: Path) -> float:
    """The track's length; the WAV file tells whether there is any, FLAC's header can't say 0."""
    if analysis.stat().st_size <= pcm.HEADER_BYTES:
        raise MediaError("media_unreadable", "The audio track holds nothing that can be decoded.")
    info = soundfile.info(original)
    return float(info.frames / info.samplerate)


def _explained(error: StageError) -> StageError:
    """ffmpeg's failure in terms of its reason: the disk, or else the file."""
    if error.code != "engine_failed":
        return error
    if "No space left" in error.message:
        return StageError("store_full", "There is no space left for the decoded sound.")
    return MediaError("media_unreadable", f"The audio track can't be decoded. {error.message}")
