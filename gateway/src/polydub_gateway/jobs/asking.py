"""What a user asks for: checked against what this deployment can do, and made a spec. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from polydub import languages
from polydub.engines import AUTO
from polydub.errors import StageError
from polydub.pipeline import stages_of
from polydub.v1 import events_pb2, muxing_pb2, translation_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.identity import Caller, Role
from polydub_gateway.jobs.fairness import Priority
from polydub_gateway.languages import (
    Catalog,
    check_cloning,
    check_engines,
    check_pairs,
    check_voices,
    dubbable_pairs,
    is_heard,
)
from polydub_gateway.subtitles.own import SubtitleFile, assigned

FIT_MODES = {
    "balanced": muxing_pb2.FIT_MODE_BALANCED,
    "strict": muxing_pb2.FIT_MODE_STRICT,
    "natural": muxing_pb2.FIT_MODE_NATURAL,
    "slow_picture": muxing_pb2.FIT_MODE_SLOW_PICTURE,
}
EXTRAS = {
    "mkv": muxing_pb2.EXTRA_MKV,
    "multitrack": muxing_pb2.EXTRA_MULTITRACK,
    "stems": muxing_pb2.EXTRA_STEMS,
    "burned": muxing_pb2.EXTRA_BURNED,
    "burned_bilingual": muxing_pb2.EXTRA_BURNED_BILINGUAL,
    "hls": muxing_pb2.EXTRA_HLS,
}
_SLOWED = "slow_picture"
_OF_ONE_TIME = frozenset({"multitrack", "hls"})
"""What has several languages over one picture."""
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
    glossary_ids: tuple[str, ...] = ()
    """Glossaries that are kept, whose terms count behind those of this request."""
    use_memory: bool = True
    """What people corrected before is used where the same is said."""
    clone_consent: CloneConsent | None = None
    """None: no voice is imitated."""
    lipsync: bool = False
    extras: tuple[str, ...] = ()
    """Files to be made beside the usual ones: names of ``EXTRAS``."""
    min_quality: float = 0.0
    """0 to 100: a language whose report says less ends with a warning."""
    keep_background: bool = True
    voice_over: bool = False
    """The original stays, low, under the dub."""
    noise_reduction: bool = False
    match_voices: bool = True
    """The voices are given the original's colour and room."""
    subtitles: tuple[SubtitleFile, ...] = ()
    """In the source language: the transcript; in a target language: the translation."""
    priority: Priority = Priority.NORMAL

    def digest(self) -> str:
        """A name for the request, to tell a repetition from another request."""
        asked = asdict(self)
        if self.priority is Priority.NORMAL:  # as requests were before there was a choice
            del asked["priority"]
        canonical = json.dumps(asked, sort_keys=True)
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
    targets = tuple(dict.fromkeys(checked_tag(tag) for tag in request.target_languages))
    if not 1 <= len(targets) <= MAX_TARGETS:
        raise _invalid(f"target_languages must name 1 to {MAX_TARGETS} languages")
    if unknown := set(request.extras) - set(EXTRAS):
        raise _invalid(f"extras can be {', '.join(EXTRAS)}, not {', '.join(sorted(unknown))}")
    if not 0 <= request.min_quality <= 100:
        raise _invalid("min_quality must be 0 to 100")
    if request.voice_over and not request.keep_background:
        raise _invalid(
            "voice_over keeps the original under the dub and keep_background=false takes it away: "
            "ask for one of the two"
        )
    if request.fit_mode == _SLOWED and (impossible := _OF_ONE_TIME & set(request.extras)):
        raise _invalid(
            f"with fit_mode {_SLOWED} each language has a time of its own, and "
            f"{', '.join(sorted(impossible))} needs one time for all"
        )
    source = request.source_language or languages.AUTO
    source, subtitles = assigned(
        [replace(file, language=checked_tag(file.language)) for file in request.subtitles],
        source if source == languages.AUTO else checked_tag(source),
        targets,
    )
    return replace(
        request,
        target_languages=targets,
        source_language=source,
        subtitles=subtitles,
        engines={stage: engine or AUTO for stage, engine in sorted(request.engines.items())},
        glossary=checked_terms(request.glossary),
        glossary_ids=tuple(dict.fromkeys(request.glossary_ids)),
        clone_consent=_consent(request.clone_consent),
        extras=tuple(name for name in EXTRAS if name in request.extras),
    )


