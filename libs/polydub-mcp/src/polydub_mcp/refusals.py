"""What went wrong, said so that an assistant can tell it or do something about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ToolError

from polydub_client import PolydubError


@contextmanager
def refusals() -> Iterator[None]:
    """Makes errors of Polydub, and of this machine's disk, those of a tool."""
    try:
        yield
    except PolydubError as error:
        raise ToolError(_said(error)) from error
    except OSError as error:
        raise ToolError(f"[disk] {error.strerror or error}. What to do: check the disk.") from error


def _said(error: PolydubError) -> str:
    where = f" (stage {error.stage})" if error.stage else ""
    hint = f" What to do: {error.hint}" if error.hint else ""
    again = " Trying again may help." if error.retryable else ""
    return f"[{error.code}]{where} {error.message}{hint}{again}"
