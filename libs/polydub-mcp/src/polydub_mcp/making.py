"""Tools that have videos dubbed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from polydub_client import AsyncPolydub, DubFilter, DubOptions
from polydub_mcp.answers import (
    DubAnswer,
    DubsAnswer,
    EstimateAnswer,
    FileAnswer,
    FilesAnswer,
    LanguagesAnswer,
    MonthAnswer,
    PairAnswer,
    UsageAnswer,
)
from polydub_mcp.refusals import refusals
from polydub_mcp.roots import Roots
from polydub_mcp.sources import video_id_of

Source = Annotated[
    str,
    Field(
        description="A video or audio file's path, the http(s) address of a file or of a page with "
        "one video, or the id of a video that the server has (vid_...)"
    ),
]
Targets = Annotated[list[str], Field(min_length=1, description="BCP-47 tags, such as es or pt-BR")]
Spoken = Annotated[str, Field(description="The language that is spoken; auto: found out")]
DubId = Annotated[str, Field(description="A dub's id, dub_...")]


class Making:
    """Dubs from a source to files."""

    def __init__(self, client: AsyncPolydub, roots: Roots) -> None:
        self._client = client
        self._roots = roots

    async def list_languages(
        self,
        source: Annotated[str, Field(description="Only from this language; empty: all")] = "",
    ) -> LanguagesAnswer:
        """Lists which languages can be dubbed into which on this server."""
        with refusals():
            known = await self._client.list_languages()
        pairs = [each for each in known.pairs if source in ("", each.source)]
        return LanguagesAnswer(
            pairs=[
                PairAnswer(source=each.source, target=each.target, via=list(each.via))
                for each in pairs
            ]
        )

    async def estimate_dub(
        self,
        source: Source,
        target_languages: Targets,
        ctx: Context,
        source_language: Spoken = "auto",
    ) -> EstimateAnswer:
        """Says how long a dub would take and what it would cost, without starting it.

        A file is uploaded for that, and an address fetched; dub_video with the video_id that is
        answered need not do so again.
        """
        with refusals():
            video_id = await video_id_of(self._client, self._roots, source, ctx)
            found = await self._client.estimate(
                video_id, target_languages, source_language=source_language
            )
        return EstimateAnswer(
            video_id=video_id,
            seconds=found.seconds,
            seconds_at_most=found.seconds_at_most,
            cost=found.cost,
            currency=found.currency,
        )

    async def dub_video(
        self,
        source: Source,
        target_languages: Targets,
        ctx: Context,
        source_language: Spoken = "auto",
        speakers: Annotated[int, Field(ge=0, description="How many speak; 0: found out")] = 0,
        fit_mode: Annotated[
            Literal["balanced", "strict", "natural", "slow_picture"],
            Field(description="What happens to lines that are too long for their moment"),
        ] = "balanced",
        keep_background: Annotated[bool, Field(description="Keep music and noise")] = True,
    ) -> DubAnswer:
        """Starts to dub a video and answers at once with the dub's id.

        It takes about as long as the video or longer: follow it with wait_for_dub or get_dub, then
        save the files with download_results.
        """
        options = DubOptions(
            source_language=source_language,
            speakers=speakers,
            fit_mode=fit_mode,
            keep_background=keep_background,
        )
        with refusals():
            video_id = await video_id_of(self._client, self._roots, source, ctx)
            return DubAnswer.of(
                await self._client.create_dub(video_id, target_languages, **options)
            )

    async def get_dub(self, dub_id: DubId) -> DubAnswer:
        """Says how a dub stands: progress, time left, and the figures measured when it is done."""
        with refusals():
            return DubAnswer.of(await self._client.get_dub(dub_id))

    async def wait_for_dub(
        self,
        dub_id: DubId,
        ctx: Context,
        at_most_s: Annotated[
            float, Field(gt=0, le=3600, description="Then answers however it stands")
        ] = 600.0,
    ) -> DubAnswer:
        """Waits until a dub has ended, and tells its progress meanwhile.

        `has_ended` says whether it did; if not, wait again.
        """
        with refusals():
            try:
                async with asyncio.timeout(at_most_s):
                    await self._tell_progress(dub_id, ctx)
            except TimeoutError:
                pass  # it is told as it stands
            return DubAnswer.of(await self._client.get_dub(dub_id))

    async def _tell_progress(self, dub_id: str, ctx: Context) -> None:
        async with aclosing(self._client.watch(dub_id)) as messages:
            async for told in messages:
                left = "" if told.eta_s is None else f", about {told.eta_s:.0f} s left"
                await ctx.report_progress(told.progress, 1.0, f"{told.stage or told.state}{left}")

    async def list_dubs(
        self,
        state: Annotated[
            Literal[
                "",
                "queued",
                "processing",
                "completed",
                "completed_with_warnings",
                "failed",
                "canceled",
            ],
            Field(description="Only those that stand so; empty: all"),
        ] = "",
        filename: Annotated[str, Field(description="Only those of files named so, in part")] = "",
        limit: Annotated[int, Field(ge=1, le=100)] = 10,
    ) -> DubsAnswer:
        """Lists the latest dubs, newest first."""
        wanted = DubFilter(states=[state] if state else [], text=filename)
        with refusals():
            page = await self._client.list_dubs(limit=limit, **wanted)
        return DubsAnswer(dubs=[DubAnswer.of(each) for each in page.dubs])

    async def cancel_dub(self, dub_id: DubId) -> DubAnswer:
        """Stops a dub that is under way."""
        with refusals():
            return DubAnswer.of(await self._client.cancel_dub(dub_id))

    async def add_language(self, dub_id: DubId, target_languages: Targets) -> DubAnswer:
        """Makes an ended dub in further languages as well; what is made already is kept."""
        with refusals():
            return DubAnswer.of(await self._client.add_languages(dub_id, target_languages))

    async def download_results(
        self,
        dub_id: DubId,
        folder: Annotated[str, Field(description="Where to save; empty: only list the files")] = "",
        language: Annotated[str, Field(description="Only of this language; empty: all")] = "",
        kinds: Annotated[
            list[Literal["video", "audio", "subtitles", "transcript", "report"]] | None,
            Field(description="Only these kinds; null: all"),
        ] = None,
    ) -> FilesAnswer:
        """Lists a finished dub's files and saves them in a folder.

        Subtitles, transcripts and reports can also be read as resources without saving them.
        """
        target = self._roots.folder(folder) if folder else None
        with refusals():
            files = [
                each
                for each in await self._client.list_artifacts(dub_id)
                if each.language in ("", language) or not language
                if kinds is None or each.kind in kinds
            ]
            if target is None:
                return FilesAnswer(files=[FileAnswer.of(dub_id, each) for each in files])
            return FilesAnswer(
                files=[
                    FileAnswer.of(dub_id, each, str(await self._client.download(each, target)))
                    for each in files
                ]
            )

    async def usage(self) -> UsageAnswer:
        """Says what was used by month: minutes, languages, storage and cost."""
        with refusals():
            used = await self._client.usage.get()
        return UsageAnswer(
            months=[
                MonthAnswer(
                    month=each.month,
                    minutes=each.minutes,
                    languages=each.languages,
                    dubs=each.jobs,
                    cost=each.cost,
                )
                for each in used.months
            ],
            storage_bytes=used.storage_bytes,
            minutes_per_month_allowed=used.quotas.minutes_per_month,
            currency=used.currency,
        )