def check_possible(request: DubRequest, catalog: Catalog) -> None:
    """Returns when this deployment can do a normalized request.

    What a person's own subtitles say needs no engine that finds it out.

    Raises:
        StageError: ``unsupported_language_pair``, ``invalid_request`` for unknown engines,
            ``engine_unavailable``, ``stage_unavailable``.
    """
    source, own = request.source_language, {file.language for file in request.subtitles}
    is_transcribed = source in own
    given = [tag for tag in request.target_languages if tag in own - {source}]
    wanted = [tag for tag in request.target_languages if tag not in given]
    # With all that is said written down, nobody misses words that no engine here hears.
    is_unheard = (
        not wanted and source != languages.AUTO and not is_heard(catalog, request.engines, source)
    )
    idle = {"asr": is_transcribed or is_unheard, "translation": not wanted}
    stages = [stage.name for stage in stages_of(request)]
    check_engines(catalog, request.engines, stages, [name for name in idle if idle[name]])
    pairs = dubbable_pairs(catalog, request.engines, is_transcribed=is_transcribed)
    check_pairs(pairs, source, wanted)
    check_voices(catalog, request.engines, given)
    if request.clone_consent is not None:
        check_cloning(catalog, request.engines, request.target_languages)


def check_urgency(caller: Caller, request: DubRequest) -> None:
    """Returns when the caller may have the request go before others of the organisation.

    Raises:
        StageError: ``forbidden``.
    """
    if request.priority is Priority.HIGH:
        caller.check(Role.ADMIN)


def checked_terms(terms: Sequence[Term]) -> tuple[Term, ...]:
    """A glossary's terms without blanks around them, each once.

    Raises:
        StageError: ``invalid_request``.
    """
    if len(terms) > MAX_TERMS:
        raise _invalid(f"a glossary has at most {MAX_TERMS} terms")
    return tuple(dict.fromkeys(_term(term) for term in terms))


@dataclass(frozen=True)
class Kept:
    """What was recorded or written for a job before it starts."""

    consent_id: str = ""
    subtitles: Sequence[muxing_pb2.OwnSubtitles] = ()
    terms: Sequence[Term] = ()
    """Of the glossaries that the request names."""
    memories: Sequence[events_pb2.TranslationMemory] = ()


NOTHING_KEPT = Kept()


def spec_of(request: DubRequest, video: VideoRow, kept: Kept = NOTHING_KEPT) -> events_pb2.DubSpec:
    """The request as events carry it."""
    return events_pb2.DubSpec(
        source_key=video.source_key,
        filename=video.filename,
        source_language=request.source_language,
        target_languages=request.target_languages,
        speakers=request.speakers,
        fit_mode=FIT_MODES[request.fit_mode],
        engines=request.engines,
        glossary=[
            translation_pb2.GlossaryTerm(**asdict(term))
            for term in dict.fromkeys((*request.glossary, *kept.terms))
        ],
        clone_consent=kept.consent_id,
        lipsync=request.lipsync,
        extras=[EXTRAS[name] for name in request.extras],
        min_quality=request.min_quality,
        subtitles=kept.subtitles,
        memories=kept.memories,
        sound=muxing_pb2.SoundOptions(
            drop_background=not request.keep_background,
            voice_over=request.voice_over,
            noise_reduction=request.noise_reduction,
            plain_voices=not request.match_voices,
        ),
    )


def fit_mode_name(mode: muxing_pb2.FitMode) -> str:
    """A fit mode as people write it."""
    return next((name for name, value in FIT_MODES.items() if value == mode), "balanced")


def extra_names(extras: Iterable[muxing_pb2.Extra]) -> tuple[str, ...]:
    """Extras as people write them; of those that an older gateway does not know, none."""
    names = {value: name for name, value in EXTRAS.items()}
    return tuple(names[extra] for extra in extras if extra in names)


def _term(term: Term) -> Term:
    source, target = term.source.strip(), term.target.strip()
    if not source:
        raise _invalid("a glossary term needs its source")
    if max(len(source), len(target)) > MAX_TERM_CHARACTERS:
        raise _invalid(f"a glossary term has at most {MAX_TERM_CHARACTERS} characters")
    return Term(source, target, checked_tag(term.target_language) if term.target_language else "")


def _consent(consent: CloneConsent | None) -> CloneConsent | None:
    if consent is None:
        return None
    given_by, statement = consent.given_by.strip(), consent.statement.strip()
    if not given_by or not statement:
        raise _invalid(
            "clone_consent must say who gives it (given_by) and what they allow (statement)"
        )
    return CloneConsent(given_by[:MAX_TERM_CHARACTERS], statement[:MAX_STATEMENT_CHARACTERS])


def checked_tag(tag: str) -> str:
    """A language's tag in its one spelling.

    Raises:
        StageError: ``invalid_request``.
    """
    try:
        return languages.normalize(tag)
    except ValueError as error:
        raise _invalid(f"{error}") from error


def _invalid(message: str) -> StageError:
    return StageError("invalid_request", f"{message}.")
