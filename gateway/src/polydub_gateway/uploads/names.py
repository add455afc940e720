"""Names of uploaded files: nothing of them reaches the store but a checked extension. Pure."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 200
_SEARCHED_CHARACTERS = 255
_EXTENSION = re.compile(r"\.([a-z0-9]{1,8})$")
_FALLBACK = "upload"


def display_name(raw: str) -> str:
    """The name as people see it again: no folders, no control characters, at most 200 long.

    The extension survives the cut.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    # Category C: control, format (such as right-to-left overrides), surrogate, unassigned.
    name = "".join(c for c in name if not unicodedata.category(c).startswith("C")).strip(" .")
    if len(name) > MAX_CHARACTERS:
        extension = extension_of(name)
        name = name[: MAX_CHARACTERS - len(extension) - 1].rstrip(" .") + f".{extension}"
    return name or _FALLBACK


def extension_of(name: str) -> str:
    """The extension in lower case where it is plain, else ``bin``."""
    found = _EXTENSION.search(name.lower())
    return found.group(1) if found else "bin"


def search_form(text: str) -> str:
    """A name as it is searched: in one case and one spelling."""
    return unicodedata.normalize("NFKC", text).casefold()[:_SEARCHED_CHARACTERS]


def source_key(video_id: str, name: str) -> str:
    """Where the store keeps the uploaded file."""
    return f"videos/{video_id}/source/original.{extension_of(name)}"
