"""What schemathesis is told of this API that no description can say. Loaded by its command line."""

from __future__ import annotations

import json
import os
from typing import Any

import requests
import schemathesis

_SCENE: dict[str, Any] = json.loads(os.environ.get("POLYDUB_FUZZ_SCENE", "{}"))
_SCRIPT = ("/segments/{segment_id}", "/speakers/{speaker_id}")


@schemathesis.serializer("application/offset+octet-stream")
def next_bytes(context: Any, value: Any) -> bytes:
    """The body of tus, as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """What may be taken knows the revision that it is based on."""
    if _is_positive(case) and (part := _part_of_script(case)):
        found = requests.get(f"{_SCENE['url']}/v1/dubs/{_SCENE['dub']}/segments",
                             headers=_SCENE["headers"], timeout=10).json()  # fmt: skip
        known = {each["id"]: each["revision"] for each in found.get(part, [])}
        if known:
            name, revision = next(iter(known.items()))
            case.path_parameters["segment_id" if part == "segments" else "speaker_id"] = name
            case.headers["if-match"] = f'"{revision}"'


def _part_of_script(case: Any) -> str:
    if case.method == "GET" or "if-match" not in case.headers:
        return ""
    return next((part[1:].split("/")[0] for part in _SCRIPT if part in case.path), "")


def _is_positive(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive
