"""What a dub will need, before it is asked for."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.db import VideoRow
from polydub_gateway.estimates.estimating import Estimate, StageEstimate
from polydub_gateway.gateway import Gateway
from polydub_gateway.routes.context import GatewayOf, Viewer
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import DubIn, VideoOut

router = APIRouter(prefix="/v1/estimates", tags=["dubs"])


class StageEstimateOut(BaseModel):
    """What one stage will need; null: not measured, or no price."""

    stage: str
    engines: list[str] = Field(description="Those that would be chosen now")
    seconds: float | None = Field(description="By how much it lengthens the dub")
    worker_seconds: float | None = Field(description="What its workers spend, side by side or not")
    cost: float | None

    @classmethod
    def of(cls, stage: StageEstimate) -> StageEstimateOut:
        return cls(
            stage=stage.stage,
            engines=list(stage.engines),
            seconds=_rounded(stage.seconds),
            worker_seconds=_rounded(stage.worker_seconds),
            cost=stage.cost,
        )


class EstimateOut(BaseModel):
    """What a dub will need, as far as this deployment has measured it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "is_measured": True,
                "seconds": 59.7,
                "seconds_at_most": 74.1,
                "cost": 0.04,
                "currency": "USD",
                "stages": [
                    {
                        "stage": "translation",
                        "engines": ["deepl"],
                        "seconds": 2.1,
                        "worker_seconds": 3.9,
                        "cost": 0.04,
                    }
                ],
            }
        }
    )

    is_measured: bool = Field(description="false: some stage's time is not known yet")
    seconds: float | None = Field(description="From its start to its end")
    seconds_at_most: float | None = Field(
        description="Few dubs take longer; null until enough were compared with their estimates"
    )
    cost: float | None = Field(description="null where something is not measured or has no price")
    currency: str
    stages: list[StageEstimateOut]

    @classmethod
    def of(cls, estimate: Estimate) -> EstimateOut:
        return cls(
            is_measured=estimate.is_measured,
            seconds=_rounded(estimate.seconds),
            seconds_at_most=_rounded(estimate.seconds_at_most),
            cost=estimate.cost,
            currency=estimate.currency,
            stages=[StageEstimateOut.of(stage) for stage in estimate.stages],
        )


@router.post("", responses=problems(404, 422, 503))
async def estimate_dub(asked: DubIn, gateway: GatewayOf, caller: Viewer) -> EstimateOut:
    """What a dub will need, by the same body that starts one. Nothing is started or written.

    It is of the whole work: what was made of the video before makes it less.
    """
    return EstimateOut.of(await gateway.estimates.of(caller.organisation_id, asked.request()))


async def video_out(gateway: Gateway, video: VideoRow) -> VideoOut:
    """A video, with what a dub of it will need."""
    return VideoOut.of(video, await gateway.estimates.of_video(video))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
