"""Builds the images that skaffold.yaml lists, with docker, podman or buildah, and says their sizes.

    build.py --profile gpu --tag 1.2.0 --only asr,tts -- --network host

What stands behind ``--`` goes to the builder as it is: a secret for pip, mounts, a platform.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "polydub-"
_BUILD_ARGUMENT = re.compile(r"/build/artifacts/(\d+)/docker/buildArgs/(\w+)")


@dataclass(frozen=True)
class Image:
    """One image: its name, the Dockerfile, and the arguments of its build."""

    name: str
    dockerfile: str
    arguments: Mapping[str, str]

    @property
    def component(self) -> str:
        return self.name.removeprefix(PREFIX)


def images(skaffold: Mapping[str, Any], profiles: Sequence[str] = ()) -> list[Image]:
    """The images that skaffold builds with these profiles."""
    chosen = [each for each in skaffold["profiles"] if each["name"] in profiles]
    patched: dict[int, dict[str, str]] = {}
    for patch in (patch for profile in chosen for patch in profile.get("patches", [])):
        if found := _BUILD_ARGUMENT.fullmatch(patch["path"]):
            patched.setdefault(int(found[1]), {})[found[2]] = patch["value"]
    return [
        Image(
            artifact["image"],
            artifact["docker"]["dockerfile"],
            {**artifact["docker"].get("buildArgs", {}), **patched.get(index, {})},
        )
        for index, artifact in enumerate(skaffold["build"]["artifacts"])
    ]


def builder() -> str:
    """The first of docker, podman and buildah that works here.

    Raises:
        SystemExit: when there is none.
    """
    for program in ("docker", "podman", "buildah"):
        if shutil.which(program):
            asked = subprocess.run([program, "info"], capture_output=True, check=False)
            if asked.returncode == 0:
                return program
    sys.exit("No docker, podman or buildah works on this machine.")


def build(program: str, image: Image, tag: str, base: str, flags: Sequence[str]) -> str:
    """Builds an image; its full name."""
    full = f"{image.name}:{tag}"
    arguments = {"VERSION": tag, "REVISION": revision(), **image.arguments}
    if base:
        arguments["BASE"] = base
    command = [program, "build", "-f", image.dockerfile, "-t", full]
    for name, value in arguments.items():
        command += ["--build-arg", f"{name}={value}"]
    subprocess.run([*command, *flags, "."], check=True, cwd=ROOT)
    return full


def revision() -> str:
    """The commit that is checked out; ``unknown`` outside of a checkout."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


def size_mb(program: str, full: str) -> float:
    """What an image takes, unpacked."""
    listed = subprocess.run(
        [program, "inspect", "--type", "image", "--format", "{{.Size}}", full],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(listed.stdout) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="", help="profiles of skaffold.yaml, by commas")
    parser.add_argument("--tag", default="dev")
    parser.add_argument("--base", default="", help="another base image than the Dockerfiles'")
    parser.add_argument("--only", default="", help="components, by commas; default: all")
    parser.add_argument("flags", nargs="*", help="for the builder")
    chosen = parser.parse_args()
    listed = images(yaml.safe_load((ROOT / "skaffold.yaml").read_text()), chosen.profile.split(","))
    if wanted := {each for each in chosen.only.split(",") if each}:
        if unknown := wanted - {image.component for image in listed}:
            sys.exit(f"No such component: {', '.join(sorted(unknown))}")
        listed = [image for image in listed if image.component in wanted]
    program = builder()
    built = [build(program, image, chosen.tag, chosen.base, chosen.flags) for image in listed]
    if program != "buildah":
        for full in built:
            print(f"{full:<32} {size_mb(program, full):8.0f} MB")


if __name__ == "__main__":
    main()
