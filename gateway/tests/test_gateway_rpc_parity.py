"""What can be done over HTTP can be done over gRPC, or it is said here why not.

A new route, method or field without a decision fails.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from pydantic import BaseModel

from polydub.v1 import (
    accounting_pb2,
    dubbing_pb2,
    editing_pb2,
    muxing_pb2,
    speakers_pb2,
    tts_pb2,
    uploads_pb2,
    webhooks_pb2,
    words_pb2,
)
from polydub_gateway.app import create_app
from polydub_gateway.limits.rates import class_of
from polydub_gateway.routes import (
    edit_schemas,
    estimates,
    imports,
    messages,
    schemas,
    speakers,
    tracing,
    upload_schemas,
    usage,
    words,
)
from polydub_gateway.routes import webhook_schemas as hooks
from polydub_gateway.routes.security import guarded_routes
from polydub_gateway.rpc import SERVICERS
from polydub_gateway.rpc.calls import rule_of
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.unit

REST_ONLY = "-"
_DOCS = f"{REST_ONLY} reflection describes the services"
_HEALTH = f"{REST_ONLY} gRPC health tells it"
_TUS = f"{REST_ONLY} tus asks for it"
_DIRECT = f"{REST_ONLY} its parts go to the store over HTTP in any case"
_PLAYERS = f"{REST_ONLY} players speak HTTP; Dub.hls_url says where"
_LINKS = f"{REST_ONLY} links are for people with a page, and what is behind them is for anyone"
_PEOPLE = f"{REST_ONLY} people do it with a page: signing in, members, keys, limits"

METHODS = {
    "GET /docs": _DOCS,
    "GET /docs/start.js": _DOCS,
    "GET /docs/{name}": _DOCS,
    "GET /openapi.json": _DOCS,
    "GET /healthz": _HEALTH,
    "GET /readyz": _HEALTH,
    "GET /metrics": f"{REST_ONLY} Prometheus speaks HTTP",
    "POST /v1/videos/upload": "Dubbing.UploadVideo",
    "PUT /v1/videos": "Dubbing.UploadVideo",
    "GET /v1/videos": "Dubbing.ListVideos",
    "GET /v1/videos/{video_id}": "Dubbing.GetVideo",
    "GET /v1/videos/{video_id}/thumbnail": f"{REST_ONLY} for pages; Video.thumbnail_url says where",
    "DELETE /v1/videos/{video_id}": "Dubbing.DeleteVideo",
    "OPTIONS /v1/uploads": _TUS,
    "POST /v1/uploads": "Uploads.CreateUpload",
    "HEAD /v1/uploads/{upload_id}": f"{_TUS}; Uploads.GetUpload tells as much",
    "PATCH /v1/uploads/{upload_id}": "Uploads.SendUpload",
    "POST /v1/uploads/{upload_id}": _TUS,
    "DELETE /v1/uploads/{upload_id}": "Uploads.DeleteUpload",
    "GET /v1/uploads/{upload_id}": "Uploads.GetUpload",
    "POST /v1/uploads/direct": _DIRECT,
    "GET /v1/uploads/{upload_id}/parts": _DIRECT,
    "POST /v1/uploads/{upload_id}/complete": _DIRECT,
    "POST /v1/videos/import": "Uploads.ImportVideo",
    "GET /v1/imports": "Uploads.ListImports",
    "GET /v1/imports/{import_id}": "Uploads.GetImport",
    "POST /v1/imports/{import_id}/cancel": "Uploads.CancelImport",
    "POST /v1/dubs": "Dubbing.CreateDub",
    "POST /v1/estimates": "Dubbing.EstimateDub",
    "POST /v1/dubs/{dub_id}/languages": "Dubbing.AddLanguages",
    "GET /v1/dubs": "Dubbing.ListDubs",
    "GET /v1/dubs/{dub_id}": "Dubbing.GetDub",
    "GET /v1/dubs/{dub_id}/trace": "Dubbing.GetDubTrace",
    "DELETE /v1/dubs/{dub_id}": "Dubbing.DeleteDub",
    "POST /v1/dubs/{dub_id}/cancel": "Dubbing.CancelDub",
    "POST /v1/dubs/{dub_id}/retry": "Dubbing.RetryDub",
    "GET /v1/dubs/{dub_id}/events": "Dubbing.WatchDub",
    "WS /v1/ws/dubs/{dub_id}": "Dubbing.WatchDub",
    "GET /v1/events": "Dubbing.WatchDubs",
    "WS /v1/events": "Dubbing.WatchDubs",
    "WS /v1/ws/events": "Dubbing.WatchDubs",
    "GET /v1/dubs/{dub_id}/artifacts": "Dubbing.GetDub",
    "GET /v1/dubs/{dub_id}/artifacts/{name}": "Dubbing.DownloadArtifact",
    "GET /v1/dubs/{dub_id}/original": f"{REST_ONLY} for players, which speak HTTP",
    "HEAD /v1/dubs/{dub_id}/artifacts/{name}": f"{REST_ONLY} Dub.files tells as much",
    "GET /v1/dubs/{dub_id}/segments": "Editing.GetScript",
    "POST /v1/dubs/{dub_id}/segments": "Editing.InsertSegment",
    "PATCH /v1/dubs/{dub_id}/segments/{segment_id}": "Editing.UpdateSegment",
    "DELETE /v1/dubs/{dub_id}/segments/{segment_id}": "Editing.DeleteSegment",
    "POST /v1/dubs/{dub_id}/segments/{segment_id}/split": "Editing.SplitSegment",
    "POST /v1/dubs/{dub_id}/segments/{segment_id}/merge": "Editing.MergeSegments",
    "POST /v1/dubs/{dub_id}/segments/{segment_id}/suggestions": "Editing.SuggestWordings",
    "POST /v1/dubs/{dub_id}/segments/{segment_id}/preview": "Editing.PreviewSegment",
    "PATCH /v1/dubs/{dub_id}/speakers/{speaker_id}": "Editing.UpdateSpeaker",
    "POST /v1/dubs/{dub_id}/speakers/{speaker_id}/merge": "Editing.MergeSpeakers",
    "POST /v1/dubs/{dub_id}/speakers/{speaker_id}/register": "Editing.RegisterSpeaker",
    "POST /v1/dubs/{dub_id}/regenerate": "Editing.RegenerateDub",
    "GET /v1/voices": "Editing.ListVoices",
    "POST /v1/speakers": "Speakers.CreateRegisteredSpeaker",
    "GET /v1/speakers": "Speakers.ListRegisteredSpeakers",
    "GET /v1/speakers/{registered_id}": "Speakers.GetRegisteredSpeaker",
    "PUT /v1/speakers/{registered_id}": "Speakers.ReplaceRegisteredSpeaker",
    "DELETE /v1/speakers/{registered_id}": "Speakers.DeleteRegisteredSpeaker",
    "POST /v1/glossaries": "Words.CreateGlossary",
    "GET /v1/glossaries": "Words.ListGlossaries",
    "GET /v1/glossaries/{glossary_id}": "Words.GetGlossary",
    "PUT /v1/glossaries/{glossary_id}": "Words.ReplaceGlossary",
    "DELETE /v1/glossaries/{glossary_id}": "Words.DeleteGlossary",
    "GET /v1/memory": "Words.ListCorrections",
    "DELETE /v1/memory/{entry_id}": "Words.ForgetCorrection",
    "GET /v1/engines": "Dubbing.ListEngines",
    "GET /v1/languages": "Dubbing.ListLanguages",
    "GET /v1/usage": "Accounting.GetUsage",
    "GET /v1/usage/dubs": "Accounting.ListUsageOfDubs",
    "POST /v1/webhooks": "Webhooks.CreateWebhook",
    "GET /v1/webhooks": "Webhooks.ListWebhooks",
    "GET /v1/webhooks/{webhook_id}": "Webhooks.GetWebhook",
    "PATCH /v1/webhooks/{webhook_id}": "Webhooks.UpdateWebhook",
    "DELETE /v1/webhooks/{webhook_id}": "Webhooks.DeleteWebhook",
    "POST /v1/webhooks/{webhook_id}/rotate": "Webhooks.RotateWebhookSecret",
    "POST /v1/webhooks/{webhook_id}/test": "Webhooks.TestWebhook",
    "GET /v1/webhooks/{webhook_id}/deliveries": "Webhooks.ListDeliveries",
    "POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay": "Webhooks.ReplayDelivery",
}
BELOW = {
    "/v1/auth/": _PEOPLE,
    "/.well-known/": _PEOPLE,
    "/v1/organisation/": _PEOPLE,
    "/v1/dubs/{dub_id}/hls/": _PLAYERS,
    "/v1/dubs/{dub_id}/shares": _LINKS,
    "/v1/shared/": _LINKS,
}
"""Of all calls whose path begins so."""


def routes() -> Iterator[tuple[str, str, Any]]:
    """Each call's method and path, and who may make it."""
    app = create_app(GatewaySettings())
    yield from guarded_routes(app.routes)
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIWebSocketRoute):
            yield "WS", str(context.path), None


