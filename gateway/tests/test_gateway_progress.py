"""The reducer: what a job's events add up to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.errors import StageError
from polydub.events import progressed
from polydub.v1 import common_pb2, diarization_pb2, events_pb2, muxing_pb2
from polydub_gateway.jobs.files import artifacts_of
from polydub_gateway.jobs.progress import MAX_WARNINGS, apply, fold
from polydub_gateway.jobs.state import Billed, File, JobState, LanguageState, State, dump, load
from polydub_gateway.prices import Prices

pytestmark = pytest.mark.unit

JOB = "dub_1"
SHARED = 0.25 + 0.10 + 0.35


def folded(record: Any, told: list[Any], first: int = 1) -> JobState:
    return fold(JOB, record(told, first))


def test_a_whole_story_ends_completed(story: Any, record: Any) -> None:
    state = folded(record, story.of().whole())
    assert state.state is State.COMPLETED
    assert state.progress == 1.0
    assert {each.state for each in state.languages.values()} == {State.COMPLETED}
    assert state.parts == 2
    assert state.source_language == "en"
    assert [file.name for file in state.languages["es"].files] == ["talk.es.mp4"]
    assert state.finished_at_ms > 0
    assert [used.stage for used in state.engines][:2] == ["separation", "diarization"]


def test_a_language_with_lip_sync_is_done_behind_it(story: Any, record: Any) -> None:
    told = story.of(languages=("es",), lipsync=True)
    muxed = [*told.shared(), *told.spoken("es"), told.muxed("es")]
    before = folded(record, muxed)
    assert before.state is State.PROCESSING
    assert before.stage == "lipsync"
    assert before.languages["es"].files == ()
    products = events_pb2.Products()
    products.CopyFrom(muxed[-1].products)
    products.muxing.files[0].key = "videos/vid_1/lipsync/d/talk.es.mp4"
    after = folded(record, [*muxed, told.completed("lipsync", language="es", products=products)])
    assert after.state is State.COMPLETED
    assert after.languages["es"].files[0].key == "videos/vid_1/lipsync/d/talk.es.mp4"
    assert after.progress == 1.0


def test_an_optional_stage_nobody_asked_for_changes_nothing(story: Any, record: Any) -> None:
    told = story.of(languages=("es",))
    events = told.shared()
    before = folded(record, events)
    after = folded(record, [*events, told.progressed("lipsync", 0.5, language="es")])
    assert dump(after) == dump(before.heard(after.last_sequence))


def test_what_services_bill_adds_up_over_attempts_and_revisions(story: Any, record: Any) -> None:
    told = story.of(languages=("es",))
    used = [common_pb2.Usage(engine="deepl", unit="characters", quantity=100)]
    spoken = [common_pb2.Usage(engine="cloudy", unit="seconds", quantity=2.5)]
    cause = told.completed("asr")
    repeated = progressed(cause, stage="translation", fraction=0.0, message="", usage=used)
    again = story.of(languages=("es",), revision=1)
    state = folded(
        record,
        [
            *told.shared(),
            repeated,
            told.completed("translation", part=0, language="es", usage=used),
            told.completed("tts", part=0, language="es", usage=spoken),
            told.canceled(),
            again.accepted,
            again.completed("translation", part=0, language="es", usage=used),
        ],
    )
    assert state.usage == (
        Billed("translation", "deepl", "characters", 300),
        Billed("tts", "cloudy", "seconds", 2.5),
    )
    prices = Prices("EUR", {"deepl": {"characters": 0.01}})
    assert [cost.amount for cost in prices.costs(state.usage)] == [3.0, None]
    assert prices.total(state.usage) is None
    assert prices.total(state.usage[:1]) == 3.0


def test_progress_is_the_weighted_share_of_what_is_done(story: Any, record: Any) -> None:
    told = story.of(parts=4)
    events = [told.accepted]
    assert folded(record, events).state is State.QUEUED
    events.append(told.progressed("separation", 0.4, message="Separating"))
    half = folded(record, events)
    assert (half.state, half.stage, half.message) == (State.PROCESSING, "separation", "Separating")
    assert half.progress == pytest.approx(0.25 * 0.4)
    assert half.stage_progress == pytest.approx(0.4)
    events += [told.completed("separation"), told.completed("diarization", part=0)]
    events.append(told.completed("asr", part=2))
    assert folded(record, events).progress == pytest.approx(0.25 + 0.10 + 0.35 / 4)
    events.append(told.completed("translation", part=2, language="es"))
    state = folded(record, events)
    assert state.progress == pytest.approx(0.35 + 0.35 / 4 + 0.05 / 8)
    assert state.languages["es"].progress > state.languages["fr"].progress


def test_translation_without_a_language_counts_for_all(story: Any, record: Any) -> None:
    told = story.of()
    state = folded(record, [*told.shared(), told.progressed("translation", 0.5, part=0)])
    assert state.progress == pytest.approx(SHARED + 0.05 * 0.5 / 2)


def test_a_repeated_delivery_changes_nothing_at_all(story: Any, record: Any) -> None:
    records = record(story.of().whole())
    state = JobState(JOB)
    for recorded in records:
        state = apply(state, recorded)
        assert apply(state, recorded) is state


def test_a_stage_that_says_it_twice_counts_once(story: Any, record: Any) -> None:
    told = story.of(parts=2)
    once = [*told.shared()[:5], told.completed("asr", part=0)]
    twice = folded(record, [*once, told.completed("asr", part=0)])
    assert twice.progress == folded(record, once).progress


def test_parts_may_come_in_any_order(story: Any, record: Any) -> None:
    told = story.of(parts=3)
    shared = told.shared()
    ahead = [*shared[:4], shared[-1], *told.spoken("es")[-2:], *shared[4:-1]]
    state = folded(record, [*ahead, *told.spoken("es")[:-2], *told.spoken("fr")])
    assert state.stage == "muxing"
    assert state.progress == pytest.approx(0.85)


def test_one_language_may_fail_alone(story: Any, record: Any) -> None:
    told = story.of()
    broken = told.failed("tts", StageError("engine_failed", "No voice."), part=1, language="fr")
    events = [*told.shared(), broken, *told.spoken("es")]
    state = folded(record, events)
    assert state.state is State.PROCESSING
    assert state.languages["fr"].state is State.FAILED
    assert state.languages["fr"].error is not None
    assert state.languages["fr"].error.stage == "tts"
    done = folded(record, [*events, told.muxed("es"), told.muxed("fr")])
    assert done.state is State.COMPLETED_WITH_WARNINGS
    assert done.languages["es"].state is State.COMPLETED
    assert done.languages["fr"].state is State.FAILED
    assert done.error is None


def test_a_job_whose_languages_all_fail_has_failed(story: Any, record: Any) -> None:
    told = story.of()
    error = StageError("engine_failed", "No voice.")
    fails = [told.failed("tts", error, part=0, language=tag) for tag in ("es", "fr")]
    state = folded(record, [*told.shared(), *fails])
    assert state.state is State.FAILED
    assert state.error is not None
    assert (state.error.code, state.error.retryable) == ("engine_failed", True)
    assert state.progress < 1


def test_a_shared_stage_that_fails_fails_the_job(story: Any, record: Any) -> None:
    told = story.of()
    broken = told.failed("asr", StageError("nothing_recognized", "No words."), part=1)
    state = folded(record, [*told.shared()[:4], broken, *told.spoken("es"), told.muxed("es")])
    assert state.state is State.FAILED
    assert {each.state for each in state.languages.values()} == {State.FAILED}
    assert state.languages["es"].files == ()
    assert state.finished_at_ms > 0


def test_a_canceled_job_stays_canceled_until_it_is_accepted_anew(story: Any, record: Any) -> None:
    told = story.of()
    events = [*told.shared(), told.canceled(), *told.spoken("es"), told.muxed("es")]
    state = folded(record, events)
    assert state.state is State.CANCELED
    assert {each.state for each in state.languages.values()} == {State.CANCELED}
    again = story.of(revision=1)
    anew = folded(record, [*events, *again.whole()])
    assert (anew.state, anew.revision) == (State.COMPLETED, 1)


def test_events_of_an_older_revision_are_passed_over(story: Any, record: Any) -> None:
    first, second = story.of(), story.of(revision=1)
    fresh = folded(record, [*first.shared(), second.accepted])
    assert (fresh.state, fresh.progress, fresh.parts) == (State.QUEUED, 0.0, 0)
    late = apply(fresh, record([first.completed("asr", part=0)], 50)[0])
    assert late == fresh.heard(50)
    stale = apply(fresh, record([first.canceled()], 51)[0])
    assert stale.state is State.QUEUED


def test_a_retry_counts_though_the_brokers_data_was_made_anew(story: Any, record: Any) -> None:
    old = folded(record, story.of().shared(), first=900)
    state = apply(old, record([story.of(revision=1).accepted], 1)[0])
    assert (state.revision, state.last_sequence) == (1, 1)


def test_warnings_are_told_once_and_end_with_warnings(story: Any, record: Any) -> None:
    told = story.of()
    warning = common_pb2.Warning(code="low_confidence", message="Unclear.", line_id="u0001")
    unclear = told.completed("asr", part=1, warnings=[warning, warning])
    shared = [*told.shared()[:-1], unclear]
    state = folded(record, [*shared, *told.spoken("es"), told.muxed("es")])
    assert [each.code for each in state.warnings] == ["low_confidence"]
    assert state.warnings[0].stage == "asr"
    assert state.languages["es"].state is State.COMPLETED_WITH_WARNINGS


def test_a_warning_about_one_language_leaves_the_others_clean(story: Any, record: Any) -> None:
    told = story.of()
    ends = [told.muxed("es", warned=True), told.muxed("fr")]
    state = folded(record, [*told.shared(), *told.spoken("es"), *told.spoken("fr"), *ends])
    assert state.languages["es"].state is State.COMPLETED_WITH_WARNINGS
    assert state.languages["fr"].state is State.COMPLETED
    assert state.state is State.COMPLETED_WITH_WARNINGS
    assert state.languages["es"].headline is not None
    assert "line_reports" not in state.languages["es"].headline


def test_muxing_repeats_the_warnings_of_earlier_stages_in_vain(story: Any, record: Any) -> None:
    told = story.of(languages=["es"])
    warning = common_pb2.Warning(code="low_confidence", message="Unclear.", stage="asr")
    told_once = [*told.shared()[:-1], told.completed("asr", part=1, warnings=[warning])]
    muxed = told.muxed("es")
    muxed.completed.warnings.append(warning)
    state = folded(record, [*told_once, *told.spoken("es"), muxed])
    assert len(state.warnings) == 1


def test_warnings_are_bounded(story: Any, record: Any) -> None:
    told = story.of()
    many = [common_pb2.Warning(code="hard_cap", message=str(n)) for n in range(MAX_WARNINGS * 2)]
    state = folded(record, [told.accepted, told.completed("separation", warnings=many)])
    assert len(state.warnings) == MAX_WARNINGS


def test_eta_follows_the_pace(story: Any, record: Any) -> None:
    told = story.of()
    events = [told.accepted, told.progressed("separation", 0.01)]
    assert folded(record, events).eta_s is None
    done = told.completed("separation", elapsed_s=10)
    state = folded(record, [told.accepted, done])
    # A quarter of the work took 10 s: the rest takes three times that.
    assert state.eta_s == pytest.approx(30, abs=1)
    assert folded(record, told.whole()).eta_s is None


def test_what_was_reused_does_not_make_the_eta_rosy(story: Any, record: Any) -> None:
    told = story.of()
    found = told.completed("separation", reused=True, elapsed_s=0.01)
    state = folded(record, [told.accepted, found])
    assert state.progress == pytest.approx(0.25)
    assert state.eta_s is None


def test_an_event_about_a_language_nobody_asked_for_changes_nothing(
    story: Any, record: Any
) -> None:
    told = story.of(languages=["es"])
    before = folded(record, told.shared())
    state = apply(before, record([told.muxed("de")], 99)[0])
    assert state == before.heard(99)


def test_the_state_survives_json(story: Any, record: Any) -> None:
    told = story.of()
    broken = told.failed("tts", StageError("engine_failed", "No voice."), part=1, language="fr")
    ends = [broken, *told.spoken("es"), told.muxed("es", warned=True)]
    state = folded(record, [*told.shared(), *ends])
    assert load(json.loads(json.dumps(dump(state)))) == state


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([("one", ["es"]), ("two", ["es", "fr"])], "two"),
        ([("two", ["es", "fr"]), ("late", ["es"])], "two"),
        ([("old", ["fr"]), ("new", ["fr"])], "new"),
        ([("plain", []), ("other", [])], "other"),
    ],
)
def test_a_file_that_grows_is_never_replaced_by_one_with_less(
    story: Any, record: Any, told: list[tuple[str, list[str]]], kept: str
) -> None:
    job = story.of(languages=("es", "fr"))
    grown = [
        muxing_pb2.OutputFile(name="talk.multitrack.mkv", key=key, languages=languages)
        for key, languages in told
    ]
    muxed = [
        job.muxed(tag, files=[job.file(tag), file])
        for tag, file in zip(("es", "fr"), grown, strict=True)
    ]
    state = folded(record, [*job.shared(), *job.spoken("es"), *job.spoken("fr"), *muxed])
    assert state.state is State.COMPLETED
    assert [file.key for file in state.files] == [kept]
    assert load(dump(state)) == state


def test_files_of_one_name_are_all_reachable() -> None:
    def file(language: str) -> File:
        return File("talk.mp4", "video", f"k/{language or 'all'}", "video/mp4", 1, language)

    languages = {tag: LanguageState(files=(file(tag),)) for tag in ("es", "fr")}
    named = artifacts_of(JobState(JOB, languages=languages, files=(file(""),)))
    assert {name: f.key for name, f in named.items()} == {
        "talk.mp4": "k/all",
        "talk.es.mp4": "k/es",
        "talk.fr.mp4": "k/fr",
    }


@given(data=st.data(), parts=st.integers(1, 4), languages=st.sampled_from([["es"], ["es", "fr"]]))
def test_progress_never_goes_back_and_ends_at_one(
    story: Any, record: Any, data: st.DataObject, parts: int, languages: list[str]
) -> None:
    told = story.of(parts=parts, languages=languages)
    noise = [
        told.progressed("asr", data.draw(st.floats(0, 1)), part=data.draw(st.integers(0, parts)))
        for _ in range(3)
    ]
    first, last = told.whole()[0], [told.muxed(tag) for tag in languages]
    middle = [e for e in told.whole()[1:] if e.envelope.stage != "muxing"] + noise
    events = [first, *data.draw(st.permutations(middle)), *last]
    repeats = data.draw(st.lists(st.sampled_from(middle), max_size=5))
    state, progress = JobState(JOB), 0.0
    for recorded in record([*events[: -len(last)], *repeats, *last]):
        state = apply(state, recorded)
        assert progress <= state.progress <= 1.0
        assert all(0 <= each.progress <= 1 for each in state.languages.values())
        progress = state.progress
    assert state.progress == 1.0
    assert state.state is State.COMPLETED


def test_who_speaks_is_known_from_diarization_on(story: Any, record: Any) -> None:
    told = story.of(languages=["es"])
    heard = diarization_pb2.DiarizationProducts(speaker_ids=["S1", "S2"])
    part = told.completed("diarization", part=0, products=events_pb2.Products(diarization=heard))
    state = fold("dub_1", record([told.accepted, told.completed("separation"), part]))
    assert (state.speakers, state.source_language) == (("S1", "S2"), "")
    later = [told.accepted, told.completed("separation"), part, *told.shared()[4:]]
    state = fold("dub_1", record(later))
    assert (state.speakers, state.source_language) == (("S1", "S2"), "en")
