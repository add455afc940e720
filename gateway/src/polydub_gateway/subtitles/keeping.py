"""Subtitles into the store, where the stages read them."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.artifacts import ArtifactFolder, digest, dump_document
from polydub.store import ObjectStore
from polydub.v1 import muxing_pb2

DOCUMENT = "cues.json"


async def keep(
    store: ObjectStore, video_id: str, documents: Sequence[muxing_pb2.CueDocument]
) -> list[muxing_pb2.OwnSubtitles]:
    """Writes each document below its video; how events name it."""
    return [await _kept(store, video_id, document) for document in documents]


async def _kept(
    store: ObjectStore, video_id: str, document: muxing_pb2.CueDocument
) -> muxing_pb2.OwnSubtitles:
    name = digest(cues=dump_document(document).decode())
    folder = ArtifactFolder(store, video_id, "gateway", name)
    key = await folder.put_document(DOCUMENT, document)
    return muxing_pb2.OwnSubtitles(key=key, language=document.language, digest=name)
