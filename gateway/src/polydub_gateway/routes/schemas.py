"""The JSON of the API, and how it is made of what the gateway knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal
from urllib.parse import quote

from google.protobuf import json_format
from pydantic import BaseModel, ConfigDict, Field

from polydub.v1 import common_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.estimates.service import VideoEstimate
from polydub_gateway.jobs.asking import (
    MAX_SPEAKERS,
    MAX_STATEMENT_CHARACTERS,
    MAX_TARGETS,
    MAX_TERM_CHARACTERS,
    MAX_TERMS,
    CloneConsent,
    DubRequest,
    Term,
    extra_names,
    fit_mode_name,
)
from polydub_gateway.jobs.fairness import Priority
from polydub_gateway.jobs.files import artifacts_of
from polydub_gateway.jobs.service import Consent, Dub
from polydub_gateway.jobs.state import (
    Billed,
    EngineUsed,
    Fault,
    File,
    LanguageState,
    Notice,
    State,
)
from polydub_gateway.jobs.stories import Sight
from polydub_gateway.numbers import Whole
from polydub_gateway.prices import Prices
from polydub_gateway.routes import examples
from polydub_gateway.subtitles.own import MAX_BYTES, SubtitleFile
from polydub_gateway.uploads.listing import ListedVideo
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.uploads.thumbnails import thumbnail_url


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:polydub:problem:no_audio_stream",
                "title": "No audio stream",
                "status": 422,
                "detail": "The file has one video stream and no audio stream.",
                "code": "no_audio_stream",
                "hint": "The file has no audio track, so there is nothing to dub.",
                "stage": "separation",
                "retryable": False,
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str
    stage: str | None
    retryable: bool


class Streams(BaseModel):
    """All streams of a file that can be dubbed or seen."""

    audio: list[dict[str, Any]]
    video: list[dict[str, Any]]


class VideoEstimateOut(BaseModel):
    """What a dub with the engines that were used last will need; null: not measured, or no price.

    `POST /v1/estimates` tells it of a dub as it is asked for.
    """

    is_measured: bool
    seconds: float | None = Field(description="Of a dub into one language")
    cost: float | None
    seconds_per_further_language: float | None
    cost_per_further_language: float | None
    currency: str

    @classmethod
    def of(cls, estimate: VideoEstimate) -> VideoEstimateOut:
        one, two = estimate.first, estimate.with_another
        return cls(
            is_measured=one.is_measured,
            seconds=_rounded(one.seconds),
            cost=one.cost,
            seconds_per_further_language=_rounded(_difference(two.seconds, one.seconds)),
            cost_per_further_language=_difference(two.cost, one.cost),
            currency=one.currency,
        )


class VideoOut(BaseModel):
    """An uploaded file. Sound facts are of the track that will be dubbed."""

    model_config = ConfigDict(json_schema_extra={"example": examples.VIDEO})

    id: str
    filename: str
    size_bytes: int
    duration_s: float
    container: str
    frame_rate: float | None
    width: int | None
    height: int | None
    channels: int | None
    sample_rate_hz: int | None
    streams: Streams
    thumbnail_url: str | None = Field(description="null: the file has no picture")
    estimate: VideoEstimateOut
    created_at: datetime

    @classmethod
    def of(cls, row: VideoRow, estimate: VideoEstimate) -> VideoOut:
        media = media_of(row)
        picture = media.video[0] if media.video else None
        sound = next((a for a in media.audio if a.index == media.selected_audio), None)
        return cls(
            id=row.id,
            filename=row.filename,
            size_bytes=media.size_bytes,
            duration_s=media.duration_s,
            container=media.container,
            frame_rate=_rate(picture.frame_rate) if picture else None,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            channels=sound.channels if sound else None,
            sample_rate_hz=sound.sample_rate_hz if sound else None,
            streams=Streams(
                audio=[_message(each) for each in media.audio],
                video=[_message(each) for each in media.video],
            ),
            thumbnail_url=thumbnail_url(row.id, media),
            estimate=VideoEstimateOut.of(estimate),
            created_at=moment(row.created_at_ms),
        )


class ListedVideoOut(VideoOut):
    """An uploaded file in a list, and what hangs on it."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LISTED_VIDEO})

    dubs: int = Field(description="How many dubs of it there are")
    storage_bytes: int = Field(description="It and all that was made of it, as measured last")

    @classmethod
    def listed(cls, video: ListedVideo, estimate: VideoEstimate) -> ListedVideoOut:
        told = dict(VideoOut.of(video.row, estimate))
        return cls(**told, dubs=video.dubs, storage_bytes=video.stored_bytes)


