"""One Matroska file with the original's sound and every language of the job that is done so far."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from polydub.artifacts import ArtifactFolder
from polydub.errors import StageError
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.outputs.finished import (
    FinishedDub,
    dub_key,
    sound_track,
    subtitle_tracks,
    title_of,
)
from polydub_muxing.outputs.matroska import PictureTrack, Track, is_copied, write_matroska
from polydub_muxing.report import measure

REGISTER = "dubbed"
Dubs = Mapping[str, muxing_pb2.MuxingProducts]
"""The finished dubs by their languages, in the order in which the job names them."""


async def enter(dub: FinishedDub) -> None:
    """Enters the dub into the job's register, before it is looked at: so the last one sees all."""
    envelope = dub.event.envelope
    entry = muxing_pb2.MuxingProducts(files=dub.base.files, digest=dub.base.digest)
    await dub.context.ledger.record(
        envelope.job_id,
        REGISTER,
        f"{envelope.revision}-{dub.language}",
        entry.SerializeToString(deterministic=True),
    )


async def done_so_far(dub: FinishedDub) -> Dubs:
    """The newest finished dub of each language that the job still asks for."""
    entries = await dub.context.ledger.entries(dub.event.envelope.job_id, REGISTER)
    newest: dict[str, tuple[int, bytes]] = {}
    for entry, value in entries.items():
        revision, _, language = entry.partition("-")
        newest[language] = max(newest.get(language, (-1, b"")), (int(revision), value))
    wanted = dict.fromkeys([*dub.event.spec.target_languages, dub.language])
    return {
        language: muxing_pb2.MuxingProducts.FromString(newest[language][1])
        for language in wanted
        if language in newest
    }


async def make_multitrack(
    dub: FinishedDub, folder: ArtifactFolder, *, dubs: Dubs
) -> muxing_pb2.MuxingProducts:
    """Puts the tracks together. Nothing is encoded again, where Matroska can hold the originals.

    Raises:
        StageError: ``engine_failed``, ``engine_timeout``.
    """
    async with AsyncExitStack() as stack:
        source = await dub.open(stack, dub.event.products.separation.source_key)
        picture = await dub.picture(stack)
        ending = "mkv" if picture else "mka"
        output = dub.context.scratch / f"multitrack.{ending}"
        await _write(dub, stack, source, picture, dubs, output)
    kind, media_type = ("video", "video/x-matroska") if picture else ("audio", "audio/x-matroska")
    file = await dub.put(folder, output, f".multitrack.{ending}", kind, media_type, of_the_job=True)
    made = muxing_pb2.MuxingProducts(files=[file], digest=folder.digest)
    if not is_copied(picture):
        made.headline.warnings.append(turned_warning(dub, file.name))
    output.unlink()
    return made


def turned_warning(dub: FinishedDub, name: str) -> common_pb2.Warning:
    because = "Matroska can't say that it is to be turned"
    return dub.warning("picture_reencoded", f"The picture of {name} was encoded again: {because}.")


async def _write(
    dub: FinishedDub,
    stack: AsyncExitStack,
    source: Path,
    picture: PictureTrack | None,
    dubs: Dubs,
    output: Path,
) -> None:
    sounds: list[Track] = []
    subtitles: list[Track] = []
    for language, base in dubs.items():
        path = await dub.open(stack, dub_key(base))
        sounds.append(sound_track(path, language, default=not sounds))
        subtitles += await subtitle_tracks(dub.store, stack, base, language)
    duration_s = (await measure.lengths(source)).file_s

    async def write(original: Track) -> None:
        await write_matroska(
            output, picture, [original, *sounds], subtitles,
            duration_s=duration_s, timeout_s=dub.timeout_s,
        )  # fmt: skip

    try:
        await write(_original(dub, source, "copy"))
    except StageError as error:
        if error.code != "engine_failed":
            raise
        await write(_original(dub, source, "flac"))


def _original(dub: FinishedDub, source: Path, codec: str) -> Track:
    """The sound that was dubbed, from the source's own container."""
    separation, heard = dub.event.products.separation, dub.event.products.asr.language
    index = separation.media.selected_audio
    named = next((a.language for a in separation.media.audio if a.index == index), "")
    language = heard or named
    title = f"Original ({title_of(language)})" if language else "Original"
    return Track(source, str(index), language, title, codec=codec)
