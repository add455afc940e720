"""The stack and the clip that the tests of the whole share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sample
from running import RunningStack, started


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    yield from started(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample of ``make demo``."""
    path = tmp_path_factory.mktemp("clip") / "polydub-sample.mp4"
    sample.make(path)
    return path
