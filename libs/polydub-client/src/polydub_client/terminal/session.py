"""One command's run: a client, a way to tell, and an exit code whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import typer
from rich.console import Console

from polydub_client.client import Polydub
from polydub_client.errors import PolydubError
from polydub_client.keeping.sessions import FileSession
from polydub_client.terminal import exits, reporters
from polydub_client.terminal.following import Failure
from polydub_client.terminal.reporters import Reporter


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    client: Polydub
    reporter: Reporter
    out: Console
    err: Console
    as_json: bool

    def tell(self, kind: str, answer: object, show: Callable[[Console], None]) -> None:
        """Shows an answer, to people by ``show``, to programs as one object of type ``kind``."""
        if self.as_json:
            reporters.emit(kind, **plain_of(answer))
        else:
            show(self.out)

    def told_deleted(self, named: str) -> None:
        """Says that something is no more."""
        self.tell(
            "deleted", {"id": named}, lambda out: out.print(f"Deleted: {named}", markup=False)
        )


def plain_of(answer: object) -> dict[str, Any]:
    """A model, or a mapping to models, as JSON has it."""
    plain = _plain(answer)
    assert isinstance(plain, dict)
    return plain


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


@contextmanager
def session(server: str, api_key: str, *, as_json: bool, greets: bool = True) -> Iterator[Session]:
    """Connects; ends the process with the right code and a sentence on every known failure.

    Args:
        greets: whether to ask first whether the server answers, and knows who asks.

    Raises:
        typer.Exit: instead of any PolydubError, OSError, or KeyboardInterrupt.
    """
    out, err = Console(), Console(stderr=True)
    reporter = reporters.choose(as_json=as_json, out=out, err=err)
    try:
        kept = FileSession.of_server(server)
        with closing(reporter), Polydub(server, api_key or None, session=kept) as client:
            if greets:
                client.check()
            yield Session(client, reporter, out, err, as_json)
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