class VideoPage(BaseModel):
    """Some uploaded files, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"videos": [examples.LISTED_VIDEO], "next_cursor": None}}
    )

    videos: list[ListedVideoOut]
    next_cursor: str | None


class TermIn(BaseModel):
    """How a term is said in another language."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=MAX_TERM_CHARACTERS)
    target: str = Field(
        default="", max_length=MAX_TERM_CHARACTERS, description="Empty: it stays as it is"
    )
    target_language: str = Field(
        default="", max_length=40, description="Empty: in every target language"
    )


class ConsentIn(BaseModel):
    """The consent of the people in the video to have their voices imitated."""

    model_config = ConfigDict(extra="forbid")

    given_by: str = Field(
        min_length=1, max_length=MAX_TERM_CHARACTERS, description="Who vouches for it, by name"
    )
    statement: str = Field(
        min_length=1,
        max_length=MAX_STATEMENT_CHARACTERS,
        description="What was agreed to, in words; kept with the dub",
    )


class SubtitlesIn(BaseModel):
    """Subtitles of the video, word for word."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(max_length=40, description="The source language, or a target language")
    text: str = Field(max_length=MAX_BYTES, description="The content of an SRT or WebVTT file")


class DubIn(BaseModel):
    """A dub to be made."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {
                "video_id": "vid_5b1c0e3f9a7d24c8e610",
                "source_language": "auto",
                "target_languages": ["es", "fr"],
                "fit_mode": "balanced",
            }
        },
    )

    video_id: str
    source_language: str = Field(default="auto", max_length=40)
    target_languages: list[str] = Field(min_length=1, max_length=MAX_TARGETS)
    speakers: Whole = Field(default=0, ge=0, le=MAX_SPEAKERS, description="0: find out")
    fit_mode: Literal["balanced", "strict", "natural", "slow_picture"] = "balanced"
    engines: dict[str, str] = Field(
        default_factory=dict,
        description="Stage to engine ids, with commas in order of preference",
    )
    glossary: list[TermIn] = Field(
        default_factory=list,
        max_length=MAX_TERMS,
        description="Terms to translate as given; recognition listens for them too",
    )
    glossary_ids: list[str] = Field(
        default_factory=list, max_length=20, description="Glossaries whose terms count, too"
    )
    use_memory: bool = Field(
        default=True, description="Use what people corrected before where the same is said"
    )
    clone_consent: ConsentIn | None = Field(
        default=None, description="Imitate the speakers' voices; without it stock voices speak"
    )
    lipsync: bool = Field(default=False, description="Move the lips to the dub")
    extras: list[Literal["mkv", "multitrack", "stems", "burned", "burned_bilingual", "hls"]] = (
        Field(default_factory=list, description="Files to be made beside the usual ones")
    )
    min_quality: float = Field(
        default=0,
        ge=0,
        le=100,
        description="A language whose report says less ends as completed_with_warnings",
    )
    keep_background: bool = Field(default=True, description="Keep music and noise of the original")
    voice_over: bool = Field(default=False, description="The original stays, low, under the dub")
    noise_reduction: bool = Field(
        default=False, description="Take steady noise out of what is kept of the original"
    )
    match_voices: bool = Field(
        default=True, description="Give the voices the original's colour and room"
    )
    subtitles: list[SubtitlesIn] = Field(
        default_factory=list,
        max_length=MAX_TARGETS + 1,
        description="The source language's are taken as the transcript, a target's as its "
        "translation; then nothing is recognised or translated there",
    )
    priority: Literal["low", "normal", "high"] = Field(
        default="normal",
        description="Among the organisation's dubs that wait; `high` is for admins, `low` lets "
        "everyone pass",
    )

    def request(self) -> DubRequest:
        return DubRequest(
            video_id=self.video_id,
            target_languages=tuple(self.target_languages),
            source_language=self.source_language,
            speakers=self.speakers,
            fit_mode=self.fit_mode,
            engines=self.engines,
            glossary=tuple(Term(**term.model_dump()) for term in self.glossary),
            glossary_ids=tuple(self.glossary_ids),
            use_memory=self.use_memory,
            clone_consent=(
                CloneConsent(**self.clone_consent.model_dump()) if self.clone_consent else None
            ),
            lipsync=self.lipsync,
            extras=tuple(self.extras),
            min_quality=self.min_quality,
            keep_background=self.keep_background,
            voice_over=self.voice_over,
            noise_reduction=self.noise_reduction,
            match_voices=self.match_voices,
            subtitles=tuple(SubtitleFile(file.language, file.text) for file in self.subtitles),
            priority=Priority(self.priority),
        )


