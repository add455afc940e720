"""What a job asks for beside what it always gets.

Every extra has a folder of its own, named after the finished dub that it is made of: asking for one
later makes nothing else anew, and asking for none changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from polydub import media
from polydub.artifacts import ArtifactFolder, Parameter
from polydub.errors import StageError
from polydub.v1 import common_pb2, muxing_pb2
from polydub_muxing.assembly import SPEECH, file_stem
from polydub_muxing.hls.finishing import encoded_again, finish
from polydub_muxing.outputs.burned import fonts_of, make_burned
from polydub_muxing.outputs.finished import FinishedDub, dub_key, sound_track, subtitle_tracks
from polydub_muxing.outputs.matroska import is_copied, write_matroska
from polydub_muxing.outputs.multitrack import done_so_far, enter, make_multitrack, turned_warning
from polydub_muxing.report import measure

RECIPE = 1
"""Counts changes that make an extra differ from what was made before."""
DOCUMENT = "extra.json"
NOT_ITS_OWN = frozenset({"store_unavailable", "store_full", "artifact_missing", "bus_unavailable"})
"""Failures that would meet the dub itself alike. Any other only leaves the extra out."""
_BURNED, _BILINGUAL = "burned", "burned-bilingual"

Make = Callable[[ArtifactFolder], Awaitable[muxing_pb2.MuxingProducts]]


@dataclass
class Gathered:
    """The extras of one language."""

    files: list[muxing_pb2.OutputFile] = field(default_factory=list)
    warnings: list[common_pb2.Warning] = field(default_factory=list)
    reused: bool = True


async def gather_extras(dub: FinishedDub) -> Gathered:
    """All that the job asks for, made or found. What can't be made becomes a warning.

    Raises:
        StageError: the store or the broker fails.
    """
    gathering = _Gathering(dub, Gathered())
    for extra in sorted(set(dub.event.spec.extras)):
        make = gathering.makers().get(extra)
        if make is None:
            continue
        try:
            await make()
        except StageError as error:
            if error.code in NOT_ITS_OWN:
                raise
            name = muxing_pb2.Extra.Name(extra).removeprefix("EXTRA_").lower()
            message = f"{name} was left out: {error.message}"
            gathering.gathered.warnings.append(dub.warning("extra_left_out", message))
    return gathering.gathered


@dataclass(frozen=True)
class _Gathering:
    dub: FinishedDub
    gathered: Gathered

    @property
    def _base(self) -> str:
        return self.dub.base.digest

    def makers(self) -> dict[int, Callable[[], Awaitable[None]]]:
        return {
            muxing_pb2.EXTRA_MKV: self._mkv,
            muxing_pb2.EXTRA_MULTITRACK: self._multitrack,
            muxing_pb2.EXTRA_STEMS: self._stems,
            muxing_pb2.EXTRA_BURNED: lambda: self._burned(_BURNED, said=False),
            muxing_pb2.EXTRA_BURNED_BILINGUAL: lambda: self._burned(_BILINGUAL, said=True),
            muxing_pb2.EXTRA_HLS: self._hls,
        }

    async def _hls(self) -> None:
        """Renditions stand where the gateway looks for them: they are no files of the dub."""
        await self.dub.context.progress(1.0, "making segments")
        if await finish(self.dub):
            self.gathered.reused = False
        if await encoded_again(self.dub):
            because = "not every player of live streams knows its codec"
            message = f"The picture of the live stream was encoded again: {because}."
            self.gathered.warnings.append(self.dub.warning("picture_reencoded", message))

    async def _mkv(self) -> None:
        self._add(await self._kept("mkv", partial(make_mkv, self.dub), base=self._base))

    async def _stems(self) -> None:
        self._add(await self._kept("stems", partial(make_stems, self.dub), base=self._base))
        self.gathered.files.append(await _bed(self.dub))

    async def _multitrack(self) -> None:
        """Until no language was finished meanwhile: the file that is emitted lacks none of them."""
        if self.dub.is_slowed:
            raise StageError("invalid_request", "Each language's picture has a time of its own.")
        await enter(self.dub)
        dubs = await done_so_far(self.dub)
        while True:
            made = await self._kept(
                "multitrack",
                partial(make_multitrack, self.dub, dubs=dubs),
                base=[[language, base.digest] for language, base in dubs.items()],
                heard=self.dub.event.products.asr.language,
            )
            now = await done_so_far(self.dub)
            if now == dubs:
                for file in made.files:
                    file.languages[:] = dubs
                self._add(made)
                return
            dubs = now

    async def _burned(self, name: str, *, said: bool) -> None:
        report = await self.dub.report()
        fonts = await fonts_of(self.dub, report, said=said)
        made = await self._kept(
            name,
            partial(make_burned, self.dub, report=report, fonts=fonts, name=name, said=said),
            base=self._base,
            fonts=[fonts.family, fonts.missing],
        )
        self._add(made)

    def _add(self, made: muxing_pb2.MuxingProducts) -> None:
        self.gathered.files.extend(made.files)
        self.gathered.warnings.extend(made.headline.warnings)

    async def _kept(self, name: str, make: Make, **inputs: Parameter) -> muxing_pb2.MuxingProducts:
        """The extra as it stands in the store, made before that where it is not there."""
        folder = self.dub.context.folder(
            self.dub.event.envelope.video_id,
            extra=name,
            recipe=RECIPE,
            source=self.dub.event.products.separation.source_key,
            filename=self.dub.event.spec.filename,
            **inputs,
        )
        found = await folder.find_document(DOCUMENT, muxing_pb2.MuxingProducts)
        if found is not None:
            return found
        self.gathered.reused = False
        await self.dub.context.progress(1.0, f"making {name}")
        made = await make(folder)
        await folder.put_document(DOCUMENT, made)
        return made


async def make_mkv(dub: FinishedDub, folder: ArtifactFolder) -> muxing_pb2.MuxingProducts:
    """The dub as Matroska, its subtitles as tracks that a viewer may turn on.

    Raises:
        StageError: ``engine_failed``, ``engine_timeout``.
    """
    async with AsyncExitStack() as stack:
        finished = await dub.open(stack, dub_key(dub.base))
        picture = await dub.picture(stack)
        ending = "mkv" if picture else "mka"
        output = dub.context.scratch / f"dub.{ending}"
        await write_matroska(
            output, picture, [sound_track(finished, dub.language, default=True)],
            await subtitle_tracks(dub.store, stack, dub.base, dub.language),
            duration_s=(await measure.lengths(finished)).file_s, timeout_s=dub.timeout_s,
        )  # fmt: skip
    kind, media_type = ("video", "video/x-matroska") if picture else ("audio", "audio/x-matroska")
    file = await dub.put(folder, output, f".{ending}", kind, media_type)
    made = muxing_pb2.MuxingProducts(files=[file], digest=folder.digest)
    if not is_copied(picture):
        made.headline.warnings.append(turned_warning(dub, file.name))
    output.unlink()
    return made


async def make_stems(dub: FinishedDub, folder: ArtifactFolder) -> muxing_pb2.MuxingProducts:
    """The dubbed speech alone as WAV: mono, at the bed's rate, on the bed's timeline.

    Raises:
        StageError: ``artifact_missing``, ``engine_failed``, ``engine_timeout``.
    """
    output = dub.context.scratch / "speech.wav"
    async with AsyncExitStack() as stack:
        key = ArtifactFolder(dub.store, folder.video_id, folder.stage, dub.base.digest).key(SPEECH)
        speech = await dub.open(stack, key)
        await media.run_ffmpeg(
            [
                *media.input_file(speech), "-map", "0:a:0", "-c:a", "pcm_s24le",
                # A talk of eight hours is more than plain WAV can count.
                "-rf64", "auto", "-f", "wav", f"file:{output}",
            ],
            timeout_s=dub.timeout_s,
        )  # fmt: skip
    file = await dub.put(folder, output, ".speech.wav", "stem", "audio/wav")
    output.unlink()
    return muxing_pb2.MuxingProducts(files=[file], digest=folder.digest)


async def _bed(dub: FinishedDub) -> muxing_pb2.OutputFile:
    """The bed as separation left it; it belongs to the job as a whole."""
    key = dub.event.products.separation.bed_key
    info = await dub.store.stat(key)
    if info is None:
        raise StageError("artifact_missing", "The bed is gone from the store.")
    ending = Path(key).suffix
    return muxing_pb2.OutputFile(
        name=f"{file_stem(dub.event.spec.filename)}.bed{ending}",
        kind="stem",
        key=key,
        media_type=f"audio/{ending.removeprefix('.')}",
        size_bytes=info.size_bytes,
    )
