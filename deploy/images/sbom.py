"""Writes what an image is made of as CycloneDX 1.5 (JSON): Python and Debian packages.

sbom.py <component> <version>      # runs inside the image, with the environment's Python
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import distributions
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


def bill(component: str, version: str) -> dict[str, Any]:
    """The bill of materials. It carries no time, so that the same image has the same bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": f"polydub-{component}", "version": version}
        },
        "components": [*python_packages(), *debian_packages()],
    }


if __name__ == "__main__":
    json.dump(bill(*sys.argv[1:3]), sys.stdout, indent=1)
