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
"""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorRegistry]:
    registry = CollectorRegistry()
    gauge = Gauge("polydub_gpu_memory_bytes", "as there", registry=registry)
    monkeypatch.setattr(telemetry, "GPU_BYTES", gauge)
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    yield registry
    sys.modules.pop("pynvml", None)


@pytest.mark.parametrize(
    ("init", "told"), [("pass", 12_345), ("raise NVMLError('no driver')", 0)], ids=["gpu", "none"]
)
def test_the_memory_of_the_first_gpu(
    shown: CollectorRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    init: str,
    told: int,
) -> None:
    (tmp_path / "pynvml.py").write_text(NVML.format(init=init))
    monkeypatch.syspath_prepend(tmp_path)
    watch_gpu_memory()
    assert shown.get_sample_value("polydub_gpu_memory_bytes") == told