class LanguagesIn(BaseModel):
    """Languages that a dub is to be made in as well."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"target_languages": ["fr"]}}
    )

    target_languages: list[str] = Field(min_length=1, max_length=MAX_TARGETS)


class ArtifactOut(BaseModel):
    """A finished file and where to get it."""

    name: str
    kind: str
    language: str | None
    size_bytes: int
    media_type: str
    url: str

    @classmethod
    def of(cls, dub_id: str, name: str, file: File) -> ArtifactOut:
        return cls.at(f"/v1/dubs/{dub_id}/artifacts", name, file)

    @classmethod
    def at(cls, folder: str, name: str, file: File) -> ArtifactOut:
        """A file that is fetched below ``folder``, a path."""
        return cls(
            name=name,
            kind=file.kind,
            language=file.language or None,
            size_bytes=file.size_bytes,
            media_type=file.media_type,
            url=f"{folder}/{quote(name, safe='')}",
        )


class LanguageOut(BaseModel):
    """One target language of a dub."""

    language: str
    state: State | Literal["stale"] = Field(
        description="stale: something was corrected since it was made"
    )
    progress: float
    artifacts: list[ArtifactOut]
    error: Fault | None
    report: dict[str, Any] | None = Field(description="The report's figures; null until it ended")


class ConsentOut(BaseModel):
    """A consent as it was recorded."""

    id: str
    given_by: str
    statement: str
    recorded_at: datetime


class UsageOut(BaseModel):
    """What a service bills for a dub, over all attempts."""

    stage: str
    engine: str
    unit: str
    quantity: float
    cost: float | None = Field(description="null where the deployment has no price for it")


class DubOut(BaseModel):
    """A dub: what was asked for and how it stands."""

    model_config = ConfigDict(json_schema_extra={"example": examples.DUB})

    id: str
    video_id: str
    filename: str
    duration_s: float = Field(description="Of the video")
    thumbnail_url: str | None = Field(description="null: the video has no picture")
    state: State
    progress: float = Field(description="0 to 1; never goes back")
    stage: str | None
    stage_progress: float
    message: str
    eta_s: float | None = Field(
        description="Seconds left behind the last event; null while too little is known"
    )
    expected_s: float | None = Field(
        description="How long it was expected to take when it was accepted; null: not measured"
    )
    revision: int = Field(description="Counts how often it was made again")
    source_language: str = Field(description="As asked for")
    detected_language: str | None = Field(description="As recognition took it")
    target_languages: list[str]
    speakers: int = Field(description="As asked for; 0: find out")
    detected_speakers: list[str] = Field(
        description="Their ids in order of first appearance; none: not known yet"
    )
    speaker_names: dict[str, str] = Field(description="By id, of those whom a person has named")
    fit_mode: str
    engines: dict[str, str] = Field(description="As asked for")
    engines_used: list[EngineUsed]
    glossary: list[TermIn]
    clone_consent: ConsentOut | None
    lipsync: bool
    extras: list[str]
    min_quality: float
    keep_background: bool
    voice_over: bool
    noise_reduction: bool
    match_voices: bool
    subtitles: list[str] = Field(description="The languages whose text was brought as subtitles")
    priority: Priority
    usage: list[UsageOut]
    cost: float | None = Field(description="null where something used has no price")
    currency: str
    languages: list[LanguageOut]
    artifacts: list[ArtifactOut] = Field(description="Files of the dub as a whole")
    hls_url: str | None = Field(
        description="The live stream, with the extra `hls`; null until something can be played"
    )
    warnings: list[Notice]
    error: Fault | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, dub: Dub, prices: Prices, *, is_playable: bool = False) -> DubOut:
        state, spec = dub.state, dub.spec
        artifacts = [ArtifactOut.of(dub.id, n, f) for n, f in artifacts_of(state).items()]
        return cls(
            id=dub.id,
            video_id=dub.video_id,
            filename=spec.filename,
            duration_s=dub.source.duration_s,
            thumbnail_url=dub.source.thumbnail_url,
            state=state.state,
            progress=round(state.progress, 4),
            stage=state.stage or None,
            stage_progress=round(state.stage_progress, 4),
            message=state.message,
            eta_s=_rounded(state.eta_s),
            expected_s=_rounded(state.expected_s),
            revision=state.revision,
            source_language=spec.source_language,
            detected_language=state.source_language or None,
            target_languages=list(spec.target_languages),
            speakers=spec.speakers,
            detected_speakers=list(state.speakers),
            speaker_names=dict(dub.source.speaker_names),
            fit_mode=fit_mode_name(spec.fit_mode),
            engines=dict(spec.engines),
            engines_used=list(state.engines),
            glossary=[TermIn.model_validate(_message(term)) for term in spec.glossary],
            clone_consent=_consent(dub.consent),
            lipsync=spec.lipsync,
            extras=list(extra_names(spec.extras)),
            min_quality=round(spec.min_quality, 2),
            keep_background=not spec.sound.drop_background,
            voice_over=spec.sound.voice_over,
            noise_reduction=spec.sound.noise_reduction,
            match_voices=not spec.sound.plain_voices,
            subtitles=[each.language for each in spec.subtitles],
            priority=dub.priority,
            usage=_usage(state.usage, prices),
            cost=prices.total(state.usage),
            currency=prices.currency,
            languages=[
                _language(tag, each, artifacts, stale=tag in dub.stale)
                for tag, each in state.languages.items()
            ],
            artifacts=[each for each in artifacts if each.language is None],
            hls_url=f"/v1/dubs/{dub.id}/hls/master.m3u8" if is_playable else None,
            warnings=list(state.warnings),
            error=state.error,
            created_at=moment(dub.created_at_ms),
            finished_at=moment(state.finished_at_ms) if state.finished_at_ms else None,
        )


class DubPage(BaseModel):
    """Some dubs, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"dubs": [examples.DUB], "next_cursor": None}}
    )

    dubs: list[DubOut]
    next_cursor: str | None


