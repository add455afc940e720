"""Who asks, what they may do, and the ids of what they own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from polydub.errors import StageError


class Role(IntEnum):
    """What a member of an organisation may do; each role may do all that those before it may."""

    VIEWER = 1
    """Looks at everything and downloads it."""
    EDITOR = 2
    """Uploads, dubs, corrects and deletes."""
    ADMIN = 3
    """Manages members, keys, webhooks and limits."""

    @property
    def word(self) -> str:
        """As the API spells it."""
        return self.name.lower()


@dataclass(frozen=True)
class Caller:
    """Who asks. What there is belongs to organisations; the role is the caller's in this one."""

    user_id: str
    organisation_id: str
    role: Role
    key_id: str = ""
    """The API key that was shown; empty: the user came themselves."""
    read_only: bool = False
    """The key may look and not change anything, whatever its user may do."""
    session_id: str = ""
    """The signed-in session; empty: a key was shown, or nobody signs in here."""

    def check(self, needed: Role) -> None:
        """Returns when the caller may do what needs a role.

        Raises:
            StageError: ``forbidden``.
        """
        if self.read_only and needed > Role.VIEWER:
            raise StageError("forbidden", "This key may look and not change anything.")
        if self.role < needed:
            raise StageError(
                "forbidden", f"This needs the role {needed.word}; yours is {self.role.word}."
            )


LOCAL = Caller(user_id="local", organisation_id="local", role=Role.ADMIN)
"""The one who asks while the gateway serves its own machine and has no accounts."""


class Callers(Protocol):
    """Tells who asks."""

    async def identify(self, headers: Mapping[str, str], *, ticket: str = "") -> Caller:
        """The caller behind a request's headers, whose names are in lower case.

        Args:
            ticket: a one-time ticket that came with the address, where the call takes one.

        Raises:
            StageError: ``unauthenticated``.
        """

    async def check_still(self, caller: Caller) -> None:
        """Returns while a caller who was let in is still welcome, some seconds late at most.

        Raises:
            StageError: ``unauthenticated``.
        """


class OnlyLocal:
    """Everyone is the local owner."""

    async def check_still(self, caller: Caller) -> None:
        return

    async def identify(self, headers: Mapping[str, str], *, ticket: str = "") -> Caller:
        return LOCAL


def new_id(kind: str) -> str:
    """An unguessable id: letters, digits and ``_`` only, so that it fits keys and subjects."""
    return f"{kind}_{secrets.token_hex(10)}"
