"""What people type, made into what the API takes. Pure; complains as typer does."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from polydub_client.models import CloneConsent, Rate, SubtitleFile, Term

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")
"""What a BCP-47 tag looks like; whether there is such a language, the server knows."""
_VIDEO_ID = re.compile(r"vid_[0-9A-Za-z]+")
_RATE = re.compile(r"(\w+)=(?:(\d+)/(\d+)|none)")
_TIME = re.compile(r"(\d+:){0,2}\d+(\.\d{1,3})?")
STATEMENT = "Everyone whose voice is imitated in this dub has agreed to it."


@dataclass(frozen=True)
class Address:
    """Where the server fetches a video."""

    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url


@dataclass(frozen=True)
class VideoId:
    """A video that the server has."""

    id: str


@dataclass(frozen=True)
class RateChange:
    """Another rate for a class of calls."""

    call_class: str
    rate: Rate | None
    """None: as the operator has it."""


VideoSource = Path | Address | VideoId
"""Where a video comes from."""


def video_source(value: str) -> VideoSource:
    """A file of this machine, an address, or a video's id.

    Raises:
        typer.BadParameter: when it is none of them.
    """
    if "://" in value:
        return address(value)
    if is_video_id(value):
        return VideoId(value)
    path = Path(value)
    if not path.is_file():
        raise typer.BadParameter(f"There is no file {value}.")
    if not os.access(path, os.R_OK):
        raise typer.BadParameter(f"The file {value} can't be read.")
    return path


def address(value: str) -> Address:
    """An address that a server can fetch from.

    Raises:
        typer.BadParameter: when it is none.
    """
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise typer.BadParameter(f"{value!r} is no address that starts with http:// or https://.")
    return Address(value)


def is_video_id(value: str) -> bool:
    return _VIDEO_ID.fullmatch(value) is not None and not Path(value).exists()


def time_ms(value: str) -> int:
    """``1:02.5``, ``62.5`` or ``0:01:02.5`` -> ``62500``.

    Raises:
        typer.BadParameter: for another form.
    """
    if not _TIME.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no time such as 1:02.5 or 62.5.")
    seconds = 0.0
    for part in value.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds * 1000)


def language_list(values: Iterable[str]) -> tuple[str, ...]:
    """``["es,ca", "fr"]`` -> ``("es", "ca", "fr")``; each once, in the order given.

    Raises:
        typer.BadParameter: when none is left.
    """
    tags = (tag.strip() for value in values for tag in value.split(","))
    unique = tuple(dict.fromkeys(tag for tag in tags if tag))
    if not unique:
        raise typer.BadParameter("Name at least one language, for example --to es.")
    return unique


def engine_choices(values: Iterable[str]) -> dict[str, str]:
    """``["tts=espeak"]`` -> ``{"tts": "espeak"}``.

    Raises:
        typer.BadParameter: for a value of another form, or a stage named twice.
    """
    return _by_stage(values, "engine", bool)


def concurrency(values: Iterable[str]) -> dict[str, int]:
    """``["asr=4"]`` -> ``{"asr": 4}``.

    Raises:
        typer.BadParameter: for a value of another form, or a stage named twice.
    """
    numbers = _by_stage(values, "number", lambda text: text.isdecimal() and int(text) > 0)
    return {stage: int(number) for stage, number in numbers.items()}


def _by_stage(values: Iterable[str], kind: str, is_right: Callable[[str], bool]) -> dict[str, str]:
    told: dict[str, str] = {}
    for value in values:
        stage, _, text = (part.strip() for part in value.partition("="))
        if not stage or not is_right(text):
            raise typer.BadParameter(f"{value!r} is not of the form stage={kind}.")
        if stage in told:
            raise typer.BadParameter(f"The stage {stage} is named twice.")
        told[stage] = text
    return told


def terms(values: Iterable[str], file: Path | None) -> tuple[Term, ...]:
    """Terms of a file and of the command line, each once.

    ``["bed=fondo", "es:voice=voz", "Polydub"]``: for every language, for Spanish, kept as it is.
    A file is CSV without a heading: source, target, and maybe a language.

    Raises:
        typer.BadParameter: for what is of another form, or a file that can't be read.
    """
    return tuple(dict.fromkeys((*_terms_of(file), *map(_term, values))))


def consent(given_by: str, statement: str, *, clone: bool) -> CloneConsent | None:
    """The consent to imitate voices, where that is asked for.

    Raises:
        typer.BadParameter: when voices are to be imitated and nobody vouches for the consent.
    """
    if not clone:
        return None
    if not given_by.strip():
        raise typer.BadParameter(
            "Imitating voices needs the consent of the people who are heard: name who vouches for "
            'it, as --consent-by "Ada Lovelace". It is kept with the dub.'
        )
    return CloneConsent(given_by.strip(), statement.strip() or STATEMENT)


def subtitle_files(values: Iterable[str]) -> tuple[SubtitleFile, ...]:
    """Subtitles to send: ``FILE:LANG``, or ``FILE`` whose name tells, such as ``talk.es.srt``.

    Raises:
        typer.BadParameter: for a file that can't be read, or one without a language.
    """
    return tuple(map(_subtitle_file, values))


def _subtitle_file(value: str) -> SubtitleFile:
    path, language = Path(value), ""
    if not path.is_file():
        name, _, language = value.rpartition(":")
        path = Path(name)
    if not path.is_file():
        raise typer.BadParameter(f"There is no file {value}.")
    language = language.strip() or Path(path.stem).suffix.removeprefix(".")
    if not _LANGUAGE.fullmatch(language):
        raise typer.BadParameter(
            f"Say in which language {path} is: --subtitles {path}:es, or name it as talk.es.srt."
        )
    try:
        content = path.read_bytes()
        is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        return SubtitleFile(language, content.decode("utf-16" if is_utf16 else "utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(
            f"{path} can't be read as UTF-8 text ({error}). Save it as UTF-8."
        ) from error


def _term(value: str) -> Term:
    source, _, target = (part.strip() for part in value.partition("="))
    language, colon, rest = source.partition(":")
    if colon:
        language, source = language.strip(), rest.strip()
    if not source:
        raise typer.BadParameter(f"{value!r} is not of the form source=target.")
    return Term(source, target, language if colon else "")


def _terms_of(file: Path | None) -> list[Term]:
    if file is None:
        return []
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = [[cell.strip() for cell in row] for row in csv.reader(opened) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise typer.BadParameter(f"{file} can't be read as CSV: {error}.") from error
    for number, row in enumerate(rows, start=1):
        if len(row) > 3 or not row[0]:
            raise typer.BadParameter(f"Row {number} of {file} is not source,target[,language].")
    return [Term(*row) for row in rows]


def count(value: str) -> int | None:
    """``600``; ``none`` is None.

    Raises:
        typer.BadParameter: for anything else.
    """
    if value == "none":
        return None
    if not (value.isascii() and value.isdigit()):
        raise typer.BadParameter(f"{value!r} is neither a whole number nor `none`.")
    return int(value)


def rate_change(value: str) -> RateChange:
    """``write=60/60``: 60 calls in 60 seconds; ``write=none``.

    Raises:
        typer.BadParameter: for anything else.
    """
    found = _RATE.fullmatch(value)
    if found is None:
        raise typer.BadParameter(f"{value!r} is no CLASS=CALLS/SECONDS, such as write=60/60.")
    name, quota, window_s = found.groups()
    return RateChange(name, None if quota is None else Rate(int(quota), int(window_s)))
