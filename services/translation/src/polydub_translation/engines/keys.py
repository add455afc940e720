"""Keys of services: from the environment or from a file, never shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr


@dataclass(frozen=True)
class Key:
    """A key and where it comes from. A file is read each time, so that a new key counts at once."""

    variable: str
    """The environment variable to name to people; ``<variable>_FILE`` names a file instead."""
    value: SecretStr
    file: Path | None = None

    def read(self) -> str:
        """The key, or nothing where there is none.

        Raises:
            OSError: when the file can't be read.
        """
        if self.file is not None:
            return self.file.read_text().strip()
        return self.value.get_secret_value()

    def problem(self) -> str:
        """What keeps the key from being read; nothing when it can be, or is not set."""
        try:
            self.read()
        except (OSError, UnicodeDecodeError):
            return f"the file that {self.variable}_FILE names can't be read"
        return ""

    @property
    def remedy(self) -> str:
        return f"Set {self.variable}, or {self.variable}_FILE to a file that holds the key."
