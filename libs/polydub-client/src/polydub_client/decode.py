"""JSON to frozen dataclasses: forgiving of what is missing or new, strict about types."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from polydub_client.errors import PolydubError

T = TypeVar("T")

# How protobuf's JSON mapping spells what JSON has no number for.
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def decode(kind: type[T], data: object) -> T:
    """``data`` as a ``kind``; absent and null fields take their defaults, others are left out.

    Raises:
        PolydubError: ``bad_answer`` when a value is of another type than the model says.
    """
    try:
        return cast(T, _value(kind, data))
    except (TypeError, ValueError, AttributeError) as error:
        raise PolydubError(
            f"The server's answer is not a {kind.__name__} ({error}).",
            code="bad_answer",
            hint="Check that the address is a Polydub server, and that client and server are of "
            "the same version.",
        ) from error


def _value(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        [inner] = [option for option in get_args(kind) if option is not types.NoneType]
        return None if data is None else _value(inner, data)
    if origin is tuple:
        inner = get_args(kind)[0]
        return tuple(_value(inner, item) for item in data)
    if origin is dict:
        inner = get_args(kind)[1]
        return {str(name): _value(inner, item) for name, item in data.items()}
    if kind is Any:
        return data
    if is_dataclass(kind):
        return _model(kind, data)
    if kind is float and (isinstance(data, int) or data in _NOT_FINITE):
        return float(data)
    if issubclass(kind, StrEnum):
        return kind(data)
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is not {kind.__name__}")
    return data


def _model(kind: Any, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise TypeError(f"{data!r} is not an object")
    hints = _hints(kind)
    known = {field.name: data.get(field.name) for field in fields(kind)}
    present = {name: value for name, value in known.items() if value is not None}
    return kind(**{name: _value(hints[name], value) for name, value in present.items()})
