"""What this deployment can do. Anyone may ask."""

from __future__ import annotations

from polydub import languages
from polydub.pipeline import BY_NAME
from polydub.v1 import common_pb2, dubbing_pb2
from polydub_gateway.languages import Catalog, DubbablePair, dubbable_pairs
from polydub_gateway.rpc.calls import Servicer, open_to_all


class DeploymentCalls(Servicer):
    """The calls of ``polydub.v1.Dubbing`` about engines and languages."""

    @open_to_all
    async def ListEngines(  # noqa: N802
        self, _: common_pb2.ListEnginesRequest
    ) -> dubbing_pb2.ListAllEnginesResponse:
        catalog = await self.gateway.stages.catalog()
        return dubbing_pb2.ListAllEnginesResponse(
            stages=[
                common_pb2.ListEnginesResponse(stage=name, engines=stage.engines)
                for name, stage in catalog.items()
            ],
            silent_stages=[name for name, stage in catalog.items() if not stage.answers],
        )

    @open_to_all
    async def ListLanguages(  # noqa: N802
        self, _: dubbing_pb2.ListLanguagesRequest
    ) -> dubbing_pb2.ListLanguagesResponse:
        catalog = await self.gateway.stages.catalog()
        return dubbing_pb2.ListLanguagesResponse(
            pairs=[_pair(each) for each in dubbable_pairs(catalog)],
            silent_stages=_silent(catalog),
        )


def _pair(pair: DubbablePair) -> dubbing_pb2.DubbablePair:
    return dubbing_pb2.DubbablePair(
        source=pair.source,
        target=pair.target,
        via=pair.via,
        source_name=languages.name(pair.source),
        target_name=languages.name(pair.target),
    )


def _silent(catalog: Catalog) -> list[str]:
    return [
        name for name, stage in catalog.items() if not stage.answers and not BY_NAME[name].optional
    ]
