"""The JSON Schema of report.json, made from the contract: pure.

``python -m polydub_muxing.report.schema`` prints it; ``report.schema.json`` beside this module is
what it printed, for those who read reports with other tools.
"""

from __future__ import annotations

import json
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from polydub.v1 import muxing_pb2
from polydub_muxing.report.document import SCHEMA_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_INTEGERS = frozenset(
    {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_SINT32}
)
_FLOATS = frozenset({FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT})
_PLAIN = {FieldDescriptor.TYPE_BOOL: "boolean", FieldDescriptor.TYPE_STRING: "string"}
# Figures that are not numbers, as the JSON mapping of Protocol Buffers writes them.
_ODD_FLOATS = ["NaN", "Infinity", "-Infinity"]


def report_schema() -> dict[str, Any]:
    """What every ``report.json`` of this version holds: all fields stand in it, always."""
    found: dict[str, Any] = {}
    document: Any = muxing_pb2.ReportDocument.DESCRIPTOR
    _define(document, found)
    root = found.pop(document.name)
    root["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    root["properties"]["quality"] = {"type": "number", "minimum": 0, "maximum": 100}
    return {"$schema": DIALECT, "title": "Report of a dub", **root, "$defs": found}


def _define(message: Descriptor, found: dict[str, Any]) -> None:
    if message.name in found:
        return
    found[message.name] = {}
    found[message.name] = {
        "type": "object",
        "properties": {field.name: _property(field, found) for field in message.fields},
        # A message that is not set is left out; all else is always written.
        "required": [field.name for field in message.fields if not field.has_presence],
        "additionalProperties": False,
    }


def _property(field: FieldDescriptor, found: dict[str, Any]) -> dict[str, Any]:
    one = _value(field, found)
    return {"type": "array", "items": one} if field.is_repeated else one


def _value(field: FieldDescriptor, found: dict[str, Any]) -> dict[str, Any]:
    if field.message_type is not None:
        _define(field.message_type, found)
        return {"$ref": f"#/$defs/{field.message_type.name}"}
    if field.enum_type is not None:
        return _names(field.enum_type)
    if field.type in _INTEGERS:
        return {"type": "integer"}
    if field.type in _FLOATS:
        return {"anyOf": [{"type": "number"}, {"enum": _ODD_FLOATS}]}
    return {"type": _PLAIN[field.type]}


def _names(enum: EnumDescriptor) -> dict[str, Any]:
    return {"enum": [value.name for value in enum.values]}


def dump_schema() -> str:
    """The schema as text."""
    return json.dumps(report_schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(dump_schema(), end="")