class LanguageProgress(BaseModel):
    """How one language stands, in a progress message."""

    language: str
    state: State
    progress: float


class PiecesOut(BaseModel):
    """How many pieces of a stage's work (parts, languages, or parts in a language) are done."""

    done: int
    total: int = Field(description="0: not known yet")


class ProgressMetrics(BaseModel):
    """A dub's progress in figures."""

    pieces: dict[str, PiecesOut] = Field(description="By stage")
    seconds: dict[str, float] = Field(description="By stage: the time that its workers spent")
    lines_spoken: int
    lines_reused: int = Field(description="Lines whose sound was there already")

    @classmethod
    def of(cls, sight: Sight) -> ProgressMetrics:
        state = sight.state
        return cls(
            pieces={
                stage: PiecesOut(done=done, total=total)
                for stage, (done, total) in sight.pieces.items()
            },
            seconds={stage: round(spent, 3) for stage, spent in state.seconds.items()},
            lines_spoken=state.lines_spoken,
            lines_reused=state.lines_reused,
        )


class ProgressOut(BaseModel):
    """One message of a dub's event stream."""

    model_config = ConfigDict(json_schema_extra={"example": examples.PROGRESS})

    type: Literal["progress", "ended"]
    job_id: str
    timestamp: datetime
    state: State
    progress: float
    stage: str | None
    stage_progress: float
    message: str
    eta_s: float | None
    languages: list[LanguageProgress]
    metrics: ProgressMetrics
    detected_language: str | None = Field(description="null: not known yet")
    detected_speakers: list[str] = Field(description="Their ids; none: not known yet")
    error: Fault | None

    @classmethod
    def of(cls, sight: Sight) -> ProgressOut:
        state = sight.state
        return cls(
            type="ended" if sight.last else "progress",
            job_id=state.job_id,
            timestamp=moment(state.updated_at_ms),
            state=state.state,
            progress=round(state.progress, 4),
            stage=state.stage or None,
            stage_progress=round(state.stage_progress, 4),
            message=state.message,
            eta_s=_rounded(state.eta_s),
            languages=[
                LanguageProgress(language=tag, state=each.state, progress=round(each.progress, 4))
                for tag, each in state.languages.items()
            ],
            metrics=ProgressMetrics.of(sight),
            detected_language=state.source_language or None,
            detected_speakers=list(state.speakers),
            error=state.error,
        )


