"""Starting, finding, steering and deleting dubs."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.calls.call import Call, many, nothing, one, path
from polydub_client.models import Artifact, Dub, DubPage, DubTrace, Estimate
from polydub_client.options import DubFilter, DubOptions, filter_params, wire


def create_dub(
    video_id: str, target_languages: Sequence[str], options: DubOptions, *, idempotency_key: str
) -> Call[Dub]:
    body = {"video_id": video_id, "target_languages": list(target_languages), **wire(options)}
    headers = {"Idempotency-Key": idempotency_key}
    return Call("POST", path("dubs"), one(Dub), body=body, headers=headers)


def estimate(video_id: str, target_languages: Sequence[str], options: DubOptions) -> Call[Estimate]:
    body = {"video_id": video_id, "target_languages": list(target_languages), **wire(options)}
    return Call("POST", path("estimates"), one(Estimate), body=body)


def get_dub(dub_id: str) -> Call[Dub]:
    return Call("GET", path("dubs", dub_id), one(Dub))


def get_dub_trace(dub_id: str) -> Call[DubTrace]:
    return Call("GET", path("dubs", dub_id, "trace"), one(DubTrace))


def list_dubs(limit: int, cursor: str, wanted: DubFilter) -> Call[DubPage]:
    params = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    return Call("GET", path("dubs"), one(DubPage), params={**params, **filter_params(wanted)})


def add_languages(dub_id: str, target_languages: Sequence[str]) -> Call[Dub]:
    body = {"target_languages": list(target_languages)}
    return Call("POST", path("dubs", dub_id, "languages"), one(Dub), body=body)


def cancel_dub(dub_id: str) -> Call[Dub]:
    return Call("POST", path("dubs", dub_id, "cancel"), one(Dub))


def retry_dub(dub_id: str) -> Call[Dub]:
    """Not idempotent: a second one finds the dub queued and is refused."""
    return Call("POST", path("dubs", dub_id, "retry"), one(Dub), idempotent=False)


def delete_dub(dub_id: str) -> Call[None]:
    """Not idempotent: a second one finds no dub."""
    return Call("DELETE", path("dubs", dub_id), nothing, idempotent=False)


def list_artifacts(dub_id: str) -> Call[tuple[Artifact, ...]]:
    return Call("GET", path("dubs", dub_id, "artifacts"), many("artifacts", Artifact))


def read_artifact(artifact: Artifact) -> Call[bytes]:
    return Call("GET", artifact.url, lambda response: response.content)


def events_path(dub_id: str) -> str:
    return path("dubs", dub_id, "events")


FEED_PATH = path("events")
