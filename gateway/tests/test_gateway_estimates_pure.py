"""Rates, estimates and what is left of a job, on histories whose events carry their times."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from polydub.events import Recorded
from polydub.v1 import common_pb2, events_pb2
from polydub_gateway.estimates.choosing import tasks_of
from polydub_gateway.estimates.estimating import Task, again_s, estimate, usual_tasks
from polydub_gateway.estimates.rates import (
    DECAY,
    NOTHING_MEASURED,
    WALL_SECONDS,
    WORKER_SECONDS,
    RateKey,
    Rates,
    learned,
)
from polydub_gateway.estimates.samples import samples_of
from polydub_gateway.jobs.asking import DubRequest, normalized
from polydub_gateway.jobs.eta import MAX_ETA_S, lengthened_s
from polydub_gateway.jobs.progress import apply, fold
from polydub_gateway.jobs.state import JobState, State, dump, load
from polydub_gateway.languages import StageEngines
from polydub_gateway.prices import Prices
from polydub_gateway.subtitles.own import SubtitleFile

pytestmark = pytest.mark.unit

BEGAN_MS = 1_700_000_000_000
DURATION_S = 120.0
PACE = {"separation": 0.2, "diarization": 0.1, "asr": 0.8, "translation": 0.05, "tts": 0.2,
        "muxing": 0.15}  # fmt: skip
"""Worker seconds per second of source (and language)."""
STEPS = 10
DEEPL = common_pb2.Usage(engine="translation-engine", unit="characters", quantity=300)


@dataclass
class Pipeline:
    """Plays a job on stages with some workers each: its events, as they would be told."""

    told: Any
    pace: Mapping[str, float] = field(default_factory=lambda: PACE)
    workers: int = 2
    reused: frozenset[str] = frozenset()
    """Stages, or ``stage/language``, whose work is found."""
    usage: Mapping[str, Sequence[common_pb2.Usage]] = field(default_factory=dict)
    began_ms: int = BEGAN_MS

    def run(self) -> list[Recorded]:
        self._events: list[tuple[float, int, events_pb2.Event]] = []
        self._tell(0.0, self.told.accepted)
        parts, tags = self.told.parts, self.told.languages
        (separated,) = self._work("separation", [(0.5, -1, "")])
        (turned,) = self._work("diarization", [(separated[0], 0, "")])
        heard = self._work("asr", [(turned[0], part, "") for part in range(parts)])
        wanted = [(end, part, tag) for end, part, _ in heard for tag in tags]
        spoken = self._work("tts", self._work("translation", wanted))
        last = [(max(end for end, _, tag in spoken if tag == each), -1, each) for each in tags]
        self._work("muxing", last)
        ordered = [event for _, _, event in sorted(self._events, key=lambda each: each[:2])]
        return [Recorded(number, event) for number, event in enumerate(ordered, 1)]

    def _work(
        self, stage: str, waiting: Sequence[tuple[float, int, str]]
    ) -> list[tuple[float, int, str]]:
        """Works off what waits, first come first served; what is done and when."""
        shares = self.told.parts if stage in ("asr", "translation", "tts") else 1
        free, done = [0.0] * self.workers, []
        for ready, part, tag in sorted(waiting):
            found = bool(self.reused & {stage, f"{stage}/{tag}"})
            took = 0.02 if found else self.pace[stage] * DURATION_S / shares
            began = max(ready, heapq.heappop(free))
            heapq.heappush(free, began + took)
            self._steps(stage, began, took, part, tag, found)
            done.append((began + took, part, tag))
        return done

    def _steps(
        self, stage: str, began: float, took: float, part: int, tag: str, found: bool
    ) -> None:
        for step in range(0 if found else 1, 0 if found else STEPS):
            fraction = step / STEPS
            event = self.told.progressed(stage, fraction, part=part, language=tag)
            self._tell(began + fraction * took, event)
        elapsed = took / self.told.parts if stage == "diarization" else took
        usage = () if found else self.usage.get(stage, ())
        if stage == "muxing":
            event = self.told.muxed(tag)
            event.completed.elapsed_ms = round(1000 * took)
            event.completed.reused = found
            event.completed.usage.extend(usage)
        else:
            event = self.told.completed(
                stage, part=part, language=tag, reused=found, elapsed_s=elapsed, usage=usage
            )
        self._tell(began + took, event)

    def _tell(self, at_s: float, event: events_pb2.Event) -> None:
        event.envelope.emitted_at_ms = self.began_ms + round(1000 * at_s)
        self._events.append((at_s, len(self._events), event))


def taught(state: JobState, rates: Rates = NOTHING_MEASURED) -> Rates:
    return learned(rates, samples_of(state, DURATION_S, rates), state.finished_at_ms)


def expecting(told: Any, expected: Mapping[str, float]) -> Any:
    told.accepted.accepted.expected_s.update(expected)
    return told


def course_of(records: Sequence[Recorded]) -> list[tuple[float, float | None]]:
    """What was really left behind each event, and what was said to be."""
    ended_ms = records[-1].event.envelope.emitted_at_ms
    state, found = JobState("dub_1"), []
    for recorded in records:
        state = apply(state, recorded)
        if state.state is State.PROCESSING:
            found.append(((ended_ms - state.updated_at_ms) / 1000, state.eta_s))
    return found


@pytest.fixture
def usual(story: Any) -> JobState:
    """A job by which this deployment has been measured."""
    return fold("dub_1", Pipeline(story.of(languages=("es", "fr"), parts=4)).run())


def expected_of(state: JobState, languages: int) -> dict[str, float]:
    rates = taught(state)
    return estimate(usual_tasks(rates, DURATION_S, languages), rates, Prices()).expected_s


# --- rates -----------------------------------------------------------------------------------


def test_rates_are_what_the_stages_worked_per_second_of_source(usual: JobState) -> None:
    rates = taught(usual)
    for stage, pace in PACE.items():
        worked = rates.value(stage, f"{stage}-engine", WORKER_SECONDS)
        assert worked == pytest.approx(pace, rel=0.01)
    assert rates.latest_engine("asr") == "asr-engine"
    # Two workers: parts are heard in half the time.
    assert rates.value("asr", "", WALL_SECONDS) == pytest.approx(0.5, abs=0.01)
    assert rates.value("separation", "", WALL_SECONDS) == pytest.approx(1.0, abs=0.03)


def test_what_each_stage_adds_is_the_time_of_the_job(usual: JobState) -> None:
    took_s = (usual.finished_at_ms - usual.started_at_ms) / 1000
    assert sum(lengthened_s(usual).values()) == pytest.approx(took_s)
    expected = sum(expected_of(usual, 2).values())
    assert expected == pytest.approx(took_s, rel=0.01)


def test_newer_jobs_weigh_more(usual: JobState, story: Any) -> None:
    slower = {**PACE, "asr": 1.6}
    after = fold("dub_1", Pipeline(story.of(parts=4), slower).run())
    rates = taught(after, taught(usual))
    asr = rates.known[RateKey("asr", "asr-engine", WORKER_SECONDS)]
    assert asr.jobs == 2
    assert asr.value == pytest.approx((DECAY * 0.8 + 1.6) / (DECAY + 1), rel=0.01)
    assert asr.updated_at_ms == after.finished_at_ms


def test_what_was_found_in_the_store_spoils_no_rate(usual: JobState, story: Any) -> None:
    known = taught(usual)
    shared = frozenset({"separation", "diarization", "asr", "translation/es", "tts/es"})
    again = fold("dub_1", Pipeline(story.of(parts=4), reused=shared).run())
    rates = taught(again, known)
    untouched = [key for key in known.known if key.stage in ("separation", "diarization", "asr")]
    assert untouched
    assert all(rates.known[key] == known.known[key] for key in untouched)
    # The half of the work that was really done counts for half of the source.
    tts = rates.known[RateKey("tts", "tts-engine", WORKER_SECONDS)]
    assert tts.value == pytest.approx(0.2, rel=0.01)
    assert tts.base == pytest.approx(DECAY * 2 * DURATION_S + DURATION_S)
    walls = [key for key in known.known if key.unit == WALL_SECONDS]
    assert all(rates.known[key] == known.known[key] for key in walls)


def test_lines_that_were_mostly_found_count_as_found(story: Any) -> None:
    told = story.of(languages=("es",), parts=1)
    products = events_pb2.Products()
    products.tts.spoken, products.tts.reused = 1, 9
    events = [*told.shared(), told.completed("translation", part=0, language="es")]
    spoken = told.completed("tts", part=0, language="es", products=products)
    records = [Recorded(number, each) for number, each in enumerate([*events, spoken], 1)]
    assert fold("dub_1", records).work["tts"].engines == {}


def test_a_job_that_failed_teaches_what_was_done_of_it(story: Any) -> None:
    told = story.of(languages=("es",), parts=4)
    whole = Pipeline(told).run()
    half = whole[: next(n for n, each in enumerate(whole) if each.event.envelope.stage == "muxing")]
    stop = told.canceled()
    stop.envelope.emitted_at_ms = half[-1].event.envelope.emitted_at_ms
    state = fold("dub_1", [*half, Recorded(len(half) + 1, stop)])
    rates = taught(state)
    assert rates.value("asr", "asr-engine", WORKER_SECONDS) == pytest.approx(0.8, rel=0.01)
    assert rates.value("asr", "", WALL_SECONDS) is None
    assert rates.value("muxing", "muxing-engine", WORKER_SECONDS) is None


def test_a_job_that_stood_still_for_a_night_spoils_little(usual: JobState, story: Any) -> None:
    told = expecting(story.of(parts=4), expected_of(usual, 2))
    records = Pipeline(told).run()
    night_ms, woken = 10 * 3600_000, len(records) // 2
    for each in records[woken:]:
        each.event.envelope.emitted_at_ms += night_ms
    rates = taught(fold("dub_1", records), taught(usual))
    job = estimate(usual_tasks(rates, DURATION_S, 2), rates, Prices())
    assert job.seconds is not None
    assert job.seconds < 4 * sum(expected_of(usual, 2).values())


# --- estimates -------------------------------------------------------------------------------


def test_nothing_is_made_up_before_anything_was_measured(usual: JobState) -> None:
    nothing = estimate(usual_tasks(NOTHING_MEASURED, 60, 1), NOTHING_MEASURED, Prices())
    assert (nothing.seconds, nothing.seconds_at_most, nothing.cost) == (None, None, None)
    assert not nothing.is_measured
    assert nothing.expected_s == {}
    rates = taught(usual)
    other = Task("asr", "another-engine", 60.0)
    partly = estimate([*usual_tasks(rates, 60, 1), other], rates, Prices())
    assert (partly.seconds, partly.is_measured) == (None, False)
    assert next(s for s in partly.stages if s.stage == "tts").seconds is not None


def test_a_further_language_costs_only_its_own_work(usual: JobState) -> None:
    one, two, three = (sum(expected_of(usual, number).values()) for number in (1, 2, 3))
    assert two - one == pytest.approx(three - two)
    assert 0 < two - one < one


def test_a_bound_is_told_once_jobs_were_compared_with_what_was_expected(story: Any) -> None:
    rates = NOTHING_MEASURED
    for asr in (0.8, 0.7, 0.9, 1.2):
        tasks = usual_tasks(rates, DURATION_S, 2)
        made = estimate(tasks, rates, Prices())
        state = fold(
            "dub_1",
            Pipeline(expecting(story.of(parts=4), made.expected_s), {**PACE, "asr": asr}).run(),
        )
        assert made.seconds_at_most is None
        rates = taught(state, rates)
    made = estimate(usual_tasks(rates, DURATION_S, 2), rates, Prices())
    assert made.seconds is not None
    assert made.seconds_at_most is not None
    assert made.seconds < made.seconds_at_most < 2 * made.seconds


def test_the_cost_follows_what_was_billed_before(story: Any) -> None:
    records = Pipeline(story.of(parts=4), usage={"translation": [DEEPL]}).run()
    rates = taught(fold("dub_1", records))
    priced = Prices("EUR", {"translation-engine": {"characters": 0.001}})
    tasks = usual_tasks(rates, 2 * DURATION_S, 1)
    # 8 pieces of 300 characters for 2 languages: 1200 for each, for twice the source 2400.
    made = estimate(tasks, rates, priced)
    assert (made.cost, made.currency) == (pytest.approx(2.4), "EUR")
    assert estimate(tasks, rates, Prices()).cost is None
    free = [task for task in tasks if task.stage != "translation"]
    assert estimate(free, rates, Prices()).cost == 0
    unknown = Task("translation", "new-service", 60, is_cloud=True)
    assert estimate([unknown], rates, priced).cost is None
    assert estimate([replace(unknown, is_cloud=False)], rates, priced).cost == 0


def test_what_a_stage_has_others_do_costs_where_those_are_chosen(story: Any) -> None:
    records = Pipeline(story.of(parts=4), usage={"translation": [DEEPL], "muxing": [DEEPL]}).run()
    rates = taught(fold("dub_1", records))
    priced = Prices("EUR", {"translation-engine": {"characters": 0.001}})
    tasks = usual_tasks(rates, DURATION_S, 1)
    made = {each.stage: each for each in estimate(tasks, rates, priced).stages}
    assert made["translation"].cost == pytest.approx(1.2)
    assert made["muxing"].cost == pytest.approx(0.3)
    assert made["muxing"].engines == ("muxing-engine",)
    local = [task for task in tasks if task.stage != "translation"]
    assert estimate(local, rates, priced).cost == 0
    free = learned(
        rates, samples_of(fold("dub_1", Pipeline(story.of()).run()), DURATION_S, rates), 9
    )
    less = {each.stage: each for each in estimate(tasks, free, priced).stages}
    assert less["muxing"].cost == pytest.approx(0.3 * DECAY / (DECAY + 1))


def test_auto_takes_the_first_engine_that_does_it(make_engine: Any, make_pair: Any) -> None:
    def offered(stage: str, *engines: Any) -> StageEngines:
        return StageEngines(stage, answers=True, engines=engines)

    missing = make_engine("best", available=False)
    cloud = make_engine("cloud", device="cloud", pairs=[make_pair("en", "es")])
    catalog = {
        "separation": offered("separation", make_engine("spectral")),
        "diarization": offered("diarization", make_engine("clustering")),
        "asr": offered("asr", missing, make_engine("vosk", languages=["de"]),
                       make_engine("sphinx", languages=["en"])),
        "translation": offered("translation", cloud,
                               make_engine("apertium", pairs=[make_pair("en", "fr")])),
        "tts": offered("tts", make_engine("flite", languages=["en"]), make_engine("espeak")),
        "muxing": offered("muxing", make_engine("ffmpeg")),
    }  # fmt: skip
    request = DubRequest("vid_1", ("es", "fr"), source_language="en")
    tasks = tasks_of(normalized(request), catalog, 10.0)
    assert [(each.stage, each.engine, each.source_s, each.is_cloud) for each in tasks] == [
        ("separation", "spectral", 10, False), ("diarization", "clustering", 10, False),
        ("asr", "sphinx", 10, False), ("translation", "cloud", 10, True),
        ("translation", "apertium", 10, False), ("tts", "espeak", 20, False),
        ("muxing", "ffmpeg", 20, False),
    ]  # fmt: skip
    srt = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n"
    own = replace(request, subtitles=(SubtitleFile("en", srt), SubtitleFile("es", srt)))
    spared = {each.stage: each for each in tasks_of(normalized(own), catalog, 10.0)}
    assert (spared["asr"].engine, spared["asr"].source_s) == ("", 0)
    assert (spared["translation"].engine, spared["translation"].source_s) == ("apertium", 10)


# --- what is left ----------------------------------------------------------------------------


@pytest.mark.parametrize(("workers", "parts"), [(1, 1), (1, 4), (2, 6), (4, 12)])
def test_a_job_at_the_measured_pace_is_foreseen_all_the_way(
    story: Any, workers: int, parts: int
) -> None:
    first = fold("dub_1", Pipeline(story.of(parts=parts), workers=workers).run())
    told = expecting(story.of(parts=parts), expected_of(first, 2))
    course = course_of(Pipeline(told, workers=workers, began_ms=BEGAN_MS + 10**7).run())
    whole_s = course[0][0]
    for left_s, eta_s in course:
        assert eta_s is not None
        assert abs(eta_s - left_s) <= 0.25 * left_s + 0.03 * whole_s, (left_s, eta_s)


def test_a_job_that_is_twice_as_slow_converges(usual: JobState, story: Any) -> None:
    told = expecting(story.of(parts=4), expected_of(usual, 2))
    slow = {stage: 2 * pace for stage, pace in PACE.items()}
    course = course_of(Pipeline(told, slow).run())
    whole_s = course[0][0]
    assert course[0][1] == pytest.approx(whole_s / 2, rel=0.15)
    for left_s, eta_s in course:
        assert eta_s is not None
        if left_s < 0.5 * whole_s:
            assert abs(eta_s - left_s) <= 0.25 * left_s + 0.03 * whole_s, (left_s, eta_s)
    steps = [abs(a - b) for (_, a), (_, b) in pairwise(course) if a and b]
    assert max(steps) < 0.15 * whole_s


@pytest.mark.parametrize(
    "reused",
    [
        {"separation"},
        {"separation", "diarization", "asr"},
        {"separation", "diarization", "asr", "translation/es", "tts/es", "muxing/es"},
        set(PACE),
    ],
)
def test_what_is_found_makes_no_answer_absurd(
    usual: JobState, story: Any, reused: set[str]
) -> None:
    expected = expected_of(usual, 2)
    told = expecting(story.of(parts=4), expected)
    course = course_of(Pipeline(told, reused=frozenset(reused)).run())
    for _, eta_s in course:
        assert eta_s is not None
        assert 0 <= eta_s <= 1.3 * sum(expected.values())
    left_s, eta_s = course[-1]
    assert eta_s == pytest.approx(left_s, abs=0.1 * sum(expected.values()))


def test_of_a_language_that_is_added_only_its_own_work_is_expected(
    usual: JobState, story: Any
) -> None:
    rates = taught(usual)
    told = story.of(languages=("es", "fr", "de"), revision=1, parts=4)
    expected = again_s(usual, (), told.accepted.spec, rates, DURATION_S)
    assert [expected[stage] for stage in ("separation", "diarization", "asr")] == [0, 0, 0]
    assert 0 < sum(expected.values()) < 0.5 * sum(expected_of(usual, 1).values())
    found = {"separation", "diarization", "asr"} | {
        f"{stage}/{tag}" for stage in ("translation", "tts", "muxing") for tag in ("es", "fr")
    }
    pipeline = Pipeline(expecting(told, expected), reused=frozenset(found))
    state = usual
    records = pipeline.run()
    ended_ms = records[-1].event.envelope.emitted_at_ms
    for recorded in records:
        state = apply(state, Recorded(usual.last_sequence + recorded.sequence, recorded.event))
        if state.state is State.PROCESSING:
            left_s = (ended_ms - state.updated_at_ms) / 1000
            assert state.eta_s is not None
            assert state.eta_s <= 3 * left_s + 0.1 * sum(expected.values())
    assert state.eta_s is None
    stale = again_s(usual, ("es",), story.of(revision=1).accepted.spec, rates, DURATION_S)
    assert {stage for stage, seconds in stale.items() if seconds} == {"muxing"}


def test_without_rates_the_jobs_own_pace_counts(story: Any) -> None:
    course = course_of(Pipeline(story.of(parts=4)).run())
    assert course[0][1] is None
    told = [eta_s for _, eta_s in course if eta_s is not None]
    assert told
    assert all(0 <= eta_s <= MAX_ETA_S for eta_s in told)


def test_a_queued_job_is_expected_to_take_what_such_jobs_take(usual: JobState, story: Any) -> None:
    expected = expected_of(usual, 2)
    told = expecting(story.of(parts=4), expected)
    state = fold("dub_1", [Recorded(1, told.accepted)])
    assert state.eta_s == pytest.approx(sum(expected.values()))
    assert state.expected_s == pytest.approx(sum(expected.values()))
    assert load(dump(state)) == state


def test_finished_files_stay_until_there_are_new_ones(usual: JobState, story: Any) -> None:
    more = story.of(languages=("es", "fr", "de"), revision=1)
    state = apply(usual, Recorded(usual.last_sequence + 1, more.accepted))
    assert state.state is State.QUEUED
    assert state.languages["es"].files == usual.languages["es"].files != ()
    assert state.languages["de"].files == ()
