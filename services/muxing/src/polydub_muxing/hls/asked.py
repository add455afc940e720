"""One event of a job that asks for HTTP Live Streaming, and what its renditions are made with."""

from __future__ import annotations

from dataclasses import dataclass

import soundfile

from polydub.blocking import run_blocking
from polydub.stage import StageContext
from polydub.store import ObjectStore
from polydub.v1 import common_pb2, events_pb2, muxing_pb2, separation_pb2
from polydub_muxing.hls.picture import make_picture
from polydub_muxing.hls.renditions import ORIGINAL, PICTURE, RenditionFolder
from polydub_muxing.hls.sound import make_original


def is_live(spec: events_pb2.DubSpec) -> bool:
    """Whether a job wants to be played while it is made, and can be: where the picture is slowed,
    each language's has a time of its own, and they share no presentation."""
    asked = muxing_pb2.EXTRA_HLS in spec.extras
    return asked and spec.fit_mode != muxing_pb2.FIT_MODE_SLOW_PICTURE


@dataclass(frozen=True)
class Asked:
    """What one event can tell of the presentation."""

    event: events_pb2.Event
    context: StageContext
    timeout_s: float

    @property
    def store(self) -> ObjectStore:
        return self.context.store

    @property
    def language(self) -> str:
        return self.event.envelope.target_language

    @property
    def separation(self) -> separation_pb2.SeparationProducts:
        return self.event.products.separation

    @property
    def video(self) -> common_pb2.VideoStream | None:
        streams = self.separation.media.video
        return streams[0] if streams else None

    def folder(self, name: str) -> RenditionFolder:
        return RenditionFolder.of(self.store, self.event.envelope, name)

    async def make_shared(self) -> None:
        """Picture and original sound, which all languages share; what is complete stays.

        Raises:
            StageError: ``engine_failed``, ``engine_timeout``, ``artifact_missing``; the store's.
        """
        await self._make_picture()
        await self._make_original()

    async def _make_picture(self) -> None:
        folder = self.folder(PICTURE)
        if self.video is None or await folder.is_complete():
            return
        async with self.store.local_file(self.separation.source_key) as source:
            await make_picture(
                folder, source, self.video, self.context.scratch, timeout_s=self.timeout_s
            )

    async def _make_original(self) -> None:
        folder = self.folder(ORIGINAL)
        if await folder.is_complete():
            return
        async with self.store.local_file(self.separation.original_key) as original:
            about = await run_blocking(lambda _: soundfile.info(str(original)))
            await make_original(
                folder, original, self.context.scratch,
                rate_hz=about.samplerate, channels=about.channels, duration_s=about.duration,
                offset_s=self.separation.audio_offset_s, timeout_s=self.timeout_s,
            )  # fmt: skip
