"""Writes what an image is made of as CycloneDX 1.5 (JSON): Python, Debian and npm packages.

sbom.py <component> <version> [package-lock.json]   # runs inside the image, with its Python
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any


def python_packages() -> list[dict[str, Any]]:
    """Every distribution that this Python finds, each once."""
    found = {(each.metadata["Name"], each.version) for each in distributions()}
    return [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in sorted(found)
    ]


def debian_packages() -> list[dict[str, Any]]:
    """Every installed package; none on a base without dpkg."""
    if shutil.which("dpkg-query") is None:
        return []
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package} ${Version} ${Architecture}\n"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:deb/debian/{name}@{version}?arch={architecture}",
        }
        for name, version, architecture in map(str.split, listed.stdout.splitlines())
    ]


def npm_packages(lock: Path) -> list[dict[str, Any]]:
    """What the page itself is made of; not what only builds and tests it."""
    listed = json.loads(lock.read_text())["packages"]
    found = {
        (path.rpartition("node_modules/")[2], each["version"])
        for path, each in listed.items()
        if "node_modules/" in path and not (each.get("dev") or each.get("link"))
    }
    return [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{version}",
        }
        for name, version in sorted(found)
    ]


def bill(component: str, version: str, lock: str = "") -> dict[str, Any]:
    """The bill of materials. It carries no time, so that the same image has the same bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": f"polydub-{component}", "version": version}
        },
        "components": [
            *python_packages(),
            *debian_packages(),
            *(npm_packages(Path(lock)) if lock else ()),
        ],
    }


if __name__ == "__main__":
    json.dump(bill(*sys.argv[1:]), sys.stdout, indent=1)
