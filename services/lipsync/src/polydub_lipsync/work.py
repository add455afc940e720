"""What the event and the call both do: look for a face, have the lips moved, write the file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from polydub.artifacts import ArtifactFolder, Parameter, digest
from polydub.engines import EngineRegistry
from polydub.errors import EngineUnavailable, StageError
from polydub.store import ObjectStore
from polydub.v1 import lipsync_pb2
from polydub_lipsync.engines.base import LipsyncEngine, SyncTask
from polydub_lipsync.faces import FaceDetector, face_share
from polydub_lipsync.joining import Picture, join, read_picture, write_sound
from polydub_lipsync.moments import Span, sample_moments

RECIPE = 1
"""Counts changes of sampling or joining that make old results differ from new ones."""
DOCUMENT, VIDEO = "lipsync.json", "dub.mp4"
_SHARE_LOOKED, _SHARE_SYNCED = 0.1, 0.9

Report = Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    """When a picture is worth the work, and how long it may take."""

    min_face_share: float
    face_samples: int
    work_s: float
    engine_s: float


@dataclass(frozen=True)
class Task:
    """A dubbed video. ``spoken`` is when someone speaks, in the file's time; empty: not known."""

    video_id: str
    source_key: str
    engine: str = ""
    spoken: Sequence[Span] = ()


@dataclass(frozen=True)
class Done:
    """What became of a video; ``size_bytes`` of the new file, 0 where there is none."""

    products: lipsync_pb2.LipsyncProducts
    size_bytes: int = 0
    reused: bool = False


class LipsyncWork:
    """Makes a video whose lips say what is heard, where a face is seen at all."""

    def __init__(
        self,
        registry: EngineRegistry[LipsyncEngine],
        detector: FaceDetector,
        limits: Limits,
        store: ObjectStore,
    ) -> None:
        self.registry = registry
        self._detector = detector
        self._limits = limits
        self._store = store

    async def run(self, task: Task, scratch: Path, report: Report) -> Done:
        """The products for one video; finished work is reused.

        Raises:
            StageError: ``engine_unavailable``, ``engine_failed``, ``engine_timeout``,
                ``artifact_missing``.
        """
        engine = self.registry.choose(task.engine, task="lip sync")
        folder = self._folder(task, engine)
        found = await folder.find_document(DOCUMENT, lipsync_pb2.LipsyncProducts)
        if found is not None:
            return await self._done(found, reused=True)
        try:
            async with asyncio.timeout(self._limits.work_s):
                made = await self._make(task, engine, folder, scratch, report)
        except TimeoutError as error:
            raise StageError("engine_timeout", "Lip sync took too long.") from error
        await folder.put_document(DOCUMENT, made)
        return await self._done(made, reused=False)

    async def _make(
        self,
        task: Task,
        engine: LipsyncEngine,
        folder: ArtifactFolder,
        scratch: Path,
        report: Report,
    ) -> lipsync_pb2.LipsyncProducts:
        products = lipsync_pb2.LipsyncProducts(engine=engine.use(), digest=folder.digest)
        async with self._store.local_file(task.source_key) as video:
            picture = await read_picture(video)
            if picture is None or not picture.has_sound:
                products.outcome = lipsync_pb2.LIPSYNC_OUTCOME_NO_PICTURE
                products.reason = "The file has no picture." if not picture else "It has no sound."
                return products
            if self._limits.min_face_share > 0:
                share = await self._face_share(video, picture, task.spoken, scratch, report)
                products.face_share = share
                if share < self._limits.min_face_share:
                    products.outcome = lipsync_pb2.LIPSYNC_OUTCOME_NO_FACE
                    products.reason = f"A face is seen in {share:.0%} of the moments with speech."
                    return products
            output = await self._sync(engine, video, picture, scratch, report)
        products.video_key = (await folder.put_file(VIDEO, output)).key
        products.outcome = lipsync_pb2.LIPSYNC_OUTCOME_SYNCED
        return products

    async def _face_share(
        self,
        video: Path,
        picture: Picture,
        spoken: Sequence[Span],
        scratch: Path,
        report: Report,
    ) -> float:
        here = self._detector.available()
        if not here.ok:
            raise EngineUnavailable(f"{here.reason}.", hint=here.remedy)

        async def on_progress(fraction: float) -> None:
            await report(_SHARE_LOOKED * fraction, "looking for faces")

        moments = sample_moments(
            spoken, duration_ms=int(1000 * picture.end_s), limit=self._limits.face_samples
        )
        return await face_share(
            video, moments, self._detector, scratch=scratch, on_progress=on_progress
        )

    async def _sync(
        self, engine: LipsyncEngine, video: Path, picture: Picture, scratch: Path, report: Report
    ) -> Path:
        async def on_progress(fraction: float) -> None:
            done = _SHARE_LOOKED + (_SHARE_SYNCED - _SHARE_LOOKED) * fraction
            await report(done, "moving the lips")

        audio, folder, output = scratch / "dub.wav", scratch / "engine", scratch / VIDEO
        folder.mkdir(exist_ok=True)
        await write_sound(video, picture, audio, timeout_s=self._limits.work_s)
        moved = await engine.sync(
            SyncTask(video=video, audio=audio, duration_s=picture.duration_s, folder=folder),
            timeout_s=self._limits.engine_s,
            on_progress=on_progress,
        )
        await report(_SHARE_SYNCED, "writing the file")
        await join(moved, video, output, timeout_s=self._limits.work_s)
        return output

    def _folder(self, task: Task, engine: LipsyncEngine) -> ArtifactFolder:
        spoken: list[Parameter] = [[start, end] for start, end in task.spoken]
        name = digest(
            recipe=RECIPE,
            source=task.source_key,
            spoken=spoken,
            engine=engine.id,
            engine_version=engine.version,
            parameters=engine.parameters(),
            faces=[self._limits.min_face_share, self._limits.face_samples],
        )
        return ArtifactFolder(self._store, task.video_id, "lipsync", name)

    async def _done(self, products: lipsync_pb2.LipsyncProducts, *, reused: bool) -> Done:
        if not products.video_key:
            return Done(products, reused=reused)
        info = await self._store.stat(products.video_key)
        if info is None:
            raise StageError("artifact_missing", f"{products.video_key} is gone from the store.")
        return Done(products, info.size_bytes, reused)
