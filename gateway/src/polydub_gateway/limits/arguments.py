"""Limits as an operator writes and reads them at the command line. Pure."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from polydub_gateway.limits.granted import DEFAULT
from polydub_gateway.limits.rates import CallClass, Rate

_NONE = "none"
_MOST = 2**53


@dataclass(frozen=True)
class Given:
    """A limit that was named; its value is None where there is to be none."""

    value: float | str | None


def limit_in(text: str) -> Given:
    """``600``, ``none``, or ``default``."""
    if text in (_NONE, DEFAULT):
        return Given(None if text == _NONE else DEFAULT)
    try:
        number = float(text)
    except ValueError as error:
        raise _unreadable(text) from error
    if not (math.isfinite(number) and 0 <= number <= _MOST):
        raise _unreadable(text)
    return Given(number)


def count_in(text: str) -> Given:
    """The same for whole numbers."""
    given = limit_in(text)
    if isinstance(given.value, float):
        if not given.value.is_integer():
            raise _unreadable(text)
        return Given(int(given.value))
    return given


def rate_in(text: str) -> tuple[str, Any]:
    """``write=120/60``: a class of calls, and how many in how many seconds; or ``write=none``,
    ``write=default``."""
    name, _, rate = text.partition("=")
    try:
        call_class = CallClass(name)
        if rate in (_NONE, DEFAULT):
            return call_class.value, None if rate == _NONE else DEFAULT
        calls, _, seconds = rate.partition("/")
        found = Rate(quota=int(calls), window_s=int(seconds))
    except (ValueError, ValidationError) as error:
        raise _unreadable(text) from error
    return call_class.value, found.model_dump()


def said(limit: float | Rate | None) -> str:
    """A limit as it is shown."""
    if isinstance(limit, Rate):
        return f"{limit.quota} calls in {limit.window_s} s"
    return _NONE if limit is None else f"{limit:.15g}"


def _unreadable(text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"{text!r} is no limit.")
