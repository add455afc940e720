"""What models are known by in artifacts' digests: their content, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


def fingerprint(files: Iterable[Path]) -> str:
    """A short name for the content of some files, in their order; ``none`` where there are none."""
    return "-".join(_known(path) for path in files) or "none"


def _known(path: Path) -> str:
    facts = path.stat()
    return _hashed(path, (facts.st_mtime_ns, facts.st_size))


@lru_cache(maxsize=32)
def _hashed(path: Path, _: tuple[int, int]) -> str:
    """Reads a file once for as long as its time and size stay as they are."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
