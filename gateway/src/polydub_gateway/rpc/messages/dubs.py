"""Videos and dubs as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format

from polydub.errors import StageError
from polydub.v1 import common_pb2, dubbing_pb2, muxing_pb2, translation_pb2
from polydub_gateway.db import VideoRow
from polydub_gateway.estimates.estimating import Estimate
from polydub_gateway.estimates.service import VideoEstimate
from polydub_gateway.jobs.asking import DubRequest, extra_names, fit_mode_name
from polydub_gateway.jobs.fairness import Priority
from polydub_gateway.jobs.files import artifacts_of
from polydub_gateway.jobs.service import Consent, Dub
from polydub_gateway.jobs.state import Billed, EngineUsed, Fault, File, LanguageState, Notice, State
from polydub_gateway.prices import Cost, Prices
from polydub_gateway.routes.estimates import EstimateOut
from polydub_gateway.routes.schemas import DubIn, VideoEstimateOut
from polydub_gateway.rpc.calls import checked
from polydub_gateway.uploads.listing import ListedVideo
from polydub_gateway.uploads.receiving import media_of
from polydub_gateway.uploads.thumbnails import thumbnail_url


def video_message(row: VideoRow, estimate: VideoEstimate) -> dubbing_pb2.Video:
    return dubbing_pb2.Video(
        id=row.id,
        filename=row.filename,
        media=media_of(row),
        thumbnail_url=thumbnail_url(row.id, media_of(row)) or "",
        created_at_ms=row.created_at_ms,
        estimate=dubbing_pb2.VideoEstimate(**VideoEstimateOut.of(estimate).model_dump()),
    )


def listed_video_message(video: ListedVideo, estimate: VideoEstimate) -> dubbing_pb2.ListedVideo:
    return dubbing_pb2.ListedVideo(
        video=video_message(video.row, estimate),
        dubs=video.dubs,
        storage_bytes=video.stored_bytes,
    )


def estimate_message(estimate: Estimate) -> dubbing_pb2.Estimate:
    return dubbing_pb2.Estimate(**EstimateOut.of(estimate).model_dump())


def dub_request(message: dubbing_pb2.CreateDubRequest) -> DubRequest:
    """What is asked for, with the limits that the HTTP side has.

    Raises:
        StageError: ``invalid_request``.
    """
    sound, consent = message.sound, message.clone_consent
    return checked(
        DubIn,
        video_id=message.video_id,
        source_language=message.source_language or "auto",
        target_languages=list(message.target_languages),
        speakers=message.speakers,
        fit_mode=fit_mode_name(message.fit_mode),
        engines=dict(message.engines),
        glossary=[plain_term(term) for term in message.glossary],
        glossary_ids=list(message.glossary_ids),
        use_memory=message.use_memory if message.HasField("use_memory") else True,
        clone_consent=(
            {"given_by": consent.given_by, "statement": consent.statement}
            if message.HasField("clone_consent")
            else None
        ),
        lipsync=message.lipsync,
        extras=list(extra_names(message.extras)),
        min_quality=message.min_quality,
        keep_background=not sound.drop_background,
        voice_over=sound.voice_over,
        noise_reduction=sound.noise_reduction,
        match_voices=not sound.plain_voices,
        subtitles=[{"language": file.language, "text": file.text} for file in message.subtitles],
        priority=_priority_name(message.priority),
    ).request()


def _priority_name(priority: dubbing_pb2.Priority) -> str:
    named = {getattr(dubbing_pb2, f"PRIORITY_{each.name}"): each for each in Priority}
    return named.get(priority, Priority.NORMAL)


def plain_term(term: translation_pb2.GlossaryTerm) -> dict[str, str]:
    """A glossary's term as the HTTP side takes it."""
    return {
        "source": term.source,
        "target": term.target,
        "target_language": term.target_language,
    }


