"""The extras with subtitles in the picture."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from polydub.artifacts import ArtifactFolder
from polydub.errors import StageError
from polydub.v1 import muxing_pb2
from polydub_muxing.outputs.ass import Look, ass
from polydub_muxing.outputs.burning import burn
from polydub_muxing.outputs.captions import reported_cues
from polydub_muxing.outputs.finished import FinishedDub, dub_key
from polydub_muxing.outputs.fonts import Fonts, fonts_for
from polydub_muxing.report import measure

READABLE = 0.9
"""Where fewer of its letters can be shown, a picture full of boxes helps nobody."""


async def fonts_of(dub: FinishedDub, report: muxing_pb2.ReportDocument, *, said: bool) -> Fonts:
    """The fonts for all that is to be shown; with ``said``, for the source's words, too.

    Raises:
        StageError: ``engine_unavailable`` where too many letters are in no font.
    """
    shown = [line.text for line in report.line_reports]
    shown += [line.source_text for line in report.line_reports] if said else []
    text = "".join(shown)
    fonts = await fonts_for(text, dub.language)
    unread = sum(text.count(character) for character in fonts.missing)
    if unread > (1 - READABLE) * sum(not character.isspace() for character in text):
        raise StageError("engine_unavailable", fonts.advice())
    return fonts


async def make_burned(
    dub: FinishedDub,
    folder: ArtifactFolder,
    *,
    report: muxing_pb2.ReportDocument,
    fonts: Fonts,
    name: str,
    said: bool,
) -> muxing_pb2.MuxingProducts:
    """Draws the subtitles into the picture.

    Raises:
        StageError: ``engine_failed``, ``engine_timeout``.
    """
    script, output = dub.context.scratch / f"{name}.ass", dub.context.scratch / f"{name}.mp4"
    async with AsyncExitStack() as stack:
        finished = await dub.open(stack, dub_key(dub.base))
        picture = await dub.picture(stack)
        if picture is None:
            raise StageError("invalid_request", "There is no picture to draw subtitles into.")
        file_s = (await measure.lengths(finished)).file_s
        cues = partial(
            reported_cues, report.line_reports, offset_ms=dub.offset_ms, end_ms=int(file_s * 1000)
        )
        below = cues(source=True) if said else ()
        look = Look(fonts.family, picture.shown.frame)
        script.write_text(ass(cues(), look, said=below), encoding="utf-8")
        await burn(
            picture, finished, script, output, language=dub.language, duration_s=file_s,
            timeout_s=dub.timeout_s,
        )  # fmt: skip
    file = await dub.put(folder, output, f".{name}.mp4", "video", "video/mp4")
    made = muxing_pb2.MuxingProducts(files=[file], digest=folder.digest)
    because = f"The picture of {file.name} was encoded again: its subtitles are in it."
    made.headline.warnings.append(dub.warning("picture_reencoded", because))
    if fonts.missing:
        made.headline.warnings.append(dub.warning("letters_missing", fonts.advice()))
    output.unlink()
    return made
