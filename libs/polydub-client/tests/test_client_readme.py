"""The README's examples, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from polydub_client import DEFAULT_URL
from polydub_client.terminal.exits import Exit

pytestmark = pytest.mark.contract

README = (Path(__file__).parents[1] / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_run(
    example: str, gateway: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "talk.mp4").write_bytes(b"moving")
    gateway.files = {"talk.es.mp4": b"mp4"}
    monkeypatch.chdir(tmp_path)
    exec(compile(example.replace(DEFAULT_URL, gateway.url), "README.md", "exec"), {})
    assert (tmp_path / "out" / "talk.es.mp4").read_bytes() == b"mp4"
    assert capsys.readouterr().out


def test_there_are_examples_of_both_clients() -> None:
    assert len(EXAMPLES) == 2


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert documented == {int(code) for code in Exit}
