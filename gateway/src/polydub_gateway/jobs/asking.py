"""What a user asks for: checked against what this deployment can do, and made a spec. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from polydub import languages
from polydub.engines import AUTO
from polydub.errors import StageError
from polydub.v1 import events_pb2, muxing_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.languages import Catalog, check_engines, check_pairs, dubbable_pairs

FIT_MODES = {
    "balanced": muxing_pb2.FIT_MODE_BALANCED,
    "strict": muxing_pb2.FIT_MODE_STRICT,
    "natural": muxing_pb2.FIT_MODE_NATURAL,
}
MAX_TARGETS = 50
MAX_SPEAKERS = 20


@dataclass(frozen=True)
class DubRequest:
    """A dub as it is asked for."""

    video_id: str
    target_languages: tuple[str, ...]
    source_language: str = languages.AUTO
    speakers: int = 0
    """0: find out."""
    fit_mode: str = "balanced"
    engines: Mapping[str, str] = field(default_factory=dict)
    """Stage -> engine id or ``auto``."""

    def digest(self) -> str:
        """A name for the request, to tell a repetition from another request."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


def normalized(request: DubRequest) -> DubRequest:
    """The request with canonical language tags, each target once, and no empty engine choices.

    Raises:
        StageError: ``invalid_request``.
    """
    if request.fit_mode not in FIT_MODES:
        raise _invalid(f"fit_mode must be one of {', '.join(FIT_MODES)}")
    if not 0 <= request.speakers <= MAX_SPEAKERS:
        raise _invalid(f"speakers must be 0 (find out) to {MAX_SPEAKERS}")
    targets = tuple(dict.fromkeys(_tag(tag) for tag in request.target_languages))
    if not 1 <= len(targets) <= MAX_TARGETS:
        raise _invalid(f"target_languages must name 1 to {MAX_TARGETS} languages")
    source = request.source_language or languages.AUTO
    return DubRequest(
        video_id=request.video_id,
        target_languages=targets,
        source_language=source if source == languages.AUTO else _tag(source),
        speakers=request.speakers,
        fit_mode=request.fit_mode,
        engines={stage: engine or AUTO for stage, engine in sorted(request.engines.items())},
    )


def check_possible(request: DubRequest, catalog: Catalog) -> None:
    """Returns when this deployment can do a normalized request.

    Raises:
        StageError: ``unsupported_language_pair``, ``invalid_request`` for unknown engines,
            ``engine_unavailable``, ``stage_unavailable``.
    """
    check_engines(catalog, request.engines)
    pairs = dubbable_pairs(catalog, request.engines)
    check_pairs(pairs, request.source_language, request.target_languages)


def spec_of(request: DubRequest, video: VideoRow) -> events_pb2.DubSpec:
    """The request as events carry it."""
    return events_pb2.DubSpec(
        source_key=video.source_key,
        filename=video.filename,
        source_language=request.source_language,
        target_languages=request.target_languages,
        speakers=request.speakers,
        fit_mode=FIT_MODES[request.fit_mode],
        engines=request.engines,
    )


def _tag(tag: str) -> str:
    try:
        return languages.normalize(tag)
    except ValueError as error:
        raise _invalid(f"{error}") from error


def _invalid(message: str) -> StageError:
    return StageError("invalid_request", f"{message}.")
