"""What a whole job must agree on: create-only decisions, and the register of finished parts."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Ledger(ABC):
    """Create-only facts about jobs, the same for every replica of every stage."""

    @abstractmethod
    async def decide(self, job_id: str, name: str, proposal: bytes) -> bytes:
        """Makes ``proposal`` the job's decision unless there is one; the decision that stands.

        ``name`` is made of letters, digits, ``-`` and ``_``.
        """

    @abstractmethod
    async def decided(self, job_id: str, name: str) -> bytes | None:
        """The decision, if there is one."""

    @abstractmethod
    async def record(self, job_id: str, register: str, entry: str, value: bytes) -> None:
        """Enters something into one of the job's registers; a second time changes nothing."""

    @abstractmethod
    async def names(self, job_id: str, register: str) -> set[str]:
        """Which entries a register has, for much less than :meth:`entries` costs. Sees as much."""

    @abstractmethod
    async def entries(self, job_id: str, register: str) -> dict[str, bytes]:
        """All entries of a register, in no order. Sees every ``record`` that returned before."""
