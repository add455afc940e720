"""What ``/metrics`` tells of the GPU, with a library in the place of NVIDIA's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from polydub import telemetry
from polydub.accelerator import watch_gpu_memory

pytestmark = pytest.mark.unit

NVML = """
from types import SimpleNamespace

class NVMLError(Exception): ...

def nvmlInit():
    {init}

def nvmlDeviceGetHandleByIndex(index):
    return ("gpu", index)

def nvmlDeviceGetMemoryInfo(device):
    assert device == ("gpu", 0)
    return SimpleNamespace(total=80_000, used=12_345)

def nvmlDeviceGetUtilizationRates(device):
    assert device == ("gpu", 0)
    return SimpleNamespace(gpu=37, memory=5)
"""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorRegistry]:
    registry = CollectorRegistry()
    for name in ("GPU_BYTES", "GPU_LIMIT_BYTES", "GPU_BUSY"):
        told = getattr(telemetry, name)._name
        monkeypatch.setattr(telemetry, name, Gauge(told, "as there", ["device"], registry=registry))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    yield registry
    sys.modules.pop("pynvml", None)


@pytest.mark.parametrize(
    ("init", "told"),
    [("pass", (12_345, 80_000, 0.37)), ("raise NVMLError('no driver')", (None, None, None))],
    ids=["gpu", "none"],
)
def test_the_first_gpu_is_told_of_where_there_is_one(
    shown: CollectorRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    init: str,
    told: tuple[float | None, ...],
) -> None:
    (tmp_path / "pynvml.py").write_text(NVML.format(init=init))
    monkeypatch.syspath_prepend(tmp_path)
    watch_gpu_memory()
    names = ("memory_bytes", "memory_limit_bytes", "busy_ratio")
    found = (shown.get_sample_value(f"polydub_gpu_{name}", {"device": "0"}) for name in names)
    assert tuple(found) == told
