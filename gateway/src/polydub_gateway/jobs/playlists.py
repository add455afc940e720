"""Playlists of HTTP Live Streaming (RFC 8216) out of what muxing has listed. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from polydub import languages
from polydub.v1 import muxing_pb2

MASTER = "master"
PICTURE, ORIGINAL = "picture", "original"
"""The names of renditions; a language's sound has its tag, its subtitles :func:`subtitles_of`."""
HEADER = "init.mp4"
TARGET_S = 6
"""No target duration is below this: segments of sound last as long, so it stays from the first on
what it is in the end."""
SOUND_GROUP, SUBTITLES_GROUP = "sound", "subtitles"
_VERSION = 7
"""Fragmented MP4 in segments without I-frames alone needs 6; Apple's own tools write 7."""
_FROM_THE_START = "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"
"""Without it players begin a playlist that grows near its end. It stands in media playlists only:
in a master playlist ffmpeg 5 takes it for a media playlist's."""


def subtitles_of(language: str) -> str:
    return f"{language}-subtitles"


@dataclass(frozen=True)
class Presentation:
    """All that can be played of a job now."""

    sounds: Mapping[str, muxing_pb2.HlsRendition]
    """By language, in the order in which the job names them: the first one is heard by itself."""
    subtitles: Mapping[str, muxing_pb2.HlsRendition]
    picture: muxing_pb2.HlsRendition | None = None
    """None: sound alone."""
    original: muxing_pb2.HlsRendition | None = None
    source_language: str = ""

    @property
    def target_s(self) -> int:
        """One target duration for all renditions, as players that switch between them want."""
        listed = [self.picture, self.original, *self.sounds.values(), *self.subtitles.values()]
        lengths = [each.duration_s for one in listed if one for each in one.segments]
        return max(TARGET_S, math.floor(max(lengths, default=0) + 0.5))

    def rendition(self, name: str) -> muxing_pb2.HlsRendition | None:
        named = {PICTURE: self.picture, ORIGINAL: self.original}
        named |= {subtitles_of(tag): each for tag, each in self.subtitles.items()}
        return {**named, **self.sounds}.get(name)


def segment_name(rendition: muxing_pb2.HlsRendition, number: int) -> str:
    """What a segment is called in the playlist: the same whether it is the live or final one."""
    ending = "vtt" if rendition.kind == muxing_pb2.HLS_KIND_SUBTITLES else "m4s"
    return f"segment-{number:05d}.{ending}"


def key_of(rendition: muxing_pb2.HlsRendition, file: str) -> str | None:
    """Where a file that the playlist names lies in the store; None where there is no such."""
    if file == HEADER:
        return rendition.init_key or None
    digits = file.removeprefix("segment-").partition(".")[0]
    number = int(digits) if digits.isascii() and digits.isdigit() else -1
    if not 0 <= number < len(rendition.segments) or file != segment_name(rendition, number):
        return None
    return rendition.segments[number].key


def media_playlist(
    name: str, rendition: muxing_pb2.HlsRendition, *, target_s: int, ended: bool
) -> str:
    """One rendition's segments. Without its end, players look again for more."""
    lines = [
        *_head(f"#EXT-X-TARGETDURATION:{target_s}"),
        _FROM_THE_START,
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
    ]
    if rendition.init_key:
        lines.append(f'#EXT-X-MAP:URI="{name}/{HEADER}"')
    for number, segment in enumerate(rendition.segments):
        lines += [f"#EXTINF:{segment.duration_s:.6f},", f"{name}/{segment_name(rendition, number)}"]
    return _text([*lines, "#EXT-X-ENDLIST"] if ended else lines)


def master_playlist(shown: Presentation) -> str:
    """The picture with every sound and all subtitles to choose from; where there is no picture,
    the first language's sound in its place."""
    default = next(iter(shown.sounds))
    lines = _head()
    lines += [
        _sound(tag, each, _own_name(tag), default=tag == default)
        for tag, each in shown.sounds.items()
    ]
    if shown.original is not None:
        lines.append(_original(shown.original, shown.source_language))
    lines += [
        _media("SUBTITLES", SUBTITLES_GROUP, _own_name(tag), tag, subtitles_of(tag), FORCED="NO")
        for tag in shown.subtitles
    ]
    return _text([*lines, _variant(shown), f"{PICTURE if shown.picture else default}.m3u8"])


def _head(*more: str) -> list[str]:
    version = f"#EXT-X-VERSION:{_VERSION}"
    return ["#EXTM3U", version, *more, "#EXT-X-INDEPENDENT-SEGMENTS"]


def _sound(tag: str, sound: muxing_pb2.HlsRendition, name: str, *, default: bool) -> str:
    channels = f'"{sound.channels}"'
    return _media("AUDIO", SOUND_GROUP, name, tag, tag, default=default, CHANNELS=channels)


def _original(sound: muxing_pb2.HlsRendition, tag: str) -> str:
    name = f"Original ({_own_name(tag)})" if tag else "Original"
    return _media("AUDIO", SOUND_GROUP, name, tag, ORIGINAL, CHANNELS=f'"{sound.channels}"')


def _media(
    kind: str, group: str, name: str, tag: str, file: str, *, default: bool = False, **more: str
) -> str:
    attributes = {
        "TYPE": kind,
        "GROUP-ID": _quoted(group),
        "NAME": _quoted(name),
        **({"LANGUAGE": _quoted(tag)} if tag else {}),
        "DEFAULT": "YES" if default else "NO",
        "AUTOSELECT": "YES",
        **more,
        "URI": _quoted(f"{file}.m3u8"),
    }
    return f"#EXT-X-MEDIA:{_listed(attributes)}"


def _variant(shown: Presentation) -> str:
    sounds = [*shown.sounds.values(), *([shown.original] if shown.original else [])]
    heaviest = max(each.bandwidth for each in sounds)
    heaviest += max((each.bandwidth for each in shown.subtitles.values()), default=0)
    codecs = dict.fromkeys(each.codecs for each in sounds if each.codecs)
    attributes = {"BANDWIDTH": str(max(1, heaviest)), "CODECS": _quoted(",".join(codecs))}
    picture = shown.picture
    if picture is not None:
        codecs = dict.fromkeys([picture.codecs, *codecs])
        attributes = {
            "BANDWIDTH": str(picture.bandwidth + heaviest),
            "CODECS": _quoted(",".join(codecs)),
            "RESOLUTION": f"{picture.width}x{picture.height}",
            **({"FRAME-RATE": f"{picture.frame_rate:.3f}"} if picture.frame_rate else {}),
        }
    attributes["AUDIO"] = _quoted(SOUND_GROUP)
    if shown.subtitles:
        attributes["SUBTITLES"] = _quoted(SUBTITLES_GROUP)
    return f"#EXT-X-STREAM-INF:{_listed(attributes)}"


def _own_name(tag: str) -> str:
    name = languages.name(tag, in_language=tag)
    return name[:1].upper() + name[1:]


def _quoted(text: str) -> str:
    """A quoted string, which knows no escapes."""
    return '"' + text.replace('"', "'").replace("\n", " ").replace("\r", " ") + '"'


def _listed(attributes: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in attributes.items())


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
