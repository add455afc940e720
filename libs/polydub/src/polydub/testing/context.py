"""A stage's surroundings without a broker: for unit tests of handlers."""

from __future__ import annotations

from pathlib import Path

from polydub.ledger import Ledger
from polydub.pipeline import BY_NAME
from polydub.settings import CommonSettings
from polydub.stage import StageContext
from polydub.store.local import LocalStore


class MemoryLedger(Ledger):
    """A ledger that lives as long as the test."""

    def __init__(self) -> None:
        self._decisions: dict[tuple[str, str], bytes] = {}
        self._registers: dict[tuple[str, str], dict[str, bytes]] = {}

    async def decide(self, job_id: str, name: str, proposal: bytes) -> bytes:
        return self._decisions.setdefault((job_id, name), proposal)

    async def decided(self, job_id: str, name: str) -> bytes | None:
        return self._decisions.get((job_id, name))

    async def record(self, job_id: str, register: str, entry: str, value: bytes) -> None:
        self._registers.setdefault((job_id, register), {}).setdefault(entry, value)

    async def names(self, job_id: str, register: str) -> set[str]:
        return set(self._registers.get((job_id, register), {}))

    async def entries(self, job_id: str, register: str) -> dict[str, bytes]:
        return dict(self._registers.get((job_id, register), {}))


def stage_context(stage: str, folder: Path, *, ledger: Ledger | None = None) -> StageContext:
    """A context over a local store in ``folder``; progress goes nowhere."""
    settings = CommonSettings(
        store_dir=folder / "store", model_dir=folder / "models", cache_dir=folder / "cache"
    )
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)

    async def report(fraction: float, message: str) -> None:
        assert 0.0 <= fraction <= 1.0, f"progress {fraction} of {message!r}"

    return StageContext(
        stage=BY_NAME[stage],
        settings=settings,
        store=LocalStore(settings.store_dir),
        ledger=ledger or MemoryLedger(),
        scratch=scratch,
        report=report,
    )
