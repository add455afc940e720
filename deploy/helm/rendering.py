"""What the chart gives: its objects, rendered by Helm's own code, and their parts by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "polydub"
VALUES = {each.name.removesuffix("-values.yaml"): each for each in sorted(CHART.glob("ci/*.yaml"))}
"""The values that have to work, by their short names."""
RELEASE, NAMESPACE = "polydub", "dub"
Object = dict[str, Any]


def render(
    values: Mapping[str, Any], release: str = RELEASE, namespace: str = NAMESPACE
) -> list[Object]:
    """The objects that Helm would install.

    Raises:
        helm_python.HelmError: where values are refused, or a template fails.
    """
    from helm_python import Chart  # a C library: only who renders needs it

    written = Chart.load(str(CHART)).render(dict(values), name=release, namespace=namespace)
    texts = (text for path, text in sorted(written.items()) if path.endswith(".yaml"))
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


@cache
def rendered(name: str) -> list[Object]:
    """The objects with the values of a file under ``ci/``."""
    return render(yaml.safe_load(VALUES[name].read_text()) or {})


def of_kind(objects: list[Object], *kinds: str) -> dict[str, Object]:
    """Objects of these kinds by their names."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] in kinds}


def pods(objects: list[Object]) -> dict[str, Object]:
    """The Pods' specifications by what makes them, with the labels of the Pods."""
    makers = of_kind(objects, "Deployment", "StatefulSet", "Job")
    return {
        f"{each['kind']}/{name}": {
            **each["spec"]["template"]["spec"],
            "labels": each["spec"]["template"]["metadata"]["labels"],
        }
        for name, each in makers.items()
    }


def containers(pod: Object) -> Iterator[Object]:
    """Every container of a Pod, those that run first among them."""
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def environment(pod: Object, objects: list[Object]) -> dict[str, str]:
    """What a Pod's containers find in their environment; values from Secrets are left empty."""
    found: dict[str, str] = {}
    maps = of_kind(objects, "ConfigMap")
    for container in containers(pod):
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                found |= maps[source["configMapRef"]["name"]]["data"]
        for variable in container.get("env", []):
            found[variable["name"]] = variable.get("value", "")
    return found


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())
