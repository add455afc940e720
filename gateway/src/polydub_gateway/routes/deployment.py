"""What this deployment can do, and how it is."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from polydub import languages
from polydub.pipeline import BY_NAME
from polydub_gateway.languages import DubbablePair, dubbable_pairs
from polydub_gateway.routes.context import Anyone, GatewayOf
from polydub_gateway.routes.schemas import (
    EngineOut,
    EnginesOut,
    HealthOut,
    LanguagesOut,
    PairOut,
    ReadinessOut,
    StageOut,
)

router = APIRouter()


@router.get("/v1/engines", tags=["deployment"], dependencies=[Anyone])
async def list_engines(gateway: GatewayOf) -> EnginesOut:
    """The engines of every stage: what they can do, and what the missing ones need."""
    catalog = await gateway.stages.catalog()
    return EnginesOut(
        stages=[
            StageOut(
                stage=name,
                answers=stage.answers,
                engines=[EngineOut.of(engine) for engine in stage.engines],
            )
            for name, stage in catalog.items()
        ]
    )


@router.get("/v1/languages", tags=["deployment"], dependencies=[Anyone])
async def list_languages(gateway: GatewayOf) -> LanguagesOut:
    """The pairs that can be dubbed here: heard, translated and spoken."""
    catalog = await gateway.stages.catalog()
    return LanguagesOut(
        pairs=[_pair(pair) for pair in dubbable_pairs(catalog)],
        silent_stages=[
            name
            for name, stage in catalog.items()
            if not stage.answers and not BY_NAME[name].optional
        ],
    )


@router.get("/healthz", tags=["health"])
async def get_health() -> HealthOut:
    """The process answers."""
    return HealthOut()


@router.get(
    "/readyz", tags=["health"], responses={503: {"model": ReadinessOut, "description": "Not ready"}}
)
async def get_readiness(gateway: GatewayOf, response: Response) -> ReadinessOut:
    """The bus, the database and the store answer."""
    missing = await gateway.not_ready()
    response.status_code = 503 if missing else 200
    return ReadinessOut(ready=not missing, not_ready=missing)


@router.get("/metrics", include_in_schema=False)
async def get_metrics() -> Response:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _pair(pair: DubbablePair) -> PairOut:
    return PairOut(
        source=pair.source,
        target=pair.target,
        via=list(pair.via),
        source_name=languages.name(pair.source),
        target_name=languages.name(pair.target),
    )
