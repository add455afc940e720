"""One call as a value: how it is asked and how its answer is read. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from polydub_client.decode import decode
from polydub_client.errors import PolydubError, from_response

T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and the reader of its answer."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True
    """Whether it may be sent again when nobody knows what became of it."""
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


def path(*parts: str) -> str:
    """``("dubs", "a/b")`` -> ``/v1/dubs/a%2Fb``: an id stays within its place."""
    return "/".join(("/v1", *(quote(part, safe="") for part in parts)))


def given(**params: str | int | None) -> dict[str, str | Sequence[str]]:
    """The parameters that say something, as text."""
    return {name: str(value) for name, value in params.items() if value not in ("", None)}


def if_match(revision: int) -> dict[str, str]:
    """The header that says what a change is based on (RFC 9110, 13.1.1)."""
    return {"If-Match": f'"{revision}"'}


def one(kind: type[T]) -> Callable[[httpx.Response], T]:
    """Reads an answer that is one ``kind``."""
    return lambda response: decode(kind, body_of(response))


def many(key: str, kind: type[T]) -> Callable[[httpx.Response], tuple[T, ...]]:
    """Reads an answer that has a list of ``kind`` under ``key``."""

    def read(response: httpx.Response) -> tuple[T, ...]:
        body = body_of(response)
        items = body.get(key) if isinstance(body, dict) else None
        return tuple(decode(kind, item) for item in items or ())

    return read


def nothing(_: httpx.Response) -> None:
    """Reads an answer that says no more than that it worked."""


def body_of(response: httpx.Response) -> Any:
    """The JSON of an answer.

    Raises:
        PolydubError: ``bad_answer``.
    """
    try:
        return response.json()
    except json.JSONDecodeError as error:
        raise PolydubError(
            "The server's answer is not JSON.",
            code="bad_answer",
            hint="Check that the address is a Polydub server and not another page.",
            status=response.status_code,
        ) from error
