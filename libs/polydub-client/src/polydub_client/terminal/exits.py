"""The exit codes, and which one an outcome has."""

from __future__ import annotations

from enum import IntEnum

from polydub_client.errors import PolydubError, ServerUnreachable
from polydub_client.models import DubState


class Exit(IntEnum):
    """What the process tells its caller."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    CANCELED = 130


HELP = """\
Exit codes: 0 completed, also with warnings (a note says so); 1 the dub failed, or the server or \
the disk did; 2 wrong usage; 3 refused (a file, a language pair, an engine or an id); 4 the server \
is not reachable; 130 canceled."""

INTERRUPTED = "interrupted"
"""The code of the error that stands for Ctrl-C."""

_OF_CODE = {INTERRUPTED: Exit.CANCELED, "invalid_server": Exit.USAGE}
_OF_STATE = {DubState.FAILED: Exit.FAILED, DubState.CANCELED: Exit.CANCELED}


def of_state(state: DubState) -> Exit:
    """The code for a dub that stands so."""
    return _OF_STATE.get(state, Exit.OK)


def of_error(error: PolydubError) -> Exit:
    """The code for a call that failed.

    A refusal is an answer that trying again won't change: any 4xx, and a 5xx such as
    ``engine_unavailable`` that the server marks as not retryable.
    """
    if isinstance(error, ServerUnreachable):
        return Exit.UNREACHABLE
    if error.code in _OF_CODE:
        return _OF_CODE[error.code]
    if 400 <= error.status < 500 or (error.status == 503 and not error.retryable):
        return Exit.REFUSED
    return Exit.FAILED
