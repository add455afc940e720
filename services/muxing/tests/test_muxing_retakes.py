"""Lines that do not fit are said again, by stages that answer over gRPC as recorded here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from muxing_peers import Translation, Tts, serving

from polydub.peers import Peers
from polydub.testing import poll_until
from polydub.v1 import (
    common_pb2,
    diarization_pb2,
    events_pb2,
    muxing_pb2,
    translation_pb2,
    tts_pb2,
)
from polydub_muxing.fit.placement import Limits, Line, Mode
from polydub_muxing.fit.slowing import Arrangement, arrange
from polydub_muxing.retakes import Retaken, Retakes, explained, with_attempts
from polydub_muxing.script import PartDocuments

pytestmark = pytest.mark.integration

LONG = "Vamos a hablar de todo aquello que ha ocurrido entretanto."
SHORTER, REPHRASED = "Hablaremos de lo que ha ocurrido.", "Hablemos de ello."
LIMITS = Limits()


def part(*candidates: str, text: str = LONG, engine: str = "llm") -> PartDocuments:
    """A line twice as long as its slot, and another speaker's right behind it."""
    speech = tts_pb2.SpeechDocument(target_language="es")
    speech.lines.add(
        id="u1", speaker_id="A", start_ms=0, end_ms=1500, source_text="What came to pass.",
        text=text, audio_key="videos/v/u1.wav", duration_ms=3000, natural_ms=3000, rate=1.0,
    )  # fmt: skip
    speech.lines.add(
        id="u2", speaker_id="B", start_ms=1550, end_ms=4000, source_text="I see.", text="Ya veo.",
        audio_key="videos/v/u2.wav", duration_ms=800, natural_ms=800, rate=1.0,
    )  # fmt: skip
    written = translation_pb2.TranslationDocument(
        engine=common_pb2.EngineUse(id=engine), source_language="en"
    )
    line = written.lines.add(id="u1", text=text)
    line.candidates.extend(translation_pb2.TranslationCandidate(text=each) for each in candidates)
    return PartDocuments(events_pb2.Products(), speech, translation=written)


def arranged(lines: Sequence[Line]) -> Arrangement:
    return arrange(lines, timeline_ms=9000, mode=Mode.BALANCED, limits=LIMITS)


async def ignore(fraction: float) -> None:
    assert 0 <= fraction <= 1


async def again(
    others: Peers,
    documents: PartDocuments,
    *,
    most: int = 50,
    spec: events_pb2.DubSpec | None = None,
) -> Retaken:
    event = events_pb2.Event(
        envelope=events_pb2.Envelope(video_id="v", target_language="es"),
        spec=spec,
        products=events_pb2.Products(
            diarization=diarization_pb2.DiarizationProducts(document_key="videos/v/d.json")
        ),
    )
    return await Retakes(event, others, most).round([documents], arranged, ignore)


def shortest(request: tts_pb2.RetakeRequest) -> tts_pb2.SpokenLine:
    """The last text, at 50 ms a letter."""
    line = tts_pb2.SpokenLine()
    line.CopyFrom(request.line)
    line.text = request.texts[-1]
    line.duration_ms = line.natural_ms = 50 * len(line.text)
    line.audio_key = "videos/v/again.wav"
    return line


def outcome(retaken: Retaken) -> tuple[str, int, float, str]:
    """The first line as it is said now, its takes, how fast it is, and why."""
    lines = with_attempts(retaken)
    placed = explained(arranged([line.line for line in lines]).placements, retaken)
    return lines[0].text, lines[0].takes, placed[0].tempo, placed[0].reason


async def test_a_shorter_candidate_of_the_translation_is_said() -> None:
    tts = Tts(shortest)
    async with serving(translation=Translation(), tts=tts) as others:
        retaken = await again(others, part(LONG, SHORTER))
    text, takes, tempo, reason = outcome(retaken)
    assert (text, takes) == (SHORTER, 2)
    assert tempo <= LIMITS.max_tempo
    assert reason.endswith("said again in other words, which are 1350 ms shorter")
    [asked] = tts.asked
    assert (list(asked.texts), asked.room_ms, asked.video_id) == ([SHORTER], 1500, "v")
    assert asked.diarization_key == "videos/v/d.json"
    assert with_attempts(retaken)[0].audio_key == "videos/v/again.wav"
    assert with_attempts(retaken)[0].retaken and not with_attempts(retaken)[1].retaken


