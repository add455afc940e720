"""Voices that an ElevenLabs account holds only for as long as they are spoken with.

An account has room for few. So one is made for each speaker, named after the clip it imitates and
found again by that name, here and by other replicas; and deleted when it was not used for a while.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from polydub.cloud import CloudService, Refused
from polydub.telemetry import logger
from polydub_tts.style import Reference

NAME_PREFIX = "polydub-"
LEFT_BEHIND_S = 24 * 3600
"""A clone that is older was left behind by a process that died."""
CLOSING_LIMIT_S = 5.0

log = logger(__name__)


@dataclass
class _Clone:
    voice_id: str
    used_at: float


class AccountClones:
    """The clones that this process speaks with.

    Args:
        client: opens a client of the SDK whose failures are :class:`Refused`.
        kept_s: how long an unused one stays.
    """

    def __init__(
        self,
        service: CloudService,
        client: Callable[[], AbstractAsyncContextManager[Any]],
        kept_s: float,
    ) -> None:
        self._service, self._client, self._kept_s = service, client, kept_s
        self._clones: dict[str, _Clone] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sweeper: asyncio.Task[None] | None = None

    async def id_of(self, likeness: Reference) -> str:
        """The account's voice that imitates a clip; made where there is none.

        Raises:
            StageError: as the service's; ``engine_failed`` where the account has no room.
        """
        async with self._locks[likeness.digest]:
            clone = self._clones.get(likeness.digest)
            if clone is None:
                voice_id = await self._service.ask(lambda: self._find_or_make(likeness))
                clone = self._clones[likeness.digest] = _Clone(voice_id, 0.0)
            clone.used_at = time.monotonic()
            if self._sweeper is None or self._sweeper.done():
                self._sweeper = asyncio.create_task(self._sweep())
            return clone.voice_id

    def forget(self, likeness: Reference) -> None:
        """Drops a clone that the account does not have any more."""
        self._clones.pop(likeness.digest, None)

    def close(self) -> None:
        """Deletes what is left, within a few seconds."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        left = [clone.voice_id for clone in self._clones.values()]
        self._clones.clear()
        if left:
            # A loop of its own: this is called from within the one that is about to end.
            deleting = threading.Thread(target=lambda: asyncio.run(self._delete(left)), daemon=True)
            deleting.start()
            deleting.join(CLOSING_LIMIT_S)

    async def _find_or_make(self, likeness: Reference) -> str:
        name = f"{NAME_PREFIX}{likeness.digest}"
        async with self._client() as client:
            found = await client.voices.search(search=NAME_PREFIX, page_size=100)
            ours = [voice for voice in found.voices if (voice.name or "").startswith(NAME_PREFIX)]
            for voice in ours:
                if voice.name == name:
                    return str(voice.voice_id)
            await self._delete([voice.voice_id for voice in ours if _is_left_behind(voice)])
            clip = (await likeness.read()).to_wav()
            made = await client.voices.ivc.create(
                name=name,
                files=[("clip.wav", clip, "audio/wav")],
                description="A speaker's own voice, with their consent. Deleted when unused.",
            )
        log.info("voice_cloned", engine="elevenlabs", clone=likeness.digest)
        return str(made.voice_id)

    async def _sweep(self) -> None:
        """Deletes each clone when it was not used for long enough; ends with the last one."""
        while self._clones:
            oldest = min(clone.used_at for clone in self._clones.values())
            await asyncio.sleep(max(0.0, oldest + self._kept_s - time.monotonic()))
            until = time.monotonic() - self._kept_s
            idle = [key for key, clone in self._clones.items() if clone.used_at <= until]
            await self._delete([self._clones.pop(key).voice_id for key in idle])

    async def _delete(self, voice_ids: list[str]) -> None:
        for voice_id in voice_ids:
            try:
                async with self._client() as client:
                    await client.voices.delete(voice_id)
            except Refused as refusal:
                # It is found again as left behind, or gone already.
                log.warning("clone_not_deleted", engine="elevenlabs", status=refusal.status)


def _is_left_behind(voice: Any) -> bool:
    made_at = voice.created_at_unix
    return made_at is not None and time.time() - made_at > LEFT_BEHIND_S
