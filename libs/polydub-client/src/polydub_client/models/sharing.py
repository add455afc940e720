"""Links to dubs for people without an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """A link that holds."""

    id: str = ""
    languages: tuple[str, ...] = ()
    """Empty: all."""
    downloads: bool = False
    """Whether files may be saved, not only played."""
    created_at: str = ""
    expires_at: str = ""


@dataclass(frozen=True)
class NewShare(Share):
    """A link as it is told when it is made, and never again."""

    token: str = ""
    url: str = ""
    """Where the page shows the dub; a path where the server does not know its own address."""
