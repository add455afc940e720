"""Where the renditions of a job lie in the store, and how they are listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from polydub.artifacts import dump_document, read_document
from polydub.store import ObjectStore
from polydub.v1 import events_pb2, muxing_pb2
from polydub_muxing.hls.grid import SEGMENT_S

PICTURE, ORIGINAL = "picture", "original"
LIST, HEADER = "hls.json", "init.mp4"
FINISHED = "finished.json"
"""A finished rendition's own list, which stands before it is shown."""


def subtitles_of(language: str) -> str:
    return f"{language}-subtitles"


@dataclass(frozen=True)
class RenditionFolder:
    """One rendition: ``videos/<video>/live/<job>/<revision>/<name>/``.

    The gateway finds it by the job alone; it goes with the video.
    """

    store: ObjectStore
    video_id: str
    job_id: str
    revision: int
    name: str

    @classmethod
    def of(cls, store: ObjectStore, envelope: events_pb2.Envelope, name: str) -> RenditionFolder:
        return cls(store, envelope.video_id, envelope.job_id, envelope.revision, name)

    def key(self, file: str) -> str:
        return f"videos/{self.video_id}/live/{self.job_id}/{self.revision}/{self.name}/{file}"

    async def read(self, file: str = LIST) -> muxing_pb2.HlsRendition | None:
        """The list as it stands; None where there is none."""
        key = self.key(file)
        if not await self.store.exists(key):
            return None
        return await read_document(self.store, key, muxing_pb2.HlsRendition)

    async def write(self, rendition: muxing_pb2.HlsRendition, file: str = LIST) -> None:
        await self.store.put_bytes(self.key(file), dump_document(rendition))

    async def is_complete(self) -> bool:
        found = await self.read()
        return found is not None and found.complete


def peak_bandwidth(sizes: Iterable[tuple[int, float]]) -> int:
    """The highest rate of any segment in bits a second; each is bytes and seconds.

    Segments shorter than half of the usual length don't count, unless there is no other (RFC 8216,
    4.1).
    """
    rates = [(duration_s, size * 8 / duration_s) for size, duration_s in sizes if duration_s > 0]
    counted = [rate for duration_s, rate in rates if duration_s >= SEGMENT_S / 2]
    return round(max(counted or [rate for _, rate in rates], default=0))
