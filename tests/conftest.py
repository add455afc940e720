"""The stack and the clip that the tests of the whole share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sample
from collecting import Collector, collecting
from running import RunningStack, started


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the stack's traces go."""
    with collecting() as running:
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[RunningStack]:
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "POLYDUB_TRACE_URL": "https://traces.example/{trace_id}",
        "POLYDUB_LOG_FORMAT": "json",
    }
    yield from started(tmp_path_factory.mktemp("stack"), **settings)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample of ``make demo``."""
    path = tmp_path_factory.mktemp("clip") / "polydub-sample.mp4"
    sample.make(path)
    return path
