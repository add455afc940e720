"""Byte ranges and validators of downloads (RFC 9110, sections 13 and 14). Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from polydub.errors import StageError

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """The bytes ``[start, end)`` of something."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The one range a request asks for; None where the whole is to be sent.

    Several ranges, other units and malformed headers are answered with the whole, as the standard
    allows.

    Raises:
        StageError: ``range_not_satisfiable`` when no byte of the range exists.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if not last else min(size, int(last) + 1)
        if last and int(last) < start:
            return None
    if start >= end:
        raise StageError("range_not_satisfiable", f"The file has {size} bytes.")
    return ByteRange(start, end)


def etag_of(key: str) -> str:
    """A strong validator: keys name content, so that the same key is always the same bytes."""
    return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'


def matches(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names a validator (compared weakly)."""
    if header is None:
        return False
    return any(tag.strip().removeprefix("W/") in ("*", etag) for tag in header.split(","))


def range_still_stands(if_range: str | None, etag: str) -> bool:
    """Whether a Range header counts: without If-Range always, with it for the same bytes only."""
    return if_range is None or if_range.strip() == etag
