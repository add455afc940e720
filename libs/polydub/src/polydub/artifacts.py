"""Content-addressed artifacts: ``videos/<video_id>/<stage>/<digest>/<name>``.

A folder's result document is written last, so that its presence means that all is done.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

from polydub.errors import StageError
from polydub.store import ObjectInfo, ObjectStore

MessageT = TypeVar("MessageT", bound=Message)
Parameter = str | int | float | bool | None | list["Parameter"] | dict[str, "Parameter"]


def digest(**inputs: Parameter) -> str:
    """A name for what is made from these inputs: 24 hex digits of SHA-256 over canonical JSON.

    Give everything that changes the result: digests of inputs, engine id and version, parameters.
    """
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]


def dump_document(document: Message) -> bytes:
    """The document as JSON that a person can read and repair; every field stands in it."""
    text = json_format.MessageToJson(
        document,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        ensure_ascii=False,
    )
    return text.encode() + b"\n"


@dataclass(frozen=True)
class ArtifactFolder:
    """One folder of artifacts: what one stage made of one set of inputs."""

    store: ObjectStore
    video_id: str
    stage: str
    digest: str

    def key(self, name: str) -> str:
        return f"videos/{self.video_id}/{self.stage}/{self.digest}/{name}"

    async def put_file(self, name: str, path: Path) -> ObjectInfo:
        return await self.store.put_file(self.key(name), path)

    async def put_document(self, name: str, document: Message) -> str:
        """Writes the folder's document (last of all); its key."""
        key = self.key(name)
        await self.store.put_bytes(key, dump_document(document))
        return key

    async def find_document(self, name: str, kind: type[MessageT]) -> MessageT | None:
        """The document where it was written before, else None."""
        key = self.key(name)
        if not await self.store.exists(key):
            return None
        return await read_document(self.store, key, kind)


async def read_document(store: ObjectStore, key: str, kind: type[MessageT]) -> MessageT:
    """A document that an earlier stage wrote. Fields that this version does not know are skipped.

    Raises:
        StageError: ``artifact_missing`` when there is none or it can't be read.
    """
    data = await store.get_bytes(key)
    try:
        return json_format.Parse(data, kind(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise StageError("artifact_missing", f"The document {key} is damaged.") from error
