"""Generates the Python stubs of the contract, or checks that the committed ones are current.

With ``--release`` it writes the contract itself, as a descriptor set, for tests that hold later
versions to it.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("polydub/v1")


def generate(target: Path) -> None:
    """Writes ``polydub/v1/*_pb2*`` below ``target``."""
    protos = sorted((ROOT / "protos" / PACKAGE).glob("*.proto"))
    tools = Path(sys.executable).parent
    subprocess.run(
        [
            sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'protos'}",
            f"--python_out={target}", f"--pyi_out={target}", f"--grpc_python_out={target}",
            f"--mypy_grpc_out=quiet:{target}", *map(str, protos),
        ],
        check=True,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip


def release(target: Path) -> None:
    """Writes the contract, without its comments, as a ``FileDescriptorSet``."""
    protos = sorted((ROOT / "protos" / PACKAGE).glob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'protos'}"]
    subprocess.run([*command, f"--descriptor_set_out={target}", *map(str, protos)], check=True)


def differences(committed: Path, fresh: Path) -> list[str]:
    """The names of stubs that are missing, surplus or not as generated."""

    def stubs(folder: Path) -> set[str]:
        return {path.name for path in folder.glob("*_pb2*.py*")}

    names = stubs(committed) | stubs(fresh)
    same, _, _ = filecmp.cmpfiles(committed, fresh, sorted(names), shallow=False)
    return sorted(names - set(same))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--release", action="store_true")
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    if arguments.release:
        release(arguments.target)
        return
    if not arguments.check:
        generate(arguments.target)
        return
    with tempfile.TemporaryDirectory() as name:
        generate(Path(name))
        stale = differences(arguments.target / PACKAGE, Path(name) / PACKAGE)
    if stale:
        sys.exit(f"Stale stubs: {', '.join(stale)}. Run `make protos` and commit them.")


if __name__ == "__main__":
    main()
