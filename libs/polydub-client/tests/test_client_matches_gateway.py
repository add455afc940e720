"""The client's models against the gateway's: every field that the one reads, the other writes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from polydub_client import models
from polydub_client.calls import dubs as calls
from polydub_client.decode import decode
from polydub_client.options import AUTO, DubOptions

pytestmark = pytest.mark.contract

state = pytest.importorskip("polydub_gateway.jobs.state")
schemas = pytest.importorskip("polydub_gateway.routes.schemas")


# Also told by /v1/languages: a gateway may leave them out here.
OPTIONAL = {"pairs"}


def written(theirs: Any) -> set[str]:
    return set(getattr(theirs, "model_fields", None) or (each.name for each in fields(theirs)))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (models.Video, schemas.VideoOut),
        (models.ListedVideo, schemas.ListedVideoOut),
        (models.VideoPage, schemas.VideoPage),
        (models.Dub, schemas.DubOut),
        (models.DubPage, schemas.DubPage),
        (models.DubLanguage, schemas.LanguageOut),
        (models.Progress, schemas.ProgressOut),
        (models.LanguageProgress, schemas.LanguageProgress),
        (models.Artifact, schemas.ArtifactOut),
        (models.StageEngines, schemas.StageOut),
        (models.Languages, schemas.LanguagesOut),
        (models.LanguagePair, schemas.PairOut),
        (models.Engine, schemas.EngineOut),
        (models.Problem, state.Fault),
        (models.DubWarning, state.Notice),
        (models.EngineUsed, state.EngineUsed),
    ],
)
def test_every_field_is_written(ours: Any, theirs: Any) -> None:
    optional = OPTIONAL if ours is models.Engine else set()
    assert {each.name for each in fields(ours)} - optional <= written(theirs)


def test_every_figure_of_the_report_is_written() -> None:
    muxing = pytest.importorskip("polydub.v1.muxing_pb2")
    figures = set(muxing.ReportDocument.DESCRIPTOR.fields_by_name)
    assert {each.name for each in fields(models.Report)} <= figures


def test_the_states_are_the_same() -> None:
    ours = {each.value for each in models.DubState if each is not models.DubState.UNKNOWN}
    # A language is stale in the answer, not in its events; a dub is deleted in the feed.
    assert ours == {"stale", "deleted", *(each.value for each in state.State)}
    for each in state.State:
        assert models.DubState(each.value).has_ended == each.ended


def test_the_body_of_a_new_dub_is_accepted() -> None:
    call = calls.create_dub(
        "v",
        ["es"],
        DubOptions(
            source_language=AUTO,
            speakers=0,
            fit_mode=models.FitMode.STRICT,
            glossary=[models.Term("bed", "fondo", "es")],
            clone_consent=models.CloneConsent("Ada", "Yes."),
            lipsync=True,
            extras=list(models.Extra),
            min_quality=80,
            subtitles=[models.SubtitleFile("en", "1")],
            noise_reduction=True,
        ),
        idempotency_key="k",
    )
    request = schemas.DubIn.model_validate(call.body).request()
    assert (request.fit_mode, request.source_language) == ("strict", "auto")
    assert request.glossary[0].target == "fondo"
    assert request.clone_consent is not None
    assert request.lipsync
    assert set(request.extras) == set(models.Extra)
    assert request.subtitles[0].language == "en"
    assert request.noise_reduction


def test_the_options_are_those_of_the_gateway() -> None:
    theirs = set(schemas.DubIn.model_fields) - {"video_id", "target_languages"}
    assert set(DubOptions.__annotations__) == theirs


def test_what_is_left_out_is_the_same_on_both_sides() -> None:
    ours = models.Dub()
    theirs = schemas.DubIn(video_id="v", target_languages=["es"])
    for name in ("keep_background", "voice_over", "noise_reduction", "match_voices"):
        assert getattr(ours, name) == getattr(theirs, name)


def test_the_documented_example_of_a_video_is_read() -> None:
    example = schemas.VideoOut.model_config["json_schema_extra"]["example"]
    assert decode(models.Video, example).sample_rate_hz == 48000


def test_a_message_of_a_dub_that_begins_is_read() -> None:
    stories = pytest.importorskip("polydub_gateway.jobs.stories")
    spec = pytest.importorskip("polydub.v1.events_pb2").DubSpec(target_languages=["es"])
    sight = stories.Sight.of(state.JobState.queued("dub_1", 0, spec))
    message = schemas.ProgressOut.of(sight).model_dump(mode="json")
    progress = decode(models.Progress, message)
    assert progress.state is models.DubState.QUEUED
    assert progress.languages[0].language == "es"
