"""The stage's work from a stored file to its artifacts; the event and the call both run it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from polydub import artifacts, media
from polydub.artifacts import ArtifactFolder
from polydub.blocking import OnProgress
from polydub.engines import EngineRegistry
from polydub.errors import MediaError
from polydub.store import ObjectStore
from polydub.v1 import common_pb2, separation_pb2
from polydub_separation import probe, thumbnail, truncation
from polydub_separation.demux import RECIPE, Demuxed, demux
from polydub_separation.engines.base import Separated, SeparationEngine

DOCUMENT = "separation.json"
Progress = Callable[[float, str], Awaitable[None]]

_PROBED, _DEMUXED, _SEPARATED = 0.02, 0.3, 0.95


@dataclass(frozen=True)
class Request:
    """What to separate."""

    video_id: str
    source_key: str
    engine: str = ""
    source_language: str = ""


@dataclass(frozen=True)
class Done:
    """What there is now in the store."""

    products: separation_pb2.SeparationProducts
    reused: bool


async def probe_stored(path: Path, source_language: str) -> common_pb2.MediaInfo:
    """The facts of a file and its chosen track.

    Raises:
        MediaError: ``media_empty``, ``media_unreadable``, ``media_truncated``,
            ``no_audio_stream``.
    """
    try:
        found = await media.probe(path)
    except MediaError:
        if path.stat().st_size > 0:
            truncation.check_bytes(path)
        raise
    truncation.check_bytes(path)
    return probe.read_media(found, path.stat().st_size, source_language)


@dataclass(frozen=True)
class SeparationWork:
    """Probes, demuxes, separates and stores; finds what was made before."""

    store: ObjectStore
    registry: EngineRegistry[SeparationEngine]
    timeout_s: float

    async def probe(self, source_key: str, source_language: str) -> common_pb2.MediaInfo:
        async with self.store.local_file(source_key) as path:
            return await probe_stored(path, source_language)

    async def thumbnail(self, source_key: str, at_s: float, scratch: Path) -> bytes:
        """A picture of a stored file, as JPEG; see :func:`thumbnail.take`."""
        picture = scratch / "thumbnail.jpg"
        async with self.store.local_file(source_key) as path:
            await thumbnail.take(path, at_s, picture)
        return picture.read_bytes()

    async def run(self, request: Request, scratch: Path, progress: Progress) -> Done:
        """Does the work, or finds it done.

        Args:
            scratch: an existing folder for temporary files.

        Raises:
            StageError: see :func:`probe_stored`, :func:`demux` and the engines.
        """
        engine = self.registry.choose(request.engine, task="separation")
        async with self.store.local_file(request.source_key) as path:
            await progress(0.0, "Reading the file")
            facts = await probe_stored(path, request.source_language)
            folder = self._folder(request, facts, engine)
            if done := await folder.find_document(DOCUMENT, separation_pb2.SeparationProducts):
                return Done(done, reused=True)
            demuxed = await demux(
                path, facts, scratch, timeout_s=self.timeout_s,
                on_fraction=_share(progress, _PROBED, _DEMUXED, "Taking the sound out"),
            )  # fmt: skip
        separated = await engine.separate(
            demuxed.original,
            scratch,
            _share(progress, _DEMUXED, _SEPARATED, "Parting voice and background"),
        )
        await progress(_SEPARATED, "Storing the sound")
        products = _products(request, facts, engine, folder, demuxed, separated)
        await _store(folder, products, demuxed, separated)
        return Done(products, reused=False)

    def _folder(
        self, request: Request, facts: common_pb2.MediaInfo, engine: SeparationEngine
    ) -> ArtifactFolder:
        """The source's key stands for its content: uploads never change."""
        digest = artifacts.digest(
            source=request.source_key,
            track=facts.selected_audio,
            demux=RECIPE,
            engine=engine.id,
            version=engine.version,
        )
        return ArtifactFolder(self.store, request.video_id, engine.stage, digest)


def _share(progress: Progress, start: float, end: float, message: str) -> OnProgress:
    """Reports a step's fractions as those of the whole."""

    async def report(fraction: float) -> None:
        await progress(start + (end - start) * fraction, message)

    return report


def _products(
    request: Request,
    facts: common_pb2.MediaInfo,
    engine: SeparationEngine,
    folder: ArtifactFolder,
    demuxed: Demuxed,
    separated: Separated,
) -> separation_pb2.SeparationProducts:
    return separation_pb2.SeparationProducts(
        source_key=request.source_key,
        media=facts,
        original_key=folder.key(demuxed.original.name),
        analysis_key=folder.key(demuxed.analysis.name),
        voice_key=folder.key(separated.voice_16k.name),
        bed_key=folder.key(separated.bed.name),
        duration_ms=round(demuxed.duration_s * 1000),
        snr_db=separated.snr_db,
        audio_offset_s=probe.audio_offset_s(facts),
        engine=engine.use(),
        digest=folder.digest,
    )


async def _store(
    folder: ArtifactFolder,
    products: separation_pb2.SeparationProducts,
    demuxed: Demuxed,
    separated: Separated,
) -> None:
    for path in (demuxed.original, demuxed.analysis, separated.voice_16k, separated.bed):
        await folder.put_file(path.name, path)
    await folder.put_document(DOCUMENT, products)
