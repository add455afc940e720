"""The folders that an assistant may read videos from and save results in; nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError


class Roots:
    """What the operator allows. A path counts as where it leads to, behind all links."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folder.resolve(strict=True) for folder in folders)

    def __str__(self) -> str:
        return ", ".join(map(str, self._folders)) or "none"

    def file(self, text: str) -> Path:
        """A file to be read; without a folder, it is looked for in the first one.

        Raises:
            ToolError: when it is elsewhere, or no file. Both sound the same for what is elsewhere:
                nobody learns what lies there.
        """
        path = self._inside(text)
        if not path.is_file():
            raise ToolError(f"[not_found] There is no file {text!r}. What to do: check its path.")
        return path

    def folder(self, text: str) -> Path:
        """A folder to save in; it may have to be made.

        Raises:
            ToolError: when it is elsewhere, or a file.
        """
        path = self._inside(text)
        if path.exists() and not path.is_dir():
            raise ToolError(f"[not_a_folder] {text!r} is a file. What to do: name a folder.")
        return path

    def _inside(self, text: str) -> Path:
        try:
            path = Path(*self._folders[:1], text).resolve()
        except (OSError, ValueError) as error:
            raise ToolError(f"[invalid_path] {text!r} is no path.") from error
        if not any(path.is_relative_to(folder) for folder in self._folders):
            raise ToolError(
                f"[path_not_allowed] {text!r} is not in a folder that this server may use. "
                f"What to do: use one of these: {self}; or ask whoever runs it for another --root."
            )
        return path
