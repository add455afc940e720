"""Numbers as JSON has them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Strict


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, Strict(), BeforeValidator(_whole)]
"""A whole number, also when it is written as ``3.0``: for JSON Schema that is 3. Nothing that only
looks like one."""
