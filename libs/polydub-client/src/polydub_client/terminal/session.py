"""One command's run: a client, a way to tell, and an exit code whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import typer
from rich.console import Console

from polydub_client.client import Polydub
from polydub_client.errors import PolydubError
from polydub_client.terminal import exits, reporters
from polydub_client.terminal.following import Failure
from polydub_client.terminal.reporters import Reporter


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    client: Polydub
    reporter: Reporter
    out: Console


@contextmanager
def session(server: str, api_key: str, *, as_json: bool) -> Iterator[Session]:
    """Connects; ends the process with the right code and a sentence on every known failure.

    Raises:
        typer.Exit: instead of any PolydubError, OSError, or KeyboardInterrupt.
    """
    out, err = Console(), Console(stderr=True)
    reporter = reporters.choose(as_json=as_json, out=out, err=err)
    try:
        with closing(reporter), Polydub(server, api_key or None) as client:
            client.check()
            yield Session(client, reporter, out)
    except Failure as failure:
        raise _ended(reporter, failure.what, failure.error) from failure
    except PolydubError as error:
        raise _ended(reporter, "That did not work.", error) from error
    except OSError as error:
        raise _ended(reporter, "A file could not be read or written.", _of_disk(error)) from error
    except KeyboardInterrupt as error:
        stopped = PolydubError("Ctrl-C was pressed.", code=exits.INTERRUPTED)
        raise _ended(reporter, "Interrupted.", stopped) from error


def _ended(reporter: Reporter, what: str, error: PolydubError) -> typer.Exit:
    reporter.failed(what, error)
    return typer.Exit(exits.of_error(error))


def _of_disk(error: OSError) -> PolydubError:
    where = f": {error.filename}" if error.filename else ""
    return PolydubError(
        f"{error.strerror or error}{where}",
        code="disk",
        hint="Check the folder, its permissions and the free space, then try again.",
    )