def decision(method: str, path: str) -> str | None:
    told = METHODS.get(f"{method} {path}")
    if told is None and method == "HEAD" and (f"GET {path}" in METHODS):
        return METHODS[f"GET {path}"]
    return told or next((why for head, why in BELOW.items() if path.startswith(head)), None)


def service_of(module: str) -> ServiceDescriptor:
    """The one service of a proto file."""
    file = importlib.import_module(f"polydub.v1.{module}_pb2").DESCRIPTOR
    found: ServiceDescriptor
    (found,) = file.services_by_name.values()
    return found


def rpcs() -> dict[str, tuple[type, MethodDescriptor]]:
    """By ``Service.Method``: the servicer and the method."""
    return {
        f"{service.name}.{method.name}": (servicer, method)
        for module, servicer in SERVICERS.items()
        for service in [service_of(module)]
        for method in service.methods
    }


def test_every_call_over_http_is_one_over_grpc_or_it_is_said_why_not() -> None:
    there = {f"{method} {path}" for method, path, _ in routes()}
    undecided = {name for name in there if decision(*name.split(" ", 1)) is None}
    assert not undecided
    assert not set(METHODS) - there
    named = {told for told in METHODS.values() if not told.startswith(REST_ONLY)}
    assert named == set(rpcs())