def dub_message(dub: Dub, prices: Prices, *, is_playable: bool = False) -> dubbing_pb2.Dub:
    state, spec = dub.state, dub.spec
    files = artifacts_of(state)
    return dubbing_pb2.Dub(
        id=dub.id,
        video_id=dub.video_id,
        filename=spec.filename,
        state=state_message(state.state),
        progress=state.progress,
        stage=state.stage,
        stage_progress=state.stage_progress,
        message=state.message,
        eta_s=state.eta_s or 0.0,
        expected_s=state.expected_s or 0.0,
        revision=state.revision,
        source_language=state.source_language or spec.source_language,
        asked_source_language=spec.source_language,
        target_languages=spec.target_languages,
        speakers=spec.speakers,
        detected_speakers=state.speakers,
        speaker_names=dub.source.speaker_names,
        duration_s=dub.source.duration_s,
        thumbnail_url=dub.source.thumbnail_url or "",
        fit_mode=spec.fit_mode,
        engines=spec.engines,
        engines_used=[_engine(each) for each in state.engines],
        glossary=spec.glossary,
        clone_consent=_consent(dub.consent),
        lipsync=spec.lipsync,
        extras=spec.extras,
        min_quality=spec.min_quality,
        sound=spec.sound,
        subtitles=[each.language for each in spec.subtitles],
        priority=getattr(dubbing_pb2, f"PRIORITY_{dub.priority.name}"),
        usage=usage_messages(state.usage, prices),
        cost=known_cost(state.usage, prices),
        currency=prices.currency,
        languages=[
            _language(tag, each, files, stale=tag in dub.stale)
            for tag, each in state.languages.items()
        ],
        files=[_file(name, file) for name, file in files.items() if not file.language],
        hls_url=f"/v1/dubs/{dub.id}/hls/master.m3u8" if is_playable else "",
        warnings=[_warning(each) for each in state.warnings],
        error=fault_message(state.error),
        created_at_ms=dub.created_at_ms,
        finished_at_ms=state.finished_at_ms,
    )


def state_message(state: State) -> dubbing_pb2.DubState:
    found: dubbing_pb2.DubState = getattr(dubbing_pb2, f"DUB_STATE_{state.name}")
    return found


def state_of(message: dubbing_pb2.DubState) -> State:
    """The state that a message names.

    Raises:
        StageError: ``invalid_request`` for none that there is.
    """
    found = next((each for each in State if state_message(each) == message), None)
    if found is None:
        raise StageError("invalid_request", f"There is no state {message}.")
    return found


def fault_message(fault: Fault | None) -> dubbing_pb2.DubError | None:
    if fault is None:
        return None
    return dubbing_pb2.DubError(
        code=fault.code,
        message=fault.message,
        hint=fault.hint,
        stage=fault.stage,
        retryable=fault.retryable,
    )


def problem_message(problem: Mapping[str, Any] | None) -> dubbing_pb2.DubError | None:
    """Of a problem document as the database keeps it."""
    if problem is None:
        return None
    return dubbing_pb2.DubError(
        code=problem["code"],
        message=problem["detail"],
        hint=problem["hint"],
        stage=problem["stage"] or "",
        retryable=problem["retryable"],
    )


def usage_messages(usage: Sequence[Billed], prices: Prices) -> list[dubbing_pb2.UsageCost]:
    return [_usage(cost) for cost in prices.costs(usage)]


def known_cost(usage: Sequence[Billed], prices: Prices) -> float:
    """The sum of what has a price."""
    return sum(cost.amount or 0.0 for cost in prices.costs(usage))


def _usage(cost: Cost) -> dubbing_pb2.UsageCost:
    billed = cost.billed
    return dubbing_pb2.UsageCost(
        stage=billed.stage,
        usage=common_pb2.Usage(engine=billed.engine, unit=billed.unit, quantity=billed.quantity),
        cost=cost.amount or 0.0,
        unpriced=cost.amount is None,
    )


def _language(
    tag: str, state: LanguageState, files: Mapping[str, File], *, stale: bool
) -> dubbing_pb2.DubLanguage:
    return dubbing_pb2.DubLanguage(
        language=tag,
        state=state_message(state.state),
        progress=state.progress,
        files=[_file(name, file) for name, file in files.items() if file.language == tag],
        error=fault_message(state.error),
        stale=stale and state.state.delivered,
        report=_report(state.headline),
    )


def _report(headline: Mapping[str, Any] | None) -> muxing_pb2.ReportDocument | None:
    if headline is None:
        return None
    return json_format.ParseDict(
        dict(headline), muxing_pb2.ReportDocument(), ignore_unknown_fields=True
    )


def _engine(used: EngineUsed) -> muxing_pb2.EngineOfStage:
    engine = common_pb2.EngineUse(id=used.id, version=used.version)
    return muxing_pb2.EngineOfStage(stage=used.stage, engine=engine)


def _consent(consent: Consent | None) -> dubbing_pb2.RecordedConsent | None:
    if consent is None:
        return None
    return dubbing_pb2.RecordedConsent(
        id=consent.id,
        given_by=consent.given_by,
        statement=consent.statement,
        recorded_at_ms=consent.recorded_at_ms,
    )


def _warning(notice: Notice) -> common_pb2.Warning:
    return common_pb2.Warning(
        code=notice.code,
        message=notice.message,
        stage=notice.stage,
        line_id=notice.line_id,
        target_language=notice.language,
    )


def _file(name: str, file: File) -> muxing_pb2.OutputFile:
    return muxing_pb2.OutputFile(
        name=name,
        kind=file.kind,
        key=file.key,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        target_language=file.language,
    )
