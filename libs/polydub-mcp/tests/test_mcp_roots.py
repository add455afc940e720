"""Nothing outside of the allowed folders is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from polydub_mcp.roots import Roots

pytestmark = pytest.mark.unit


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    inside = tmp_path / "videos"
    (inside / "sub").mkdir(parents=True)
    (inside / "talk.mp4").write_bytes(b"moving")
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link.mp4").symlink_to(tmp_path / "secret.txt")
    (inside / "away").symlink_to(tmp_path)
    return Roots([inside])


@pytest.mark.parametrize("name", ["talk.mp4", "sub/../talk.mp4", "./talk.mp4"])
def test_a_file_inside_is_found(roots: Roots, tmp_path: Path, name: str) -> None:
    assert roots.file(name) == tmp_path / "videos" / "talk.mp4"
    assert roots.file(str(tmp_path / "videos" / name)) == tmp_path / "videos" / "talk.mp4"


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "link.mp4", "away/secret.txt", "../nothing", "a\0b"]
)
def test_nothing_else_is(roots: Roots, name: str) -> None:
    with pytest.raises(ToolError, match=r"not_allowed|invalid_path"):
        roots.file(name)


@pytest.mark.parametrize("name", ["..", "away/results", "/tmp"])
def test_nothing_is_saved_elsewhere(roots: Roots, name: str) -> None:
    with pytest.raises(ToolError, match="path_not_allowed"):
        roots.folder(name)


def test_a_folder_may_have_to_be_made(roots: Roots, tmp_path: Path) -> None:
    assert roots.folder("results/es") == tmp_path / "videos" / "results" / "es"
    with pytest.raises(ToolError, match="not_a_folder"):
        roots.folder("talk.mp4")


def test_what_is_missing_is_said_so(roots: Roots) -> None:
    with pytest.raises(ToolError, match="not_found"):
        roots.file("other.mp4")


def test_without_folders_there_are_no_files() -> None:
    with pytest.raises(ToolError, match="one of these: none"):
        Roots(()).file("talk.mp4")