class EnginePairOut(BaseModel):
    """A direction in which a translation engine works."""

    source: str
    target: str
    via: list[str]


class EngineOut(BaseModel):
    """An engine as its stage declares it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    version: str
    available: bool
    unavailable_reason: str
    remedy: str
    quality: Literal["unspecified", "draft", "standard", "studio"]
    languages: list[str]
    pairs: list[EnginePairOut]
    neural: bool
    cloning: bool
    device: str
    licence: str
    commercial_use: bool
    limits: list[str]

    @classmethod
    def of(cls, engine: common_pb2.EngineInfo) -> EngineOut:
        told = _message(engine)
        quality = common_pb2.Quality.Name(engine.quality).removeprefix("QUALITY_").lower()
        return cls.model_validate({**told, "quality": quality})


class StageOut(BaseModel):
    """A stage's engines, in the order in which ``auto`` tries them."""

    stage: str
    answers: bool
    engines: list[EngineOut]


class EnginesOut(BaseModel):
    """The engines of all stages."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "stages": [{"stage": "translation", "answers": True, "engines": [examples.ENGINE]}]
            }
        }
    )

    stages: list[StageOut]


class PairOut(BaseModel):
    """A direction that can be dubbed."""

    source: str
    target: str
    via: list[str] = Field(description="Languages that the translation goes through")
    source_name: str
    target_name: str


class LanguagesOut(BaseModel):
    """What can be dubbed here."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"pairs": [examples.PAIR], "silent_stages": []}}
    )

    pairs: list[PairOut]
    silent_stages: list[str] = Field(description="Stages that do not answer; pairs may be missing")


class HealthOut(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ok"}})

    status: Literal["ok"] = "ok"


class ReadinessOut(BaseModel):
    """Whether everything that is needed answers."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"ready": False, "not_ready": {"bus": "No connection."}}}
    )

    ready: bool
    not_ready: dict[str, str] = Field(description="What is missing, and why")


def moment(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def _language(
    tag: str, state: LanguageState, artifacts: list[ArtifactOut], *, stale: bool
) -> LanguageOut:
    return LanguageOut(
        language=tag,
        state="stale" if stale and state.state.delivered else state.state,
        progress=round(state.progress, 4),
        artifacts=[each for each in artifacts if each.language == tag],
        error=state.error,
        report=state.headline,
    )


def _consent(consent: Consent | None) -> ConsentOut | None:
    if consent is None:
        return None
    return ConsentOut(
        id=consent.id,
        given_by=consent.given_by,
        statement=consent.statement,
        recorded_at=moment(consent.recorded_at_ms),
    )


def _usage(usage: Sequence[Billed], prices: Prices) -> list[UsageOut]:
    return [UsageOut(**asdict(each.billed), cost=each.amount) for each in prices.costs(usage)]


def _difference(more: float | None, less: float | None) -> float | None:
    return None if more is None or less is None else max(0.0, more - less)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _rate(fraction: str) -> float | None:
    try:
        return round(float(Fraction(fraction)), 3)
    except (ValueError, ZeroDivisionError):
        return None


def _message(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
