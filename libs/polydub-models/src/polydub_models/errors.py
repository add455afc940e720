"""What can go wrong with models, with what to do about it and the exit code it ends in."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from polydub_client.terminal.exits import Exit


class ModelsError(Exception):
    """A failure that a person can do something about.

    Args:
        message: what happened, in a sentence.
        hint: what to do about it.
    """

    exit: ClassVar[Exit] = Exit.FAILED

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnknownModel(ModelsError):
    """The catalogue has no such id."""

    exit = Exit.REFUSED


class Refused(ModelsError):
    """It may not be fetched: its terms were not accepted, or another model is in its place."""

    exit = Exit.REFUSED


class Missing(ModelsError):
    """It is not where it is asked for, and may not be looked for elsewhere."""

    exit = Exit.REFUSED


class Unreachable(ModelsError):
    """A server does not answer, or keeps breaking off."""

    exit = Exit.UNREACHABLE


class Corrupt(ModelsError):
    """What came is not what was pinned."""


class DiskFull(ModelsError):
    """There is no room for the files."""


@contextmanager
def disk_errors() -> Iterator[None]:
    """Says a full disk and other failures to write so that they can be mended.

    Raises:
        ModelsError: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        if error.errno == errno.ENOSPC:
            raise DiskFull(
                f"The disk is full{where}.",
                "Make room and run the same command again: it goes on where it was cut.",
            ) from error
        raise ModelsError(
            f"A file can't be read or written: {error.strerror or error}{where}.",
            "Check the model folder (POLYDUB_MODEL_DIR) and its permissions.",
        ) from error
