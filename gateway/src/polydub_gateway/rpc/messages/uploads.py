"""Uploads and imports as messages."""

from __future__ import annotations

from polydub.v1 import dubbing_pb2, uploads_pb2
from polydub_gateway.rpc.messages.dubs import problem_message
from polydub_gateway.uploads.importing import Import
from polydub_gateway.uploads.resumable import Upload


def upload_message(upload: Upload, video: dubbing_pb2.Video | None) -> uploads_pb2.Upload:
    row = upload.row
    return uploads_pb2.Upload(
        id=row.id,
        state=f"UPLOAD_STATE_{row.state.upper()}",
        filename=row.filename,
        offset=upload.offset,
        size_bytes=row.length,
        video=video,
        error=problem_message(row.error),
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
    )


def import_message(found: Import, video: dubbing_pb2.Video | None) -> uploads_pb2.Import:
    row = found.row
    return uploads_pb2.Import(
        id=row.id,
        state=f"IMPORT_STATE_{row.state.upper()}",
        host=row.host,
        progress=row.progress,
        received_bytes=row.received_bytes,
        video=video,
        error=problem_message(row.error),
        created_at_ms=row.created_at_ms,
        finished_at_ms=row.finished_at_ms or 0,
    )
