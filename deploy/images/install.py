"""Installs one component into an image, in layers that change ever more often.

    install.py packages services/asr --extras whisper,gpu --carried silero-vad
    install.py own /opt/service services/asr

``packages`` makes /opt/venv with what the component and the libraries under it need from outside,
from their pyproject.toml files alone: a change of code does not touch that layer. ``own`` installs
this repository's projects into a folder of its own, which the environment finds by a .pth file.
It runs on the base image's Python, with nothing but the standard library.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path

ENVIRONMENT = Path("/opt/venv")
BUILDER = Path("/opt/builder")
"""Where the build backend lives: it is no part of the image."""
LIBRARIES = Path("libs")
CONSTRAINTS = ("constraints.txt", "deploy/neural/constraints.txt")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class UnknownExtra(Exception):
    """An extra that neither the component nor a library under it has."""


def project_table(folder: Path) -> dict[str, object]:
    """The ``[project]`` table of a folder's pyproject.toml."""
    table: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return table


def name_of(requirement: str) -> str:
    """The project that a requirement names, in the one spelling of names (PEP 503)."""
    found = _NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def outside(folders: Sequence[Path], extras: Iterable[str]) -> list[str]:
    """What these projects need that is not this repository's own, each requirement once.

    Args:
        extras: names; each is taken from every project that has it.

    Raises:
        UnknownExtra: naming those that no project has.
    """
    tables = [project_table(folder) for folder in folders]
    own = {name_of(str(table["name"])) for table in tables}
    wanted: dict[str, None] = {}
    unknown = set(extras)
    for table in tables:
        optional: dict[str, list[str]] = table.get("optional-dependencies", {})  # type: ignore[assignment]
        needed: list[str] = list(table.get("dependencies", []))  # type: ignore[call-overload]
        for extra in sorted(set(extras) & set(optional)):
            needed += optional[extra]
            unknown.discard(extra)
        wanted |= dict.fromkeys(each for each in needed if name_of(each) not in own)
    if unknown:
        raise UnknownExtra(f"No such extra: {', '.join(sorted(unknown))}")
    return list(wanted)


def pip(environment: Path, *arguments: str) -> None:
    subprocess.run([environment / "bin" / "pip", "install", "-q", *arguments], check=True)


def install_packages(
    component: Path, *, extras: Sequence[str], carried: Sequence[str], torch_index: str
) -> None:
    """Makes the environment of what comes from outside, and the builder for what is ours."""
    folders = [component, *sorted(p.parent for p in LIBRARIES.glob("*/pyproject.toml"))]
    pins = [each for file in CONSTRAINTS for each in ("-c", file)]
    for environment in (ENVIRONMENT, BUILDER):
        venv.create(environment, with_pip=True, symlinks=True)
    pip(BUILDER, *pins, "hatchling")
    index = ["--extra-index-url", torch_index] if torch_index else []
    pip(ENVIRONMENT, *pins, *index, *outside(folders, extras))
    if carried:
        # Taken for the files they carry; what the packages themselves need is left out.
        pip(ENVIRONMENT, *pins, "--no-deps", *carried)
    # Nothing is installed any more where it runs.
    leave = ("uninstall", "-q", "-y", "pip", "setuptools")
    subprocess.run([ENVIRONMENT / "bin" / "pip", *leave], check=True)


def install_own(target: Path, folders: Sequence[Path]) -> None:
    """Installs our projects into a folder that the environment looks into."""
    pip(
        BUILDER, "--no-build-isolation", "--no-deps", "--no-index", "--target", str(target),
        *(f"./{folder}" for folder in folders),
    )  # fmt: skip
    shutil.rmtree(target / "bin", ignore_errors=True)  # programs that name the builder's Python
    packages = next(ENVIRONMENT.glob("lib/python3*/site-packages"))
    (packages / f"polydub-{target.name}.pth").write_text(f"{target}\n")


def words(text: str) -> list[str]:
    return [each for each in re.split(r"[,\s]+", text.strip("[] ")) if each]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packages = commands.add_parser("packages")
    packages.add_argument("component", type=Path)
    packages.add_argument("--extras", default="", type=words)
    packages.add_argument("--carried", default="", type=words)
    packages.add_argument("--torch-index", default="")
    own = commands.add_parser("own")
    own.add_argument("target", type=Path)
    own.add_argument("folders", type=Path, nargs="+")
    chosen = parser.parse_args()
    try:
        if chosen.command == "own":
            install_own(chosen.target, chosen.folders)
        else:
            install_packages(
                chosen.component,
                extras=chosen.extras,
                carried=chosen.carried,
                torch_index=chosen.torch_index,
            )
    except UnknownExtra as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
