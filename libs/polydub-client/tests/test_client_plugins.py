"""Commands of other packages in the ``polydub`` program."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner

from polydub_client.cli import app
from polydub_client.terminal import plugins
from polydub_client.terminal.exits import Exit

pytestmark = pytest.mark.unit

loaded: list[str] = []
toys = typer.Typer(help="Toys of another package.")


@toys.command()
def play(name: str) -> None:
    typer.echo(f"playing {name}")


@toys.command()
def stop() -> None:
    typer.echo("stopped")


class Toys(EntryPoint):
    def load(self) -> typer.Typer:
        loaded.append(self.name)
        return toys


@pytest.fixture
def with_toys(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    loaded.clear()
    entry = Toys("toys", "elsewhere:app", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    return CliRunner()


def test_another_package_s_app_is_mounted_by_its_name(with_toys: CliRunner) -> None:
    result = with_toys.invoke(app, ["toys", "play", "ball"])
    assert (result.exit_code, result.output) == (Exit.OK, "playing ball\n")
    assert "Toys of another package." in with_toys.invoke(app, ["--help"]).output


def test_it_is_loaded_only_when_called(with_toys: CliRunner) -> None:
    with_toys.invoke(app, ["dub", "--help"])
    assert loaded == []


def test_a_known_command_that_is_not_there_names_its_package(with_toys: CliRunner) -> None:
    result = with_toys.invoke(app, ["models", "pull", "--yes"])
    assert result.exit_code == Exit.REFUSED
    assert "pip install polydub-models" in result.output


def test_an_unknown_command_stays_wrong_usage(with_toys: CliRunner) -> None:
    assert with_toys.invoke(app, ["nonsense"]).exit_code == Exit.USAGE
