"""Numbers as JSON has them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, Strict(), BeforeValidator(_whole)]
"""A whole number, also when it is written as ``3.0``: for JSON Schema that is 3. Nothing that only
looks like one."""

# Bounds told around what may be null as well would be checked, and missing in the description.
Count = Annotated[int, Field(ge=0, le=2**53), Strict(), BeforeValidator(_whole)]
Milliseconds = Annotated[int, Field(ge=0, lt=2**31), Strict(), BeforeValidator(_whole)]
