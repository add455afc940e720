"""What playlists call a picture's codec (RFC 6381). Pure."""

from __future__ import annotations

from polydub_muxing.hls.boxes import head_of, inside, sample_entry

_VISUAL_ENTRY_BYTES = 78
"""Fields of a visual sample entry before the boxes in it (ISO/IEC 14496-12, 12.1.3)."""
_PROFILE_SPACES = ("", "A", "B", "C")


def codec_name(header: bytes) -> str:
    """The codec of an initialization segment's picture: ``avc1.64001F``, ``hvc1.1.6.L93.B0``;
    of another codec the sample entry's own name; empty where there is none."""
    entry = sample_entry(header)
    head = head_of(entry)
    if head is None:
        return ""
    found = {
        each.kind: entry[each.content : each.end]
        for each in inside(entry, head.content + _VISUAL_ENTRY_BYTES, head.end)
    }
    name = head.kind.decode("ascii", "replace")
    if b"avcC" in found:
        return f"{name}.{found[b'avcC'][1:4].hex().upper()}"
    if b"hvcC" in found:
        return f"{name}.{_hevc(found[b'hvcC'])}"
    return name


def _hevc(record: bytes) -> str:
    """Profile, compatibility, tier, level and constraints (ISO/IEC 14496-15, annex E.3)."""
    profile = f"{_PROFILE_SPACES[record[1] >> 6]}{record[1] & 0x1F}"
    compatible = int(f"{int.from_bytes(record[2:6]):032b}"[::-1], 2)
    tier = "H" if record[1] & 0x20 else "L"
    constraints = [f"{byte:X}" for byte in record[6:12].rstrip(b"\0")]
    return ".".join([profile, f"{compatible:X}", f"{tier}{record[12]}", *constraints])
