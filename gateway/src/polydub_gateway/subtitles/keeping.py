"""Subtitles into the store, where the stages read them."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.artifacts import ArtifactFolder, digest, dump_document
from polydub.store import ObjectStore
from polydub.v1 import muxing_pb2
from polydub_gateway.subtitles.own import ReadSubtitles

DOCUMENT = "cues.json"


async def keep(
    store: ObjectStore, video_id: str, files: Sequence[ReadSubtitles]
) -> list[muxing_pb2.OwnSubtitles]:
    """Writes each file's cues below its video; how events name them."""
    return [await _kept(store, video_id, file) for file in files]


async def _kept(store: ObjectStore, video_id: str, file: ReadSubtitles) -> muxing_pb2.OwnSubtitles:
    document = file.document
    name = digest(cues=dump_document(document).decode())
    folder = ArtifactFolder(store, video_id, "gateway", name)
    key = await folder.put_document(DOCUMENT, document)
    return muxing_pb2.OwnSubtitles(
        key=key, language=document.language, digest=name, mended=file.notes
    )
