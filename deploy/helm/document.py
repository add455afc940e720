"""Writes what follows from values.yaml: the table in the chart's README, and values.schema.json.

document.py            # writes both
document.py --check    # fails where they are not what values.yaml says
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "polydub"
BEGIN, END = "<!-- values: begin -->", "<!-- values: end -->"
_MARK = "# --"

_CHOICES: dict[str, list[Any]] = {
    "image.pullPolicy": ["Always", "IfNotPresent", "Never"],
    "gateway.serviceType": ["ClusterIP", "NodePort", "LoadBalancer"],
    "gateway.externalTrafficPolicy": ["", "Cluster", "Local"],
    "ingress.kind": ["Ingress", "HTTPRoute"],
    "nats.replicas": [1, 3, 5],
    "store.kind": ["s3", "local"],
    "store.s3.credentials": ["keys", "role"],
    "models.profile": ["light", "balanced", "best"],
    "topologySpread.whenUnsatisfiable": ["ScheduleAnyway", "DoNotSchedule"],
    "nats.whenUnsatisfiable": ["ScheduleAnyway", "DoNotSchedule"],
}
_SETTINGS = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
    "additionalProperties": True,
}
_NUMBER_OR_EMPTY = {"type": ["integer", "string"], "pattern": "^$", "minimum": 1}
_OPEN_OR_NULL = {"type": ["object", "null"]}
_BY_NAME: dict[str, dict[str, Any]] = {
    "settings": _SETTINGS,
    "lagThreshold": _NUMBER_OR_EMPTY,
    "podSecurityContext": _OPEN_OR_NULL,
    "containerSecurityContext": _OPEN_OR_NULL,
    "secondsPerEvent": {"type": "number", "exclusiveMinimum": 0},
    "targetSeconds": {"type": "number", "exclusiveMinimum": 0},
    "maxReplicas": {"type": "integer", "minimum": 1},
    # Kubernetes takes no longer window of an autoscaler.
    "cooldownSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
}


@dataclass(frozen=True)
class Value:
    """One documented value: its path, what it is, and its default."""

    path: str
    about: str
    default: Any


def values(text: str) -> list[Value]:
    """Every value with a comment, in the file's order.

    Raises:
        ValueError: naming values that have none and stand under none that has one.
    """
    lines = text.splitlines()
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    plain = yaml.safe_load(text)
    found = list(_walk(root, lines, "", plain))
    if bare := [each.path for each in found if not each.about]:
        raise ValueError(f"values.yaml says nothing about {', '.join(bare)}")
    return found


def _walk(node: yaml.MappingNode, lines: list[str], above: str, plain: Any) -> Iterator[Value]:
    for key, child in node.value:
        path = f"{above}.{key.value}" if above else key.value
        about = _comment(lines, key.start_mark.line)
        here = plain[key.value]
        inner = isinstance(child, yaml.MappingNode) and bool(child.value)
        if path == "stages" or not inner or (about and path != "stageDefaults"):
            yield Value(path, about, here)
        else:
            yield from _walk(child, lines, path, here)


def _comment(lines: list[str], line: int) -> str:
    """The comment above a line; nothing where it does not begin with the mark."""
    said: list[str] = []
    while line > 0 and lines[line - 1].strip().startswith("#"):
        line -= 1
        said.insert(0, lines[line].strip())
        if said[0].startswith(_MARK):
            return " ".join(each.lstrip("#").strip() for each in said).removeprefix("--").strip()
    return ""


def table(listed: list[Value]) -> str:
    """The values as a table in Markdown."""
    rows = ["| value | default | |", "|---|---|---|"]
    for each in listed:
        shown = "see below" if each.path == "stages" else f"`{json.dumps(each.default)}`"
        about = each.about.replace("|", "\\|")
        rows.append(f"| `{each.path}` | {shown} | {about} |")
    return "\n".join(rows)


def schema(plain: Any) -> dict[str, Any]:
    """The schema of values: what is not there by its name is refused, types are the defaults'."""
    made = _schema_of(plain, "")
    stage = made["properties"]["stageDefaults"]
    made["properties"]["stages"] = {
        "type": "object",
        "propertyNames": {"enum": sorted(plain["stages"])},
        "additionalProperties": stage,
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#", **made}


def _schema_of(plain: Any, path: str) -> dict[str, Any]:
    name = path.rpartition(".")[2]
    if path in _CHOICES:
        return {"enum": _CHOICES[path]}
    if name in _BY_NAME:
        return _BY_NAME[name]
    match plain:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer", "minimum": 0}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array"}
        case dict() if _is_open(name, plain):
            return {"type": "object"}
    inner = {
        key: _schema_of(value, f"{path}.{key}" if path else key) for key, value in plain.items()
    }
    if not path:
        inner["global"] = {"type": "object"}  # Helm's own, where this chart is part of another
    return {"type": "object", "additionalProperties": False, "properties": inner}


def _is_open(name: str, plain: dict[str, Any]) -> bool:
    """Whether people fill it with names of their own."""
    return not plain or name in ("annotations", "grpcAnnotations", "resources", "labels")


def documents() -> dict[Path, str]:
    """Each file that follows from values.yaml, as it has to be."""
    text = (CHART / "values.yaml").read_text()
    readme = CHART / "README.md"
    head, _, rest = readme.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    return {
        readme: f"{head}{BEGIN}\n{table(values(text))}\n{END}{tail}",
        CHART / "values.schema.json": json.dumps(schema(yaml.safe_load(text)), indent=2) + "\n",
    }


def outdated() -> list[str]:
    """The names of files that are not as they have to be."""
    return [
        path.name
        for path, text in documents().items()
        if not path.exists() or path.read_text() != text
    ]


def main() -> None:
    if "--check" in sys.argv[1:]:
        if old := outdated():
            sys.exit(f"Not what values.yaml says: {', '.join(old)}. Run `make chart`.")
        return
    for path, text in documents().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