def test_who_may_call_and_how_it_counts_is_the_same() -> None:
    found = rpcs()
    wrong = []
    for method, path, needed in routes():
        told = decision(method, path) or ""
        if method == "WS" or told.startswith(REST_ONLY):
            continue
        servicer, descriptor = found[told]
        rule = rule_of(getattr(servicer, descriptor.name))
        there = None if rule is None else (rule.needed, rule.call_class)
        here = None if needed is None else (needed.needed, class_of(method, path))
        if here != there:
            wrong.append((method, path, here, told, there))
    assert not wrong


# --- fields ----------------------------------------------------------------------------------

_MEDIA = dict.fromkeys(
    ("size_bytes", "duration_s", "container", "frame_rate", "width", "height", "channels",
     "sample_rate_hz", "streams"),
    "media",
)  # fmt: skip
_SOUND = dict.fromkeys(
    ("keep_background", "voice_over", "noise_reduction", "match_voices"), "sound"
)
_FEED = {"type": "", "timestamp": "timestamp_ms"}
_NEXT = {"next_cursor": "next_page_token"}
FIELDS: list[tuple[type[BaseModel], Any, dict[str, str]]] = [
    (schemas.VideoOut, dubbing_pb2.Video, _MEDIA),
    (schemas.ListedVideoOut, dubbing_pb2.ListedVideo,
     dict.fromkeys(schemas.VideoOut.model_fields, "video")),
    (schemas.VideoPage, dubbing_pb2.ListVideosResponse, _NEXT),
    (schemas.VideoEstimateOut, dubbing_pb2.VideoEstimate, {}),
    (estimates.EstimateOut, dubbing_pb2.Estimate, {}),
    (estimates.StageEstimateOut, dubbing_pb2.StageEstimate, {}),
    (schemas.DubIn, dubbing_pb2.CreateDubRequest, _SOUND),
    (schemas.LanguagesIn, dubbing_pb2.AddLanguagesRequest, {}),
    (schemas.DubOut, dubbing_pb2.Dub,
     {**_SOUND, "source_language": "asked_source_language", "detected_language": "source_language",
      "artifacts": "files"}),
    (schemas.LanguageOut, dubbing_pb2.DubLanguage, {"artifacts": "files"}),
    (schemas.ArtifactOut, muxing_pb2.OutputFile,
     {"language": "target_language", "url": ""}),
    (schemas.ConsentOut, dubbing_pb2.RecordedConsent, {}),
    (schemas.UsageOut, dubbing_pb2.UsageCost,
     {"engine": "usage", "unit": "usage", "quantity": "usage"}),
    (schemas.ProgressOut, dubbing_pb2.DubProgress,
     {"type": "ended", "timestamp": "timestamp_ms", "metrics": "pieces"}),
    (schemas.ProgressMetrics, dubbing_pb2.DubProgress, {}),
    (messages.FeedStart, dubbing_pb2.FeedStart, _FEED),
    (messages.FeedChange, dubbing_pb2.DubChange, _FEED),
    (tracing.TraceOut, dubbing_pb2.DubTrace, {}),
    (tracing.PieceOut, dubbing_pb2.PieceOfWork, {}),
    (schemas.EnginesOut, dubbing_pb2.ListAllEnginesResponse, {}),
    (schemas.LanguagesOut, dubbing_pb2.ListLanguagesResponse, {}),
    (schemas.PairOut, dubbing_pb2.DubbablePair, {}),
    (upload_schemas.UploadOut, uploads_pb2.Upload, {"length": "size_bytes"}),
    (imports.ImportIn, uploads_pb2.ImportVideoRequest, {}),
    (imports.ImportOut, uploads_pb2.Import, {}),
    (imports.ImportPage, uploads_pb2.ListImportsResponse, _NEXT),
    (edit_schemas.ScriptOut, editing_pb2.Script, {"next_after": "next_page_token"}),
    (edit_schemas.SegmentOut, editing_pb2.Segment, {}),
    (edit_schemas.WordingOut, editing_pb2.Wording, {}),
    (edit_schemas.SpeakerOut, editing_pb2.ScriptSpeaker, {}),
    (edit_schemas.SegmentIn, editing_pb2.InsertSegmentRequest, {}),
    (edit_schemas.SegmentChange, editing_pb2.UpdateSegmentRequest, {}),
    (edit_schemas.SplitIn, editing_pb2.SplitSegmentRequest, {}),
    (edit_schemas.SpeakerChange, editing_pb2.UpdateSpeakerRequest, {}),
    (edit_schemas.SpeakerMerge, editing_pb2.MergeSpeakersRequest, {}),
    (edit_schemas.SpeakerRegistration, editing_pb2.RegisterSpeakerRequest, {}),
    (edit_schemas.SuggestionsIn, editing_pb2.SuggestWordingsRequest, {}),
    (edit_schemas.SuggestionOut, editing_pb2.Suggestion, {}),
    (edit_schemas.PreviewIn, editing_pb2.PreviewSegmentRequest, {}),
    (edit_schemas.RegeneratedOut, editing_pb2.RegenerateDubResponse, {}),
    (edit_schemas.VoiceOut, tts_pb2.Voice, {}),
    (speakers.RegisteredSpeakerIn, speakers_pb2.CreateRegisteredSpeakerRequest, {}),
    (speakers.RegisteredSpeakerIn, speakers_pb2.ReplaceRegisteredSpeakerRequest, {}),
    (speakers.RegisteredSpeakerOut, speakers_pb2.RegisteredSpeaker, {}),
    (words.GlossaryIn, words_pb2.CreateGlossaryRequest, {}),
    (words.GlossaryIn, words_pb2.ReplaceGlossaryRequest, {}),
    (words.GlossaryOut, words_pb2.Glossary, {}),
    (words.MemoryOut, words_pb2.Correction, {}),
    (words.MemoryPage, words_pb2.ListCorrectionsResponse, {"entries": "corrections", **_NEXT}),
    (hooks.WebhookIn, webhooks_pb2.CreateWebhookRequest, {}),
    (hooks.WebhookChange, webhooks_pb2.UpdateWebhookRequest, {}),
    (hooks.WebhookOut, webhooks_pb2.Webhook, {}),
    (hooks.WebhookSecretOut, webhooks_pb2.WebhookSecret, {}),
    (hooks.DeliveryOut, webhooks_pb2.Delivery, {}),
    (hooks.AttemptOut, webhooks_pb2.DeliveryAttempt, {}),
    (usage.OrganisationUsageOut, accounting_pb2.OrganisationUsage, {}),
    (usage.MonthOut, accounting_pb2.MonthUsage, {}),
    (usage.QuotasOut, accounting_pb2.Quotas, {}),
    (usage.DubUsageOut, accounting_pb2.DubUsage, {}),
    (usage.DubUsagePage, accounting_pb2.ListUsageOfDubsResponse, _NEXT),
]  # fmt: skip
"""What the two sides say of the same thing; another name for some of it, empty: not told."""


