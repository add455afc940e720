"""Apertium for real: what it says, and what becomes of its children."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from polydub.errors import StageError
from polydub.testing import poll_until
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import MAX_TEXT_CHARS
from polydub_translation.settings import TranslationSettings

pytestmark = pytest.mark.integration

WEIRD = 'a [b] {c} ^d$ /e/ \\ @f <g> 50% & "q"'


def fresh(*, children: int = 12, line_timeout_s: float = 20.0) -> ApertiumEngine:
    return ApertiumEngine(
        modes_dir=TranslationSettings().apertium_modes_dir,
        children=children,
        line_timeout_s=line_timeout_s,
        timeout_s=60.0,
    )


@pytest.fixture
def own() -> Iterator[ApertiumEngine]:
    """An engine whose children the test may harm."""
    engine = fresh()
    if not engine.available().ok:
        pytest.skip(engine.available().reason)
    yield engine
    engine.close()


async def best(engine: ApertiumEngine, line: str, target: str) -> str:
    (translated,) = await engine.translate([line], source="en", target=target)
    return translated.candidates[0].text


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("es", {"casa", "roja", "grande"}),
        ("ca", {"casa", "vermella", "gran"}),
        ("fr", {"maison", "rouge", "grande"}),
        ("it", {"casa", "rossa", "grande"}),
        ("pt", {"casa", "vermelha", "grande"}),
        ("gl", {"casa", "vermella", "grande"}),
    ],
)
async def test_the_right_words(apertium: ApertiumEngine, target: str, words: set[str]) -> None:
    said = await best(apertium, "the red house is big", target)
    assert words <= set(said.lower().split()), said


async def test_questions_read_as_questions(apertium: ApertiumEngine) -> None:
    assert (await best(apertium, "What do you do?", "es")) == "¿Qué haces?"


async def test_pivots_are_named(apertium: ApertiumEngine) -> None:
    (translated,) = await apertium.translate(
        ["Thank you for watching."], source="en", target="fr", candidates=2
    )
    assert translated.candidates[0].via == ("ca",)
    assert translated.candidates[0].text == "Merci pour regarder."
    assert {each.via for each in translated.candidates} == {("ca",), ("es",)}


async def test_candidates_differ(apertium: ApertiumEngine) -> None:
    lines = ["The dog barks.", "What is your name?", "I will say banana."]
    for translated in await apertium.translate(lines, source="en", target="es", candidates=3):
        said = [each.text for each in translated.candidates]
        assert 1 <= len(said) == len(set(said)) <= 3


@pytest.mark.parametrize("target", ["es", "ca", "fr", "it", "pt", "gl", "eo"])
async def test_unknown_words_are_kept_and_reported(apertium: ApertiumEngine, target: str) -> None:
    (translated,) = await apertium.translate(["The zzyzx is good."], source="en", target=target)
    assert "zzyzx" in translated.candidates[0].text
    assert "zzyzx" in translated.unknown_words
    assert not set("*@#") & set(translated.candidates[0].text)


@pytest.mark.parametrize("target", ["es", "ca", "fr", "it", "pt", "gl", "eo"])
async def test_weird_input_comes_through(apertium: ApertiumEngine, target: str) -> None:
    said = await best(apertium, WEIRD, target)
    for sign in ("[b]", "{c}", "^d$", "\\", "@f", "<g>", "50%", '"q"'):
        assert sign in said.replace("[B]", "[b]"), said


async def test_what_must_stay_stays(apertium: ApertiumEngine) -> None:
    said = await best(
        apertium, "Write to foo@bar.com or http://x.org/y?z=1 about C# and 16GB of RAM.", "es"
    )
    for piece in ("foo@bar.com", "http://x.org/y?z=1", "C#", "16GB", "RAM"):
        assert piece in said


async def test_nothing_to_say(apertium: ApertiumEngine) -> None:
    empty, blank, dots, number = await apertium.translate(
        ["", "  \n", "...", "42"], source="en", target="es"
    )
    assert empty.candidates == blank.candidates == ()
    assert [each.candidates[0].text for each in (dots, number)] == ["...", "42"]
    assert await apertium.translate([], source="en", target="es") == ()


async def test_nul_and_surrogates_do_not_derail_the_stream(apertium: ApertiumEngine) -> None:
    found = await apertium.translate(
        ["one\0two", "\ud800house", "the house"], source="en", target="es"
    )
    assert [each.candidates[0].text for each in found] == ["Uno dos", "Casa", "La casa"]


async def test_many_lines_keep_their_order(apertium: ApertiumEngine) -> None:
    lines = [f"The house number {number} is red." for number in range(200)]
    found = await apertium.translate(lines, source="en", target="es")
    assert len(found) == 200
    for number, translated in enumerate(found):
        assert f" {number} " in translated.candidates[0].text


async def test_concurrent_calls_do_not_mix(apertium: ApertiumEngine) -> None:
    async def call(number: int) -> str:
        return await best(apertium, f"The house number {number} is red.", "es")

    said = await asyncio.gather(*(call(number) for number in range(40)))
    assert all(f" {number} " in text for number, text in enumerate(said))


async def test_a_long_line_passes_the_pipes(apertium: ApertiumEngine) -> None:
    line = "The house is red. " * (MAX_TEXT_CHARS // 18)
    said = await best(apertium, line, "es")
    assert said.lower().count("la casa es roja") == MAX_TEXT_CHARS // 18


async def test_too_long_a_line_is_refused(apertium: ApertiumEngine) -> None:
    with pytest.raises(StageError) as refused:
        await apertium.translate(["a" * (MAX_TEXT_CHARS + 1)], source="en", target="es")
    assert refused.value.code == "invalid_request"


async def test_an_unserved_pair_names_what_is(apertium: ApertiumEngine) -> None:
    with pytest.raises(StageError) as refused:
        await apertium.translate(["Hello."], source="en", target="de")
    assert refused.value.code == "unsupported_language_pair"
    assert "German" in refused.value.message
    assert "es" in refused.value.message


def children_of(engine: ApertiumEngine) -> dict[str, int]:
    return {name: child.pid for name, child in engine._children.items()}


def gone(group: int) -> bool:
    """Whether no program of a process group runs; some may still wait to be reaped."""
    return not programs(group, "")


async def until_gone(group: int) -> None:
    async def ended() -> bool:
        return gone(group)

    await poll_until(ended, "the programs to be gone")


async def test_a_killed_child_is_replaced(own: ApertiumEngine) -> None:
    before = await best(own, "the house", "es")
    (pid,) = children_of(own).values()
    os.killpg(pid, signal.SIGKILL)
    assert await best(own, "the house", "es") == before
    assert children_of(own)["eng-spa"] != pid


async def test_a_broken_pipeline_is_replaced(own: ApertiumEngine) -> None:
    """One program of the pipeline dies while its shell lives on."""
    before = await best(own, "the house", "es")
    (pid,) = children_of(own).values()
    os.kill(programs(pid, "lt-proc")[0], signal.SIGKILL)
    assert await best(own, "the house", "es") == before


async def test_a_child_that_hangs_is_ended(own: ApertiumEngine) -> None:
    await best(own, "the house", "es")
    (pid,) = children_of(own).values()
    os.killpg(pid, signal.SIGSTOP)
    own._line_timeout_s = 0.5
    with pytest.raises(StageError) as late:
        await best(own, "the house", "es")
    assert late.value.code == "engine_timeout"
    await until_gone(pid)
    own._line_timeout_s = 20.0
    assert await best(own, "the house", "es") == "La casa"


async def test_cancelling_ends_the_wait(own: ApertiumEngine) -> None:
    await best(own, "the house", "es")
    (pid,) = children_of(own).values()
    os.killpg(pid, signal.SIGSTOP)
    call = asyncio.create_task(best(own, "the house", "es"))

    async def asked() -> bool:
        return own._children["eng-spa"].busy

    await poll_until(asked, "the child to be asked")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 5)
    await until_gone(pid)


async def test_closing_ends_every_program(own: ApertiumEngine) -> None:
    await best(own, "the house", "fr")
    groups = list(children_of(own).values())
    assert len(groups) == 2
    own.close()

    async def all_gone() -> bool:
        return all(gone(group) for group in groups)

    await poll_until(all_gone, "the children's groups to end")
    with pytest.raises(StageError):
        await best(own, "the house", "fr")


async def test_children_are_bounded() -> None:
    engine = fresh(children=2)
    try:
        for target in ("es", "ca", "gl", "fr"):
            await best(engine, "the house", target)
            assert len(engine._children) <= 2
    finally:
        engine.close()


def test_without_language_pairs_it_says_what_to_install(tmp_path: Path) -> None:
    engine = ApertiumEngine(modes_dir=tmp_path, children=2, line_timeout_s=1, timeout_s=1)
    assert not engine.available().ok
    assert "apt-get install" in engine.available().remedy


def programs(group: int, name: str) -> list[int]:
    """The processes of a group that run a program; an empty name stands for all."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)
        except OSError:
            continue
        state, _, its_group = fields[1].split()[:3]
        if int(its_group) == group and state != "Z" and f"({name}" in fields[0]:
            found.append(int(status.parent.name))
    return found
