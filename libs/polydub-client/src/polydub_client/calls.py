"""The API's calls as values: how each is asked and how its answer is read. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from polydub_client.decode import decode
from polydub_client.errors import PolydubError, from_response
from polydub_client.models import (
    Artifact,
    Dub,
    DubPage,
    Languages,
    StageEngines,
    Video,
)
from polydub_client.options import DubOptions, wire

T = TypeVar("T")

PROBING_S = 900.0
"""How long the answer to an upload may take: the server reads through the file first."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and the reader of its answer."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True
    read_s: float | None = None
    """The longest silence before and within the answer, where it is not the usual one."""

    def answer(self, response: httpx.Response) -> T:
        """The result in a read response; raises the error it tells of."""
        if response.status_code >= 400:
            raise from_response(response)
        return self.read(response)

    def arguments(self) -> dict[str, Any]:
        """What httpx wants to know."""
        return {
            "method": self.method,
            "url": self.path,
            "params": self.params or None,
            "json": self.body,
            "headers": self.headers,
        }


def upload_video(filename: str, size_bytes: int) -> Call[Video]:
    """The call without its content: the clients stream that."""
    return Call(
        "PUT",
        "/v1/videos",
        _reader(Video),
        # A name may hold bytes that are no text.
        params={"filename": filename.encode("utf-8", "replace").decode()},
        headers={"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes)},
        read_s=PROBING_S,
    )


def create_dub(
    video_id: str, target_languages: Sequence[str], options: DubOptions, *, idempotency_key: str
) -> Call[Dub]:
    body = {"video_id": video_id, "target_languages": list(target_languages), **wire(options)}
    headers = {"Idempotency-Key": idempotency_key}
    return Call("POST", "/v1/dubs", _reader(Dub), body=body, headers=headers)


def get_dub(dub_id: str) -> Call[Dub]:
    return Call("GET", _dub(dub_id), _reader(Dub))


def list_dubs(limit: int, cursor: str) -> Call[DubPage]:
    params = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    return Call("GET", "/v1/dubs", _reader(DubPage), params=params)


def cancel_dub(dub_id: str) -> Call[Dub]:
    return Call("POST", _dub(dub_id) + "/cancel", _reader(Dub))


def retry_dub(dub_id: str) -> Call[Dub]:
    """Not idempotent: a second one finds the dub queued and is refused."""
    return Call("POST", _dub(dub_id) + "/retry", _reader(Dub), idempotent=False)


def list_artifacts(dub_id: str) -> Call[tuple[Artifact, ...]]:
    return Call("GET", _dub(dub_id) + "/artifacts", _list_reader("artifacts", Artifact))


def list_engines() -> Call[tuple[StageEngines, ...]]:
    return Call("GET", "/v1/engines", _list_reader("stages", StageEngines))


def list_languages() -> Call[Languages]:
    return Call("GET", "/v1/languages", _reader(Languages))


def events_path(dub_id: str) -> str:
    return _dub(dub_id) + "/events"


def _dub(dub_id: str) -> str:
    return "/v1/dubs/" + quote(dub_id, safe="")


def _reader(kind: type[T]) -> Callable[[httpx.Response], T]:
    return lambda response: decode(kind, _json(response))


def _list_reader(key: str, kind: type[T]) -> Callable[[httpx.Response], tuple[T, ...]]:
    def read(response: httpx.Response) -> tuple[T, ...]:
        body = _json(response)
        items = body.get(key) if isinstance(body, dict) else None
        return tuple(decode(kind, item) for item in items or ())

    return read


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except json.JSONDecodeError as error:
        raise PolydubError(
            "The server's answer is not JSON.",
            code="bad_answer",
            hint="Check that the address is a Polydub server and not another page.",
            status=response.status_code,
        ) from error
