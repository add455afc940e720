"""Estimates as users ask for them; REST and gRPC both come here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polydub_gateway.db import Database, VideoRow, owned
from polydub_gateway.estimates.choosing import tasks_of
from polydub_gateway.estimates.estimating import Estimate, estimate, usual_tasks
from polydub_gateway.estimates.keeping import MeasuredRates
from polydub_gateway.estimates.rates import Rates
from polydub_gateway.jobs.asking import DubRequest, check_possible, normalized
from polydub_gateway.prices import Prices
from polydub_gateway.stages import StageClients
from polydub_gateway.uploads.receiving import media_of


@dataclass(frozen=True)
class VideoEstimate:
    """What a dub of a video is expected to need, whatever its languages are."""

    first: Estimate
    """Into one language."""
    with_another: Estimate
    """Into two."""


class Estimates:
    """What dubs will need."""

    def __init__(
        self, database: Database, stages: StageClients, rates: MeasuredRates, prices: Prices
    ) -> None:
        self._database = database
        self._stages = stages
        self._rates = rates
        self._prices = prices

    async def of(self, owner_id: str, request: DubRequest) -> Estimate:
        """What a dub as it is asked for is expected to need. Nothing is written.

        It is of the whole work: what was made for the video before and would be found again makes
        it less. Waiting while others' dubs are being made is in it as far as it was usual lately.

        Raises:
            StageError: ``invalid_request``, ``unsupported_language_pair``, ``not_found`` (the
                video), ``engine_unavailable``, ``stage_unavailable``.
        """
        request = normalized(request)
        async with self._database.session() as session:
            video = await owned(session, VideoRow, owner_id, request.video_id)
        catalog = await self._stages.catalog()
        check_possible(request, catalog)
        tasks = tasks_of(request, catalog, media_of(video).duration_s)
        return estimate(tasks, await self._rates.read(), self._prices)

    async def of_video(self, video: VideoRow) -> VideoEstimate:
        """What a dub with the engines that were used last is expected to need."""
        (found,) = await self.of_videos([video])
        return found

    async def of_videos(self, videos: Sequence[VideoRow]) -> list[VideoEstimate]:
        """The same of some videos, in their order."""
        rates = await self._rates.read()
        return [self._of_video(rates, media_of(video).duration_s) for video in videos]

    def _of_video(self, rates: Rates, duration_s: float) -> VideoEstimate:
        one, two = (
            estimate(usual_tasks(rates, duration_s, languages), rates, self._prices)
            for languages in (1, 2)
        )
        return VideoEstimate(one, two)