@pytest.mark.parametrize(
    ("model", "message", "renamed"), FIELDS, ids=[each[0].__name__ for each in FIELDS]
)
def test_every_field_is_told(model: type[BaseModel], message: Any, renamed: dict[str, str]) -> None:
    told = set(message.DESCRIPTOR.fields_by_name)
    wanted = {renamed.get(name, name) for name in model.model_fields} - {""}
    # Where HTTP has dates, gRPC has milliseconds.
    assert not {name for name in wanted if not {name, f"{name}_ms"} & told}


# --- what messages must not do ----------------------------------------------------------------

NUMBERS = {
    "Video": "id=1 filename=2 media=3 created_at_ms=4",
    "CreateDubRequest": "video_id=1 source_language=2 target_languages=3 speakers=4 fit_mode=5 "
    "engines=6 glossary=7 clone_consent=8 lipsync=9 extras=10 subtitles=11 min_quality=12 sound=13",
    "Dub": "id=1 video_id=2 state=3 progress=4 source_language=5 languages=6 files=7 error=8 "
    "warnings=9 created_at_ms=10 finished_at_ms=11 usage=12 cost=13 currency=14 sound=15",
    "DubProgress": "sequence=1 job_id=2 timestamp_ms=3 state=4 progress=5 stage=6 "
    "stage_progress=7 message=8 eta_s=9",
    "DubLanguage": "language=1 state=2 progress=3 files=4 error=5",
    "ListDubsRequest": "page_size=1 page_token=2",
    "DownloadArtifactRequest": "dub_id=1 name=2 start=3",
    "WatchDubRequest": "id=1 after_sequence=2",
    "UploadHeader": "filename=1",
    "UsageCost": "stage=1 usage=2 cost=3",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_what_clients_were_built_with_still_holds(name: str) -> None:
    fields = getattr(dubbing_pb2, name).DESCRIPTOR.fields_by_name
    for pair in NUMBERS[name].split():
        field, _, number = pair.partition("=")
        assert fields[field].number == int(number)


def test_no_method_takes_and_gives_streams() -> None:
    """The interceptor that turns errors into statuses does not know them."""
    assert not [
        name
        for name, (_, method) in rpcs().items()
        if method.client_streaming and method.server_streaming
    ]
