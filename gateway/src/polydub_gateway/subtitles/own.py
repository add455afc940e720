"""Whose text the subtitles of a request are, and the document that the stages read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from polydub import languages
from polydub.errors import StageError
from polydub.v1 import common_pb2, muxing_pb2
from polydub_gateway.subtitles.blocks import Block, invalid, read_blocks
from polydub_gateway.subtitles.mending import mended
from polydub_gateway.subtitles.wording import said_in

MAX_BYTES = 1024 * 1024
MAX_CUE_CHARACTERS = 2000
"""With its markup. Two minutes of fast speech have as many: more is no cue."""
_LINGERING_MS = 2_000
"""How long the last cue may stand beyond the end of the video."""


@dataclass(frozen=True)
class SubtitleFile:
    """Subtitles as a person has them."""

    language: str
    text: str
    """SRT or WebVTT."""


@dataclass(frozen=True)
class ReadSubtitles:
    """Subtitles as the stages read them."""

    document: muxing_pb2.CueDocument
    notes: tuple[str, ...]
    """What was mended in them: a sentence each."""


def assigned(
    files: Sequence[SubtitleFile], source: str, targets: Sequence[str]
) -> tuple[str, tuple[SubtitleFile, ...]]:
    """The source language, and each file under the tag of that language whose text it is.

    The source language's is the transcript, a target's is its translation. With ``auto``, a file
    that is no target's tells the source language.

    Args:
        files: with canonical tags.
        source: a canonical tag, or ``auto``.

    Raises:
        StageError: ``invalid_request``.
    """
    for file in files:
        if len(file.text.encode()) > MAX_BYTES:
            raise _refused(f"The subtitles in {file.language} are larger than 1 MiB.")
    if source == languages.AUTO:
        source = _told_by(files, targets)
    found: dict[str, SubtitleFile] = {}
    for file in files:
        for tag in _roles(file.language, source, targets):
            if tag in found:
                raise _refused(f"There are two subtitle files for {tag}. Send one.")
            found[tag] = replace(file, language=tag)
    return source, tuple(found.values())


def read_all(files: Sequence[SubtitleFile], media: common_pb2.MediaInfo) -> list[ReadSubtitles]:
    """The cues of each file; see :func:`read`.

    Args:
        media: of the video to which they belong.
    """
    track = next((each for each in media.audio if each.index == media.selected_audio), None)
    offset_s = track.start_s - media.start_s if track else 0.0
    duration_ms = round(media.duration_s * 1000) or None
    return [read(file, duration_ms=duration_ms, offset_ms=round(offset_s * 1000)) for file in files]


def read(file: SubtitleFile, *, duration_ms: int | None, offset_ms: int = 0) -> ReadSubtitles:
    """The cues of a file on the timeline of the stages.

    Slips in their times are mended (``mending.py``). Cues without words (sound descriptions) are
    left out. What several people say in one cue becomes several cues of the same time.

    Args:
        duration_ms: of the video; None where its headers do not tell.
        offset_ms: when the audio track starts in the video: the stages count from there.

    Raises:
        StageError: ``invalid_request``, naming file and line.
    """
    try:
        blocks = read_blocks(file.text)
        _check_sizes(blocks)
        found = mended(blocks, duration_ms)
        blocks = [_inside(block, duration_ms) for block in found.blocks]
        cues = [cue for block in blocks for cue in _cues(block, offset_ms)]
    except StageError as error:
        raise _refused(f"The subtitles in {file.language}: {error.message}") from error
    if not cues:
        raise _refused(f"The subtitles in {file.language} hold nothing that is said.")
    document = muxing_pb2.CueDocument(schema_version=1, language=file.language, cues=cues)
    return ReadSubtitles(document, found.notes)


def _told_by(files: Sequence[SubtitleFile], targets: Sequence[str]) -> str:
    """The one language of the files that is no target's, or ``auto`` where there is none."""
    others = {
        file.language
        for file in files
        if not any(languages.serves(target, file.language) for target in targets)
    }
    if len(others) > 1:
        raise _refused(
            f"The subtitles are in {', '.join(sorted(others))}, none of them a target. Say which "
            "of these languages is spoken (source_language)."
        )
    return others.pop() if others else languages.AUTO


def _roles(tag: str, source: str, targets: Sequence[str]) -> list[str]:
    """The languages of the request that subtitles in a language are for."""
    for exact in (source, *targets):
        if tag == exact:
            return [exact]
    if source != languages.AUTO and languages.serves(source, tag):
        return [source]
    served = [target for target in targets if languages.serves(target, tag)]
    if not served:
        raise _refused(
            f"The subtitles in {tag} are neither in the source language nor in a target language. "
            "Leave them out, or correct their language."
        )
    return served


def _check_sizes(blocks: Sequence[Block]) -> None:
    for block in blocks:
        if sum(map(len, block.text)) > MAX_CUE_CHARACTERS:
            raise invalid(
                block.line,
                f"the cue has more than {MAX_CUE_CHARACTERS} characters. Cut it into several.",
            )


def _inside(block: Block, duration_ms: int | None) -> Block:
    """The cue, ending with the video at the latest."""
    if duration_ms is None:
        return block
    if block.start_ms >= duration_ms or block.end_ms > duration_ms + _LINGERING_MS:
        raise invalid(
            block.line,
            f"the cue is beyond the video's end at {_clock(duration_ms)}. Take the cue out, or "
            "send the subtitles of this very video.",
        )
    return replace(block, end_ms=min(block.end_ms, duration_ms))


def _cues(block: Block, offset_ms: int) -> list[muxing_pb2.Cue]:
    pieces = said_in(block.text)
    start_ms = max(0, block.start_ms - offset_ms)
    end_ms = max(start_ms + 1, block.end_ms - offset_ms)
    return [
        muxing_pb2.Cue(start_ms=start_ms, end_ms=end_ms, text=piece.text, speaker=piece.speaker)
        for piece in pieces
    ]


def _clock(time_ms: int) -> str:
    minutes, seconds = divmod(time_ms // 1000, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _refused(message: str) -> StageError:
    return StageError("invalid_request", message)