async def test_other_words_come_before_the_other_candidates() -> None:
    tts, translation = Tts(lambda request: None), Translation([REPHRASED, LONG])
    term = translation_pb2.GlossaryTerm(source="pass", target="ocurrir")
    spec = events_pb2.DubSpec(engines={"translation": "llm"}, glossary=[term])
    async with serving(translation=translation, tts=tts) as others:
        await again(others, part(LONG, SHORTER), spec=spec)
    assert list(tts.asked[0].texts) == [REPHRASED, SHORTER]
    [asked] = translation.asked
    assert (asked.source_language, asked.target_language) == ("en", "es")
    assert asked.ratio == pytest.approx(0.5)
    assert (asked.engine, list(asked.glossary)) == ("llm", [term])


async def test_a_rephrased_line_is_said_where_translation_offers_one() -> None:
    async with serving(translation=Translation([REPHRASED]), tts=Tts(shortest)) as others:
        text, takes, tempo, _ = outcome(await again(others, part(LONG)))
    assert (text, takes, tempo) == (REPHRASED, 2, LIMITS.min_tempo)


async def test_without_other_words_the_report_says_so_and_the_tempo_stays_within_the_cap() -> None:
    tts = Tts(shortest)
    async with serving(translation=Translation(), tts=tts) as others:
        text, takes, tempo, reason = outcome(await again(others, part(LONG)))
    assert (text, takes, tempo, tts.asked) == (LONG, 1, LIMITS.hard_tempo, [])
    assert "faster than sounds natural" in reason and "ms too long" in reason
    assert reason.endswith("nobody knows another way to say it")


async def test_a_take_that_helps_nobody_is_not_kept() -> None:
    def longer(request: tts_pb2.RetakeRequest) -> tts_pb2.SpokenLine:
        line = shortest(request)
        line.duration_ms = 3100
        return line

    for take, words in ((longer, "made nothing better"), (lambda _: None, "no better when")):
        async with serving(tts=Tts(take)) as others:
            text, takes, _, reason = outcome(await again(others, part(LONG, SHORTER)))
        assert (text, takes) == (LONG, 2)
        assert words in reason


async def test_what_a_person_wrote_is_left_as_it_is() -> None:
    tts = Tts(shortest)
    async with serving(translation=Translation([REPHRASED]), tts=tts) as others:
        by_hand = await again(others, part("Otra cosa."))
        by_subtitles = await again(others, part(LONG, SHORTER, engine="subtitles"))
    assert tts.asked == []
    assert "a person wrote it" in outcome(by_hand)[3] and "a person" in outcome(by_subtitles)[3]


async def test_voices_keep_their_pace_where_the_picture_waits() -> None:
    tts = Tts(lambda request: None)
    spec = events_pb2.DubSpec(fit_mode=muxing_pb2.FIT_MODE_SLOW_PICTURE, clone_consent="c1")
    async with serving(tts=tts) as others:
        await again(others, part(LONG, SHORTER), spec=spec)
    assert tts.asked[0].own_pace and tts.asked[0].clone_consent == "c1"


async def test_stages_that_do_not_answer_are_done_without() -> None:
    documents = part(LONG, SHORTER)
    async with serving() as others:
        retaken = await again(others, documents)
    assert retaken.attempts == {}
    assert outcome(retaken)[:2] == (LONG, 1)
    async with serving(tts=Tts(shortest)) as others:
        assert outcome(await again(others, documents))[0] == SHORTER


async def test_no_more_lines_than_allowed_are_said_again() -> None:
    tts = Tts(shortest)
    async with serving(tts=tts) as others:
        retaken = await again(others, part(LONG, SHORTER), most=0)
    assert (retaken.attempts, tts.asked) == ({}, [])


async def test_it_can_be_cancelled() -> None:
    class Slow(Tts):
        async def Retake(self, request: object, context: object) -> tts_pb2.RetakeResponse:
            self.asked.append(request)  # type: ignore[arg-type]
            await asyncio.Event().wait()
            raise AssertionError

    tts = Slow(shortest)

    async def is_asked() -> bool:
        return bool(tts.asked)

    async with serving(tts=tts) as others:
        task = asyncio.create_task(again(others, part(LONG, SHORTER)))
        await poll_until(is_asked, "tts to be asked")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
