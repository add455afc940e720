"""What a user asks for: checked against what this deployment can do, and made a spec. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from polydub import languages
from polydub.engines import AUTO
from polydub.errors import StageError
from polydub.pipeline import stages_of
from polydub.v1 import events_pb2, muxing_pb2, translation_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.languages import (
    Catalog,
    check_cloning,
    check_engines,
    check_pairs,
    dubbable_pairs,
)

FIT_MODES = {
    "balanced": muxing_pb2.FIT_MODE_BALANCED,
    "strict": muxing_pb2.FIT_MODE_STRICT,
    "natural": muxing_pb2.FIT_MODE_NATURAL,
}
MAX_TARGETS = 50
MAX_SPEAKERS = 20
MAX_TERMS = 500
MAX_TERM_CHARACTERS = 200
MAX_STATEMENT_CHARACTERS = 2000


@dataclass(frozen=True)
class Term:
    """How a term is said in another language."""

    source: str
    target: str = ""
    """Empty: it stays as it is."""
    target_language: str = ""
    """Empty: in every target language."""


@dataclass(frozen=True)
class CloneConsent:
    """Who allows that the speakers' voices are imitated, and in which words."""

    given_by: str
    statement: str


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
    glossary: tuple[Term, ...] = ()
    clone_consent: CloneConsent | None = None
    """None: no voice is imitated."""
    lipsync: bool = False

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
    if len(request.glossary) > MAX_TERMS:
        raise _invalid(f"glossary has at most {MAX_TERMS} terms")
    source = request.source_language or languages.AUTO
    return replace(
        request,
        target_languages=targets,
        source_language=source if source == languages.AUTO else _tag(source),
        engines={stage: engine or AUTO for stage, engine in sorted(request.engines.items())},
        glossary=tuple(dict.fromkeys(_term(term) for term in request.glossary)),
        clone_consent=_consent(request.clone_consent),
    )


def check_possible(request: DubRequest, catalog: Catalog) -> None:
    """Returns when this deployment can do a normalized request.

    Raises:
        StageError: ``unsupported_language_pair``, ``invalid_request`` for unknown engines,
            ``engine_unavailable``, ``stage_unavailable``.
    """
    check_engines(catalog, request.engines, [stage.name for stage in stages_of(request)])
    pairs = dubbable_pairs(catalog, request.engines)
    check_pairs(pairs, request.source_language, request.target_languages)
    if request.clone_consent is not None:
        check_cloning(catalog, request.engines, request.target_languages)


def spec_of(request: DubRequest, video: VideoRow, *, consent_id: str = "") -> events_pb2.DubSpec:
    """The request as events carry it; of a consent, only under which id it is recorded."""
    return events_pb2.DubSpec(
        source_key=video.source_key,
        filename=video.filename,
        source_language=request.source_language,
        target_languages=request.target_languages,
        speakers=request.speakers,
        fit_mode=FIT_MODES[request.fit_mode],
        engines=request.engines,
        glossary=[translation_pb2.GlossaryTerm(**asdict(term)) for term in request.glossary],
        clone_consent=consent_id,
        lipsync=request.lipsync,
    )


def _term(term: Term) -> Term:
    source, target = term.source.strip(), term.target.strip()
    if not source:
        raise _invalid("a glossary term needs its source")
    if max(len(source), len(target)) > MAX_TERM_CHARACTERS:
        raise _invalid(f"a glossary term has at most {MAX_TERM_CHARACTERS} characters")
    return Term(source, target, _tag(term.target_language) if term.target_language else "")


def _consent(consent: CloneConsent | None) -> CloneConsent | None:
    if consent is None:
        return None
    given_by, statement = consent.given_by.strip(), consent.statement.strip()
    if not given_by or not statement:
        raise _invalid(
            "clone_consent must say who gives it (given_by) and what they allow (statement)"
        )
    return CloneConsent(given_by[:MAX_TERM_CHARACTERS], statement[:MAX_STATEMENT_CHARACTERS])


def _tag(tag: str) -> str:
    try:
        return languages.normalize(tag)
    except ValueError as error:
        raise _invalid(f"{error}") from error


def _invalid(message: str) -> StageError:
    return StageError("invalid_request", f"{message}.")
