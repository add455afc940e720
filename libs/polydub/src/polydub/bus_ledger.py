"""The jobs' ledger, kept in a JetStream key-value bucket."""

from __future__ import annotations

import asyncio

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from polydub.errors import StageError
from polydub.ledger import Ledger

LEDGER_BUCKET = "polydub_ledger"
_AT_A_TIME = 32
"""Entries that are asked for together."""


class BusLedger(Ledger):
    """Keys are ``<job>.<register>[.<entry>]``."""

    def __init__(self, js: JetStreamContext, bucket: KeyValue) -> None:
        self._js = js
        self._bucket = bucket

    async def decide(self, job_id: str, name: str, proposal: bytes) -> bytes:
        key = f"{job_id}.{name}"
        while True:
            if (standing := await self._get(key)) is not None:
                return standing
            if await self._create(key, proposal):
                return proposal

    async def decided(self, job_id: str, name: str) -> bytes | None:
        return await self._get(f"{job_id}.{name}")

    async def record(self, job_id: str, register: str, entry: str, value: bytes) -> None:
        await self._create(f"{job_id}.{register}.{entry}", value)

    async def entries(self, job_id: str, register: str) -> dict[str, bytes]:
        names = list(await self.names(job_id, register))
        found: dict[str, bytes] = {}
        for first in range(0, len(names), _AT_A_TIME):
            some = names[first : first + _AT_A_TIME]
            values = await asyncio.gather(
                *(self._get(f"{job_id}.{register}.{name}") for name in some)
            )
            for name, value in zip(some, values, strict=True):
                if value is None:  # this replica of the bucket is behind its leader
                    raise _ledger_unavailable()
                found[name] = value
        return found

    async def names(self, job_id: str, register: str) -> set[str]:
        # As the leader of the bucket's stream knows them.
        subjects = f"$KV.{LEDGER_BUCKET}.{job_id}.{register}."
        try:
            info = await self._js.stream_info(f"KV_{LEDGER_BUCKET}", f"{subjects}*")
        except (NatsError, APIError, TimeoutError) as error:
            raise _ledger_unavailable() from error
        return {name.removeprefix(subjects) for name in info.state.subjects or ()}

    async def _get(self, key: str) -> bytes | None:
        try:
            return (await self._bucket.get(key)).value or b""
        except KeyNotFoundError:
            return None
        except (TimeoutError, NatsError, APIError) as error:
            raise _ledger_unavailable() from error

    async def _create(self, key: str, value: bytes) -> bool:
        try:
            await self._bucket.create(key, value)
        except KeyWrongLastSequenceError:
            return False
        except (TimeoutError, NatsError, APIError) as error:
            raise _ledger_unavailable() from error
        return True


def _ledger_unavailable() -> StageError:
    return StageError("bus_unavailable", "The broker did not answer about a job's ledger.")
