"""A strict reader of playlists: what RFC 8216 says MUST be, it asserts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ATTRIBUTE = re.compile(
    r'([A-Z0-9-]+)=("[^"\r\n]*"|\d+x\d+|-?\d+\.\d+|\d+|0[xX][0-9A-F]+|[^",\s]+)(?:,|$)'
)
_MASTER_TAGS = frozenset({"EXT-X-MEDIA", "EXT-X-STREAM-INF"})
_MEDIA_TAGS = frozenset(
    {"EXTINF", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-MAP",
     "EXT-X-PLAYLIST-TYPE"}
)  # fmt: skip
_BOTH = frozenset({"EXTM3U", "EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START"})
_AT_MOST_ONCE = frozenset(
    {"EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-ENDLIST",
     "EXT-X-PLAYLIST-TYPE", "EXT-X-START", "EXT-X-INDEPENDENT-SEGMENTS", "EXTM3U"}
)  # fmt: skip
_MAP_WITHOUT_I_FRAMES = 6


@dataclass(frozen=True)
class Media:
    """A media playlist."""

    target_s: int
    kind: str
    header: str
    segments: list[tuple[str, float]]
    ended: bool

    @property
    def duration_s(self) -> float:
        return sum(duration_s for _, duration_s in self.segments)


@dataclass(frozen=True)
class Master:
    """A master playlist: its one variant, and what it may be combined with."""

    variant: dict[str, str]
    uri: str
    media: list[dict[str, str]] = field(default_factory=list)

    def of_type(self, kind: str) -> list[dict[str, str]]:
        return [each for each in self.media if each["TYPE"] == kind]


def read_master(text: str) -> Master:
    """The playlist, where it keeps the rules."""
    tags = _tags(text, _MASTER_TAGS)
    media = [_attributes(value) for name, value, _ in tags if name == "EXT-X-MEDIA"]
    for each in media:
        assert each["TYPE"] in ("AUDIO", "SUBTITLES")
        assert _quoted(each["GROUP-ID"]) and _quoted(each["NAME"])
        assert each.get("DEFAULT", "NO") in ("YES", "NO")
        assert each.get("DEFAULT") != "YES" or each.get("AUTOSELECT", "YES") == "YES"
        assert each["TYPE"] == "SUBTITLES" or "FORCED" not in each
        assert "URI" in each
    groups = {(each["TYPE"], each["GROUP-ID"]) for each in media}
    for group in groups:
        own = [each for each in media if (each["TYPE"], each["GROUP-ID"]) == group]
        assert len({each["NAME"] for each in own}) == len(own)
        assert sum(each.get("DEFAULT") == "YES" for each in own) <= 1
    [(_, value, uri)] = [tag for tag in tags if tag[0] == "EXT-X-STREAM-INF"]
    variant = _attributes(value)
    assert int(variant["BANDWIDTH"]) > 0
    assert _quoted(variant["CODECS"])
    assert uri and not uri.startswith("#")
    assert re.fullmatch(r"\d+x\d+", variant.get("RESOLUTION", "1x1"))
    assert re.fullmatch(r"\d+\.\d{3}", variant.get("FRAME-RATE", "1.000"))
    for kind in ("AUDIO", "SUBTITLES"):
        assert kind not in variant or (kind, variant[kind]) in groups
        assert kind in variant or not any(group[0] == kind for group in groups)
    return Master(variant, uri, media)


def read_media(text: str) -> Media:
    """The playlist, where it keeps the rules."""
    tags = _tags(text, _MEDIA_TAGS)
    found = {name: value for name, value, _ in tags}
    names = [name for name, _, _ in tags]
    target_s = int(found["EXT-X-TARGETDURATION"])
    segments = [(uri, float(value.partition(",")[0])) for n, value, uri in tags if n == "EXTINF"]
    assert all(uri and not uri.startswith("#") for uri, _ in segments)
    assert all(duration_s > 0 and int(duration_s + 0.5) <= target_s for _, duration_s in segments)
    assert found.get("EXT-X-PLAYLIST-TYPE") in ("EVENT", "VOD")
    assert found["EXT-X-PLAYLIST-TYPE"] != "VOD" or "EXT-X-ENDLIST" in found
    if "EXTINF" in names:
        first = names.index("EXTINF")
        assert "EXT-X-MEDIA-SEQUENCE" not in names[first:] and "EXT-X-MAP" not in names[first:]
    header = ""
    if "EXT-X-MAP" in found:
        assert int(found["EXT-X-VERSION"]) >= _MAP_WITHOUT_I_FRAMES
        header = _attributes(found["EXT-X-MAP"])["URI"].strip('"')
    kind = found["EXT-X-PLAYLIST-TYPE"]
    return Media(target_s, kind, header, segments, "EXT-X-ENDLIST" in found)


def check_growth(before: Media, after: Media) -> None:
    """Asserts that a client which knows the earlier playlist may be given the later one."""
    assert not before.ended or before == after
    assert after.target_s == before.target_s
    assert after.header == before.header
    assert after.segments[: len(before.segments)] == before.segments


def _tags(text: str, allowed: frozenset[str]) -> list[tuple[str, str, str]]:
    """Name, value and the line after each tag; every line is a tag, or belongs to one."""
    assert text.endswith("\n") and "\ufeff" not in text
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    tags = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith("#"):
            assert tags and tags[-1][0] in ("EXTINF", "EXT-X-STREAM-INF"), f"stray {line!r}"
            continue
        name, _, value = line.removeprefix("#").partition(":")
        assert name in allowed | _BOTH, f"{name} has no place here"
        assert name not in _AT_MOST_ONCE or name not in {tag for tag, _, _ in tags}
        tags.append((name, value, following))
    return tags


def _attributes(text: str) -> dict[str, str]:
    found, at = {}, 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        assert match, f"no attribute list: {text[at:]!r}"
        assert match[1] not in found
        found[match[1]] = match[2]
        at = match.end()
    return found


def _quoted(value: str) -> bool:
    return len(value) > 2 and value[0] == value[-1] == '"'
