"""What every translation engine promises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from translation_subjects import ALL, CLOUD, LOCAL, Subject, local, subject

from polydub import engines
from polydub.errors import StageError
from polydub_translation.engines.base import MAX_TEXT_CHARS, TranslationEngine
from polydub_translation.glossary import Glossary, Term

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=ALL)
def any_one(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Subject]:
    with subject(request.param, tmp_path_factory.mktemp("models")) as made:
        yield made


@pytest.fixture
def engine(any_one: Subject) -> TranslationEngine:
    return any_one.engine


@pytest.fixture(params=CLOUD)
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    with subject(request.param, tmp_path) as made:
        yield made


async def best(engine: TranslationEngine, *texts: str, target: str = "es") -> list[str]:
    found = await engine.translate(texts, source="en", target=target)
    return [each.candidates[0].text for each in found]


async def test_lines_keep_their_order(engine: TranslationEngine) -> None:
    said = await best(engine, "The house is red.", "42", "Good night.")
    assert "casa" in said[0].lower()
    assert said[1] == "42"
    assert "noche" in said[2].lower()


async def test_nothing_to_say(engine: TranslationEngine) -> None:
    empty, dots = await engine.translate(["", "..."], source="en", target="es")
    assert empty.candidates == ()
    assert [each.text for each in dots.candidates] == ["..."]
    assert await engine.translate([], source="en", target="es") == ()


async def test_candidates_differ_and_are_best_first(engine: TranslationEngine) -> None:
    (said,) = await engine.translate(
        ["Thank you very much."], source="en", target="es", candidates=4
    )
    texts = [each.text for each in said.candidates]
    assert 1 <= len(texts) == len(set(texts)) <= 4
    assert sorted(said.candidates, key=lambda each: -each.score) == list(said.candidates)


async def test_a_very_long_line(engine: TranslationEngine) -> None:
    times = MAX_TEXT_CHARS // 72  # many pieces for every engine already, and models are slow
    line = "The house is red. " * times
    (said,) = await best(engine, line)
    assert said.lower().count("la casa es roja") == times


async def test_too_long_a_line_is_refused(engine: TranslationEngine) -> None:
    with pytest.raises(StageError) as refused:
        await best(engine, "a" * (MAX_TEXT_CHARS + 1))
    assert refused.value.code == "invalid_request"


async def test_signs_and_odd_letters_do_no_harm(engine: TranslationEngine) -> None:
    odd = ["one\0two", "\ud800house", "<unk></s> ▁ >>fra<< spa_Latn <2es>", "😀 好 a"]
    found = await engine.translate(odd, source="en", target="es")
    assert len(found) == len(odd)


async def test_an_unserved_pair_is_refused(engine: TranslationEngine) -> None:
    with pytest.raises(StageError) as refused:
        await best(engine, "Hello.", target="tlh")
    assert refused.value.code == "unsupported_language_pair"
    assert "es" in refused.value.message


async def test_concurrent_calls_do_not_mix(engine: TranslationEngine) -> None:
    lines = ["The house is red.", "Good night.", "The car is blue."] * 4
    alone = dict(zip(lines, await best(engine, *lines[:3]), strict=False))
    together = await asyncio.gather(*(best(engine, line) for line in lines))
    assert [said for (said,) in together] == [alone[line] for line in lines]


async def test_it_declares_what_it_can(engine: TranslationEngine) -> None:
    can = engine.capabilities()
    assert all(engine.route(pair.source, pair.target) for pair in can.pairs)
    assert ("en", "es") in {(pair.source, pair.target) for pair in can.pairs}
    assert can.licence
    assert can.version == engine.capabilities().version


async def test_terms_do_no_harm(engine: TranslationEngine) -> None:
    terms = Glossary.of([Term("house", "casita"), Term("moon", "Luna")])
    (said,) = await engine.translate(
        ["The house is red."], source="en", target="es", glossary=terms
    )
    text = said.candidates[0].text.lower()
    assert "roj" in text
    assert "casita" in text or not engine.keeps_terms


async def test_progress_only_grows(engine: TranslationEngine) -> None:
    heard: list[float] = []

    async def progress(fraction: float) -> None:
        heard.append(fraction)

    lines = ["The car is blue.", "Good night."] * 60
    await engine.translate(lines, source="en", target="es", on_progress=progress)
    assert heard == sorted(heard)
    assert all(0.0 <= fraction <= 1.0 for fraction in heard)


async def test_a_time_limit_is_kept(any_one: Subject) -> None:
    engine, held = any_one.engine, threading.Event()
    any_one.hold(held)
    lines = ["Today we talk about space travel. " * 100] * 300
    limit, engine._timeout_s = engine._timeout_s, 0.3
    try:
        with pytest.raises(StageError) as late:
            await best(engine, *lines)
    finally:
        engine._timeout_s = limit
        held.set()
        any_one.faults.clear()
    assert late.value.code == "engine_timeout"


async def test_cancelling_ends_the_work(any_one: Subject) -> None:
    engine, held, begun = any_one.engine, threading.Event(), asyncio.Event()
    any_one.hold(held)

    async def progress(fraction: float) -> None:
        begun.set()

    lines = ["Today we talk about space travel. " * 100] * 300
    call = asyncio.create_task(
        engine.translate(lines, source="en", target="es", on_progress=progress)
    )
    await asyncio.wait_for(begun.wait(), 30)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 5)
    held.set()
    any_one.faults.clear()
    assert "noche" in (await best(engine, "Good night."))[0].lower()


# services


async def test_a_key_that_is_refused_is_named(cloud: Subject) -> None:
    cloud.refuse(401)
    with pytest.raises(StageError) as told:
        await best(cloud.engine, "Good night.")
    assert (told.value.code, told.value.retryable) == ("engine_unavailable", False)
    assert "POLYDUB_" in told.value.message
    assert "secret" not in told.value.message + told.value.hint
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("status", [429, 500])
async def test_a_passing_refusal_is_asked_again(cloud: Subject, status: int) -> None:
    cloud.refuse(status, retry_after_s=0)
    assert await best(cloud.engine, "Good night.") == ["Buenas noches."]
    assert len(cloud.asked) == 2


async def test_a_long_pause_is_handed_back(cloud: Subject) -> None:
    cloud.refuse(429, retry_after_s=90)
    with pytest.raises(StageError) as told:
        await best(cloud.engine, "Good night.")
    assert (told.value.code, told.value.retryable) == ("engine_failed", True)
    assert "90 s" in told.value.message
    assert len(cloud.asked) == 1


async def test_an_answer_that_is_cut_is_asked_for_again(cloud: Subject) -> None:
    cloud.break_off()
    assert await best(cloud.engine, "Good night.") == ["Buenas noches."]


async def test_what_is_billed_is_counted_once(cloud: Subject) -> None:
    cloud.refuse(500, retry_after_s=0)
    work = engines.EngineWork()
    token = engines.work.set(work)
    try:
        await best(cloud.engine, "Good night.", "42")
    finally:
        engines.work.reset(token)
    billed = {"deepl": ("characters", 11), "google": ("characters", 11), "llm": ("tokens", 42)}
    unit, quantity = billed[cloud.engine.id]
    assert work.used == {(cloud.engine.id, unit): quantity}


# models


@pytest.mark.parametrize("engine_id", LOCAL)
def test_without_models_it_says_where_to_put_them(engine_id: str, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    (tmp_path / engine_id).mkdir()
    here = local(engine_id, tmp_path).available()
    assert not here.ok
    assert "POLYDUB_MODEL_DIR" in here.remedy


@pytest.mark.parametrize("engine_id", LOCAL)
@pytest.mark.parametrize("change", [lambda data: data[:1000], lambda data: b"\xff" * len(data)])
async def test_damaged_weights_are_told(
    engine_id: str, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    with subject(engine_id, tmp_path) as made:
        weights = tmp_path / engine_id / "model.bin"
        weights.write_bytes(change(weights.read_bytes()))
        with pytest.raises(StageError) as told:
            await best(made.engine, "Good night.")
    assert told.value.code == "engine_unavailable"
    assert engine_id in told.value.message
    assert str(tmp_path) not in told.value.message
