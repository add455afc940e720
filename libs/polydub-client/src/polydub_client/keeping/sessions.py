"""The tokens of who signed in: in memory, or in a file that processes share."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from polydub_client.keeping.locks import FileLock, Lock
from polydub_client.keeping.places import name_for, state_dir, write_private
from polydub_client.models import Tokens


@dataclass(frozen=True)
class SignedIn:
    """Tokens, and until when the access token holds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at_s: float
    """Unix time."""
    organisation_id: str = ""

    @classmethod
    def of(cls, tokens: Tokens) -> SignedIn:
        return cls(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at_s=time.time() + tokens.expires_in,
            organisation_id=tokens.organisation_id,
        )


class SessionKeeper(Protocol):
    """Where the tokens of one server lie.

    A refresh token is good once: whoever changes it for another has the :meth:`lock` meanwhile,
    and looks first whether someone else has done it.
    """

    def read(self) -> SignedIn | None: ...
    def write(self, session: SignedIn | None) -> None: ...
    def lock(self) -> Lock: ...


class _MemoryLock:
    def __init__(self) -> None:
        self._lock = threading.Lock()

    def take(self) -> bool:
        return self._lock.acquire(blocking=False)

    def give_back(self) -> None:
        self._lock.release()


class MemorySession:
    """Tokens of one process."""

    def __init__(self, session: SignedIn | None = None) -> None:
        self._session = session
        self._lock = _MemoryLock()

    def read(self) -> SignedIn | None:
        return self._session

    def write(self, session: SignedIn | None) -> None:
        self._session = session

    def lock(self) -> Lock:
        return self._lock


class FileSession:
    """Tokens in a file that only its owner can read, with a lock file beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_server(cls, base_url: str) -> FileSession:
        """The file of one server among the user's state."""
        return cls(state_dir() / "sessions" / f"{name_for(base_url.rstrip('/'))}.json")

    def read(self) -> SignedIn | None:
        try:
            return SignedIn(**json.loads(self.path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # not there, or not ours: nobody is signed in

    def write(self, session: SignedIn | None) -> None:
        if session is None:
            self.path.unlink(missing_ok=True)
        else:
            write_private(self.path, json.dumps(asdict(session)))

    def lock(self) -> Lock:
        return FileLock(self.path.with_suffix(".lock"))
