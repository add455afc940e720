"""How lines stand in the finished dub, from its report."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from polydub.artifacts import read_document
from polydub.store import ObjectStore
from polydub.v1 import muxing_pb2
from polydub_gateway.jobs.service import Dubs

_KEPT_ELSEWHERE = ("id", "speaker_id", "source_text", "text", "source_confidence")
_JSON = "application/json"


class Fits:
    """Reads reports for those who correct lines."""

    def __init__(self, dubs: Dubs, store: ObjectStore) -> None:
        self._dubs = dubs
        self._store = store

    async def of(self, owner_id: str, dub_id: str, language: str) -> dict[str, dict[str, Any]]:
        """Line -> its part of the report; nothing where the language was not made.

        Raises:
            StageError: ``not_found``.
        """
        state = (await self._dubs.get(owner_id, dub_id)).state
        made = state.languages.get(language)
        keys = [
            file.key
            for file in (made.files if made else ())
            if file.kind == "report" and file.media_type == _JSON
        ]
        if not keys:
            return {}
        report = await read_document(self._store, keys[0], muxing_pb2.ReportDocument)
        return {line.id: _plain(line) for line in report.line_reports}


def _plain(line: muxing_pb2.LineReport) -> dict[str, Any]:
    told = json_format.MessageToDict(
        line, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return {name: value for name, value in told.items() if name not in _KEPT_ELSEWHERE}
