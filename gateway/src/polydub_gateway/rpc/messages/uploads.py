"""Uploads and imports as messages."""

from __future__ import annotations

from polydub.errors import StageError
from polydub.v1 import dubbing_pb2, uploads_pb2
from polydub_gateway.rpc.messages.dubs import problem_message
from polydub_gateway.uploads.importing import Import, ImportState
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
        state=_import_state_name(row.state),
        host=row.host,
        progress=row.progress,
        received_bytes=row.received_bytes,
        video=video,
        error=problem_message(row.error),
        created_at_ms=row.created_at_ms,
        finished_at_ms=row.finished_at_ms or 0,
    )


def import_state_of(message: uploads_pb2.ImportState) -> ImportState:
    """The state that a message names.

    Raises:
        StageError: ``invalid_request`` for none that there is.
    """
    for state in ImportState:
        if uploads_pb2.ImportState.Value(_import_state_name(state)) == message:
            return state
    raise StageError("invalid_request", f"There is no state {message}.")


def _import_state_name(state: str) -> str:
    return f"IMPORT_STATE_{state.upper()}"
