"""``multipart/form-data``, read as it comes: the first file's bytes are never kept."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from polydub.errors import StageError


@dataclass
class _Part:
    """The headers of the part being read."""

    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    headers: dict[str, str] = field(default_factory=dict)

    def finish_header(self) -> None:
        self.headers[self.name.decode("latin-1").lower()] = self.value.decode("latin-1")
        self.name.clear()
        self.value.clear()

    @property
    def filename(self) -> str | None:
        _, options = parse_options_header(self.headers.get("content-disposition"))
        name = options.get(b"filename")
        return None if name is None else name.decode("utf-8", "replace")


class MultipartFile:
    """The first file of a form. Other fields are read past.

    Call :meth:`filename` first, then iterate :meth:`chunks` once.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise _invalid("The body must be multipart/form-data with a boundary")
        self._body = body
        self._part = _Part()
        self._filename: str | None = None
        self._inside = False
        self._ended = False
        self._ready: deque[bytes] = deque()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    async def filename(self) -> str:
        """The file's name as the form says it.

        Raises:
            StageError: ``invalid_request`` when the form has no file or breaks off.
        """
        while self._filename is None:
            if not await self._read_on():
                raise _invalid("The form has no file; send one in the field 'file'")
        return self._filename

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file's bytes as they arrive.

        Raises:
            StageError: ``invalid_request`` when the body breaks off.
        """
        while True:
            while self._ready:
                yield self._ready.popleft()
            if not await self._read_on():
                return

    async def _read_on(self) -> bool:
        """Reads one more chunk of the body; False at its proper end."""
        if self._ended:
            return False
        try:
            chunk = await anext(self._body)
        except StopAsyncIteration:
            raise _invalid("The form breaks off before its end") from None
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _invalid("The form is malformed") from error
        return True

    def _on_part_begin(self) -> None:
        self._part = _Part()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _on_header_end(self) -> None:
        self._part.finish_header()

    def _on_headers_finished(self) -> None:
        if self._filename is None and self._part.filename is not None:
            self._filename, self._inside = self._part.filename, True

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._ready.append(data[start:end])

    def _on_part_end(self) -> None:
        self._inside = False

    def _on_end(self) -> None:
        self._ended = True


def _invalid(message: str) -> StageError:
    return StageError("invalid_request", f"{message}.")
