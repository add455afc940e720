"""Reads ``ffprobe``'s answer: the facts of a file, and which of its audio tracks is dubbed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from polydub import languages
from polydub.errors import MediaError
from polydub.v1 import common_pb2

Json = Mapping[str, Any]

NO_TRACK = -1
_NOT_THE_PROGRAMME = ("comment", "descriptions", "visual_impaired", "karaoke")
"""Dispositions (ffmpeg's words) of tracks that are not the talk itself."""
_SIDE_TITLE = re.compile(
    r"comment(ary|aire|ario)|kommentar|descri(ption|ptive|ptif|pci[oó]n|zione)|karaoke"
    r"|instrumental|isolated score|music (only|and effects)|\bm&e\b",
    re.IGNORECASE,
)
"""Titles that say the same where the disposition was not set, which is the usual case."""
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_RATE_TOLERANCE = Fraction(1, 100)
"""Phones round 29.97 to 30; what varies more than this has frames of different lengths."""


def read_media(found: Json, size_bytes: int, source_language: str = "") -> common_pb2.MediaInfo:
    """The facts of a file out of :func:`polydub.media.probe`.

    Args:
        source_language: BCP-47, empty or ``auto``: prefers a track in that language.

    Raises:
        MediaError: ``media_unreadable`` when it is neither audio nor video, ``no_audio_stream``
            when no track can be dubbed.
    """
    form, streams = found.get("format", {}), found["streams"]
    audio = [audio_stream(s) for s in streams if s.get("codec_type") == "audio"]
    video = [video_stream(s) for s in streams if s.get("codec_type") == "video" and is_moving(s)]
    if not audio and not video:
        raise MediaError("media_unreadable", "The file holds no audio and no video.")
    return common_pb2.MediaInfo(
        container=form.get("format_name", ""),
        duration_s=max(_number(form, "duration"), 0.0),
        size_bytes=size_bytes,
        start_s=_container_start(form, [*audio, *video]),
        audio=audio,
        video=video,
        selected_audio=choose_track(audio, source_language),
    )


def choose_track(tracks: Sequence[common_pb2.AudioStream], source_language: str = "") -> int:
    """The container index of the track to dub.

    In this order: in the requested language (or at least not in another), not a commentary, the
    default one, most channels, first.

    Raises:
        MediaError: ``no_audio_stream``.
    """
    playable = [track for track in tracks if track.channels and track.sample_rate_hz]
    if not playable:
        raise MediaError("no_audio_stream", "The file has no audio track.")
    best = max(playable, key=lambda track: _rank(track, source_language))
    return best.index


def _rank(track: common_pb2.AudioStream, wanted: str) -> tuple[int, bool, bool, int, int]:
    return (
        _language_rank(track.language, wanted),
        not track.is_commentary,
        track.is_default,
        track.channels,
        -track.index,
    )


def _language_rank(offered: str, wanted: str) -> int:
    if not offered or not wanted or wanted == languages.AUTO:
        return 1
    return 2 if languages.serves(offered, wanted) else 0


def selected(media: common_pb2.MediaInfo) -> common_pb2.AudioStream:
    """The track that is dubbed."""
    return next(track for track in media.audio if track.index == media.selected_audio)


def audio_offset_s(media: common_pb2.MediaInfo) -> float:
    """Presentation time of the track's first sample minus the container's start."""
    return round(selected(media).start_s - media.start_s, 6)


def audio_stream(stream: Json) -> common_pb2.AudioStream:
    """One audio stream of ``ffprobe``'s."""
    tags, disposition = stream.get("tags", {}), stream.get("disposition", {})
    title = _tag(tags, "title") or _tag(tags, "handler_name")
    return common_pb2.AudioStream(
        index=stream["index"],
        codec=stream.get("codec_name", ""),
        sample_rate_hz=int(_number(stream, "sample_rate")),
        channels=int(stream.get("channels", 0)),
        channel_layout=stream.get("channel_layout", ""),
        language=_language(_tag(tags, "language")),
        title=_tag(tags, "title"),
        is_default=bool(disposition.get("default")),
        start_s=_number(stream, "start_time"),
        duration_s=_stream_duration(stream),
        is_commentary=any(disposition.get(name) for name in _NOT_THE_PROGRAMME)
        or bool(_SIDE_TITLE.search(title)),
    )


def video_stream(stream: Json) -> common_pb2.VideoStream:
    """One video stream of ``ffprobe``'s."""
    return common_pb2.VideoStream(
        index=stream["index"],
        codec=stream.get("codec_name", ""),
        width=int(stream.get("width", 0)),
        height=int(stream.get("height", 0)),
        frame_rate=stream.get("avg_frame_rate", "0/0"),
        start_s=_number(stream, "start_time"),
        duration_s=_stream_duration(stream),
        is_variable_rate=is_variable_rate(stream),
    )


def is_moving(stream: Json) -> bool:
    """Whether a video stream is a picture track, not cover art or a thumbnail."""
    disposition = stream.get("disposition", {})
    return not (disposition.get("attached_pic") or disposition.get("timed_thumbnails"))


def is_variable_rate(stream: Json) -> bool:
    """Whether the average frame rate is not the base rate (nor half of it, as in interlaced video).

    ``r_frame_rate`` is the lowest rate in which all timestamps can be told exactly, so frames of
    different lengths push it above ``avg_frame_rate``.
    """
    base, average = _rate(stream.get("r_frame_rate")), _rate(stream.get("avg_frame_rate"))
    if not base or not average:
        return False
    interlaced = stream.get("field_order", "progressive") not in ("progressive", "unknown")
    constant = (base, base / 2) if interlaced else (base,)
    return all(abs(average / rate - 1) > _RATE_TOLERANCE for rate in constant)


def _container_start(
    form: Json, streams: Sequence[common_pb2.AudioStream | common_pb2.VideoStream]
) -> float:
    if "start_time" in form:
        return _number(form, "start_time")
    return min((stream.start_s for stream in streams), default=0.0)


def _stream_duration(stream: Json) -> float:
    """Matroska tells it only in a tag, as a clock time: that of the stream's end."""
    if duration := _number(stream, "duration"):
        return max(duration, 0.0)
    clock = _CLOCK.match(_tag(stream.get("tags", {}), "duration"))
    if clock is None:
        return 0.0
    hours, minutes, seconds = clock.groups()
    end_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return max(end_s - _number(stream, "start_time"), 0.0)


def _number(fields: Json, name: str) -> float:
    """A number that ``ffprobe`` wrote as text; 0 where it is missing or unknown."""
    try:
        return float(fields.get(name, 0))
    except ValueError:
        return 0.0


def _rate(text: str | None) -> Fraction | None:
    try:
        return Fraction(text or "0/0") or None
    except (ValueError, ZeroDivisionError):
        return None


def _tag(tags: Json, name: str) -> str:
    """A tag by its name in any case: containers disagree on that."""
    return next((str(value) for key, value in tags.items() if key.lower() == name), "")


def _language(tag: str) -> str:
    try:
        language = languages.normalize(tag) if tag else ""
    except ValueError:
        return ""
    return "" if language in ("und", "mis", "mul", "zxx") else language
