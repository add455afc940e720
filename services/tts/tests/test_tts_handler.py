"""The handler: from a part's translation to its speech, with eSpeak NG as the engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from polydub.artifacts import digest, dump_document, read_document
from polydub.engines import Availability, EngineRegistry
from polydub.errors import EngineFailed, StageError
from polydub.pcm import to_float
from polydub.stage import Emission, StageContext
from polydub.testing import poll_until, stage_context
from polydub.v1 import common_pb2, diarization_pb2, events_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_tts.casting import CastVoice, dump_casting
from polydub_tts.engines.base import EngineVoice, Raw, TtsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.handler import TtsHandler
from polydub_tts.lines import RECIPE_VERSION
from polydub_tts.part import shorter_of
from polydub_tts.settings import TtsSettings
from polydub_tts.sound import duration_of_wav
from polydub_tts.style import RATE, Style

pytestmark = pytest.mark.integration

Line = tuple[str, str, int, int, list[str]]
LINES: list[Line] = [
    ("u0001", "S1", 0, 3000, ["Bienvenidos a este vídeo sobre la ciencia."]),
    ("u0002", "S2", 3500, 5000, ["Muchas gracias por la invitación."]),
    ("u0003", "S1", 5400, 6400, ["Hoy hablaremos del tiempo."]),
]


class BrokenEngine(EspeakEngine):
    """An engine that offers voices and breaks off on some texts."""

    id: ClassVar[str] = "broken"

    def available(self) -> Availability:
        return Availability.yes()

    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        if "gracias" in text:
            raise EngineFailed("broken broke off.")
        return await super()._speak(text, voice, rate, f0_hz, folder, style)


def handler(*engines: TtsEngine) -> TtsHandler:
    factories = [lambda each=each: each for each in engines or (EspeakEngine(),)]
    return TtsHandler(EngineRegistry("tts", factories), TtsSettings())


def diarization(lines: list[Line]) -> diarization_pb2.DiarizationDocument:
    voices = {"S1": 110.0, "S2": 200.0, "S3": 0.0}
    return diarization_pb2.DiarizationDocument(
        speakers=[
            diarization_pb2.Speaker(
                id=name, profile=diarization_pb2.VoiceProfile(f0_median_hz=f0_hz)
            )
            for name, f0_hz in voices.items()
        ],
        utterances=[
            diarization_pb2.Utterance(id=name, speaker_id=who, start_ms=start, end_ms=end)
            for name, who, start, end, _ in lines
        ],
        duration_ms=60_000,
    )


def translation(
    lines: list[Line], source_text: str = "", paces: list[float] | None = None
) -> translation_pb2.TranslationDocument:
    return translation_pb2.TranslationDocument(
        target_language="es",
        lines=[
            translation_pb2.TranslatedLine(
                id=name,
                speaker_id=who,
                start_ms=start,
                end_ms=end,
                source_text=source_text,
                prosody=common_pb2.Prosody(characters_per_s=pace),
                text=texts[0] if texts else "",
                candidates=[translation_pb2.TranslationCandidate(text=text) for text in texts],
            )
            for (name, who, start, end, texts), pace in zip(
                lines, paces or [0.0] * len(lines), strict=True
            )
        ],
    )


async def speak(
    context: StageContext,
    lines: list[Line] = LINES,
    *,
    stage: TtsHandler | None = None,
    revision: str = "1",
    engine: str = "",
    source_text: str = "",
    paces: list[float] | None = None,
    fit_mode: muxing_pb2.FitMode.ValueType = muxing_pb2.FIT_MODE_BALANCED,
    voices: Sequence[events_pb2.VoiceChoice] = (),
) -> tuple[Emission, tts_pb2.SpeechDocument]:
    """What the handler makes of these lines; ``revision`` stands for the documents' digests."""
    await context.store.put_bytes("videos/v/d.json", dump_document(diarization(lines)))
    await context.store.put_bytes(
        "videos/v/t.json", dump_document(translation(lines, source_text, paces))
    )
    event = events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="j", video_id="v", target_language="es"),
        spec=events_pb2.DubSpec(fit_mode=fit_mode, engines={"tts": engine}, voices=voices),
        products=events_pb2.Products(
            diarization=diarization_pb2.DiarizationProducts(
                document_key="videos/v/d.json", digest=f"d{revision}"
            ),
            translation=translation_pb2.TranslationProducts(
                document_key="videos/v/t.json", digest=f"t{revision}"
            ),
        ),
    )
    [emission] = await (stage or handler()).handle(event, context)
    key = emission.products.tts.document_key
    return emission, await read_document(context.store, key, tts_pb2.SpeechDocument)


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return stage_context("tts", tmp_path)


async def test_each_speaker_has_a_voice_and_each_line_a_sound(context: StageContext) -> None:
    emission, document = await speak(context)
    first, second, third = document.lines
    assert first.voice == third.voice
    assert second.voice.f0_hz == pytest.approx(200.0, abs=1)
    assert first.voice.f0_hz == pytest.approx(110.0, abs=1)
    assert emission.products.translation.digest == "t1"
    assert (emission.products.tts.spoken, emission.products.tts.reused) == (3, 0)
    assert not emission.reused
    assert [use.id for use in context.used] == ["espeak"]
    for line in document.lines:
        wav = await context.store.get_bytes(line.audio_key)
        assert duration_of_wav(wav[:44], len(wav)) == line.duration_ms > 500


async def test_a_line_starts_and_ends_with_speech(context: StageContext) -> None:
    _, document = await speak(context)
    for line in document.lines:
        wav = await context.store.get_bytes(line.audio_key)
        levels = np.abs(to_float(wav[44:]))
        window = 22_050 * 25 // 1000
        assert levels[:window].max() > 0.003 * levels.max()
        assert levels[-window:].max() > 0.003 * levels.max()


async def test_the_same_part_again_is_found_whole(context: StageContext) -> None:
    first, _ = await speak(context)
    again, _ = await speak(context)
    assert again.reused
    assert again.products.tts.document_key == first.products.tts.document_key
    assert (again.products.tts.spoken, again.products.tts.reused) == (0, 3)


async def test_after_an_edit_only_the_changed_line_is_spoken(context: StageContext) -> None:
    _, before = await speak(context)
    edited = [LINES[0], (*LINES[1][:4], ["Muchísimas gracias."]), LINES[2]]
    emission, after = await speak(context, edited, revision="2")
    assert (emission.products.tts.spoken, emission.products.tts.reused) == (1, 2)
    assert after.lines[1].text == "Muchísimas gracias."
    assert [line.digest for line in after.lines if line.id != "u0002"] == [
        line.digest for line in before.lines if line.id != "u0002"
    ]


async def test_a_line_that_is_too_long_takes_a_shorter_candidate(context: StageContext) -> None:
    long, short = "Esta frase es demasiado larga para el tiempo que tiene.", "Frase corta."
    lines: list[Line] = [
        ("u0001", "S1", 0, 1500, [long, short]),
        ("u0002", "S2", 1600, 9000, ["Sí."]),
    ]
    _, document = await speak(context, lines)
    assert document.lines[0].text == short
    assert document.lines[0].duration_ms <= 1570


async def test_a_line_twice_too_long_without_a_shorter_candidate_is_hurried_within_the_limit(
    context: StageContext,
) -> None:
    text = "Esta frase es demasiado larga para el tiempo que tiene."
    _, free = await speak(context, [("u0001", "S1", 0, 9000, [text])])
    end_ms = free.lines[0].natural_ms // 2
    lines: list[Line] = [
        ("u0001", "S1", 0, end_ms, [text]),
        ("u0002", "S2", end_ms + 40, end_ms + 900, ["Sí."]),
    ]
    _, document = await speak(context, lines, revision="2")
    assert (document.lines[0].text, document.lines[0].natural_ms) == (
        text,
        free.lines[0].natural_ms,
    )
    assert document.lines[0].rate == pytest.approx(TtsSettings().max_rate)
    _, waiting = await speak(context, lines, fit_mode=muxing_pb2.FIT_MODE_SLOW_PICTURE)
    assert waiting.lines[0].rate == 1.0


async def test_fillers_go_only_where_a_line_is_too_long_and_has_no_shorter_candidate(
    context: StageContext,
) -> None:
    text, without = "Bueno, siéntese aquí un momento, por favor.", "Siéntese aquí un momento."

    async def said(end_ms: int, *texts: str, told: bool = False) -> str:
        lines: list[Line] = [
            ("u0001", "S1", 0, end_ms, [*texts]),
            ("u0002", "S2", end_ms + 40, end_ms + 900, ["Sí."]),
        ]
        _, document = await speak(context, lines, revision=f"{end_ms}{texts}")
        warned = [each.line_id for each in document.warnings if each.code == "line_shortened"]
        assert warned == (["u0001"] if told else [])
        return document.lines[0].text

    assert await said(9000, text) == text
    assert await said(1900, text, told=True) == without
    assert await said(1900, text, "Siéntese, por favor, aquí.") == "Siéntese, por favor, aquí."


def test_what_a_person_wrote_is_not_shortened() -> None:
    document = translation([("u0001", "S1", 0, 900, ["Bueno, vamos."])])
    [line] = document.lines
    assert shorter_of(line, document) == "Vamos."
    document.engine.id = "subtitles"
    assert shorter_of(line, document) == ""
    document.engine.id = "apertium"
    line.text = "Bueno, vámonos."
    assert shorter_of(line, document) == ""


async def test_a_line_that_is_somewhat_too_long_is_said_faster(context: StageContext) -> None:
    text = "Esta frase necesita un poco más de tiempo."
    _, free = await speak(context, [("u0001", "S1", 0, 3000, [text])])
    natural_ms = free.lines[0].natural_ms
    end_ms = round(natural_ms / 1.2)
    lines: list[Line] = [
        ("u0001", "S1", 0, end_ms, [text]),
        ("u0002", "S2", end_ms + 20, end_ms + 900, ["Sí."]),
    ]
    _, document = await speak(context, lines, revision="2")
    assert 1.15 <= document.lines[0].rate <= 1.3
    assert document.lines[0].duration_ms <= end_ms + 25
    assert document.lines[0].natural_ms == natural_ms
    _, natural = await speak(context, lines, fit_mode=muxing_pb2.FIT_MODE_NATURAL)
    assert natural.lines[0].rate == 1.0


async def test_the_jobs_casting_stands_even_if_the_next_part_would_choose_another(
    context: StageContext,
) -> None:
    await speak(context)
    standing = await context.ledger.decided("j", "casting-es")
    assert standing is not None
    assert sorted(json.loads(standing)) == ["S1", "S2", "S3"]
    _, document = await speak(context, stage=handler(FliteEngine(), EspeakEngine()), revision="2")
    assert {line.voice.engine for line in document.lines} == {"espeak"}


async def test_a_line_without_words_is_left_out_with_a_warning(context: StageContext) -> None:
    lines = [LINES[0], ("u0002", "S2", 3500, 5000, ["🎉 …"])]
    emission, document = await speak(context, lines)
    assert [line.id for line in document.lines] == ["u0001"]
    assert [(each.code, each.line_id) for each in emission.warnings] == [("line_empty", "u0002")]
    assert (await speak(context, lines))[0].reused


async def test_another_engine_steps_in_for_a_line(context: StageContext) -> None:
    emission, document = await speak(context, stage=handler(BrokenEngine(), EspeakEngine()))
    assert [line.engine.id for line in document.lines] == ["broken", "espeak", "broken"]
    [warning] = emission.warnings
    assert (warning.code, warning.line_id) == ("line_fallback", "u0002")
    assert "broke off" in warning.message


async def test_a_line_that_no_engine_can_say_keeps_its_original_sound(
    context: StageContext,
) -> None:
    emission, document = await speak(context, stage=handler(BrokenEngine()))
    assert [line.keeps_original for line in document.lines] == [False, True, False]
    kept = document.lines[1]
    assert (kept.start_ms, kept.end_ms, kept.audio_key, kept.text) == (3500, 5000, "", "")
    assert [(each.code, each.line_id) for each in emission.warnings] == [("line_unspoken", "u0002")]
    assert (emission.products.tts.spoken, emission.products.tts.reused) == (2, 0)
    assert [use.id for use in context.used] == ["broken"]


async def test_a_line_that_translation_lost_keeps_its_original_sound(
    context: StageContext,
) -> None:
    emission, document = await speak(
        context, [LINES[0], ("u0002", "S2", 3500, 5000, [])], source_text="Thanks a lot."
    )
    assert [line.keeps_original for line in document.lines] == [False, True]
    assert document.lines[1].source_text == "Thanks a lot."
    assert [(each.code, each.line_id) for each in emission.warnings] == [("line_unspoken", "u0002")]


async def test_another_voice_of_the_same_engine_is_tried_before_the_original_is_kept(
    context: StageContext,
) -> None:
    class Hoarse(EspeakEngine):
        """An engine one of whose voices breaks off."""

        async def _speak(
            self,
            text: str,
            voice: EngineVoice,
            rate: float,
            f0_hz: float,
            folder: Path,
            style: Style,
        ) -> Raw:
            if "edward" in voice.id:
                raise EngineFailed("Edward broke off.")
            return await super()._speak(text, voice, rate, f0_hz, folder, style)

    emission, document = await speak(context, LINES[1:2], stage=handler(Hoarse()))
    [line] = document.lines
    assert line.voice.id.endswith("benjamin")
    [warning] = emission.warnings
    assert (warning.code, warning.line_id) == ("line_fallback", "u0002")


async def test_a_failed_line_is_tried_again(context: StageContext) -> None:
    await speak(context, stage=handler(BrokenEngine()))
    broken = BrokenEngine()
    broken._speak = super(BrokenEngine, broken)._speak  # type: ignore[method-assign]
    emission, document = await speak(context, stage=handler(broken))
    assert len(document.lines) == 3
    assert (emission.products.tts.spoken, emission.products.tts.reused) == (1, 2)


class PacedEngine(EspeakEngine):
    """eSpeak NG as an engine that carries the speaker's pace over."""

    id: ClassVar[str] = "paced"
    carries: frozenset[str] = frozenset({RATE})


async def test_the_source_changes_only_the_lines_of_engines_that_carry_it_over(
    context: StageContext,
) -> None:
    text = "Bienvenidos a este vídeo sobre la ciencia."
    lines: list[Line] = [(f"u000{n}", "S1", n * 6000, n * 6000 + 3000, [text]) for n in range(1, 4)]
    _, plain = await speak(context, lines)
    _, told = await speak(context, lines, revision="2", paces=[12.0, 15.0, 18.0])
    assert [line.prosody.characters_per_s for line in told.lines] == [12.0, 15.0, 18.0]
    assert [line.digest for line in told.lines] == [line.digest for line in plain.lines]
    paced = handler(PacedEngine())
    _, carried = await speak(context, lines, revision="3", paces=[12.0, 15.0, 18.0], stage=paced)
    slow, usual, fast = carried.lines
    assert slow.duration_ms > usual.duration_ms > fast.duration_ms
    assert slow.rate < usual.rate < fast.rate
    assert usual.rate == plain.lines[0].rate


def test_a_casting_is_written_as_it_has_always_been() -> None:
    """Parts of older jobs, and takes in people's stores, are found again."""
    casting = {"S1": CastVoice("espeak", "es+edward", "Edward (es)", "es", "male", 110.0)}
    assert json.loads(dump_casting(casting))["S1"] == {
        "engine": "espeak",
        "voice_id": "es+edward",
        "name": "Edward (es)",
        "language": "es",
        "gender": "male",
        "f0_hz": 110.0,
    }


async def test_a_take_is_found_by_text_voice_pitch_rate_and_engine(context: StageContext) -> None:
    _, document = await speak(context, LINES[:1], paces=[14.0])
    [line] = document.lines
    assert line.digest == digest(
        text=line.text,
        voice=line.voice.id.partition("/")[2],
        f0_hz=110.0,
        rate=round(line.rate, 2),
        engine="espeak",
        version=EspeakEngine().version,
        recipe=RECIPE_VERSION,
    )


async def test_a_language_without_a_voice_says_so(context: StageContext) -> None:
    with pytest.raises(StageError) as caught:
        await speak(context, engine="flite", stage=handler(FliteEngine(), EspeakEngine()))
    assert caught.value.code == "engine_unavailable"
    assert "Spanish" in caught.value.message


async def test_the_stores_failure_is_the_whole_parts(
    context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(key: str, data: bytes) -> None:
        raise StageError("store_full", "full")

    await speak(context, [])
    real = context.store.put_bytes

    async def put(key: str, data: bytes) -> object:
        return await (full(key, data) if key.endswith(".wav") else real(key, data))

    monkeypatch.setattr(context.store, "put_bytes", put)
    with pytest.raises(StageError) as caught:
        await speak(context, revision="2")
    assert caught.value.code == "store_full"


async def test_cancelling_a_part_stops_it(context: StageContext) -> None:
    long: list[Line] = [
        (f"u{i:04}", "S1", i * 1000, i * 1000 + 900, [f"frase {i} " * 200]) for i in range(20)
    ]
    task = asyncio.create_task(speak(context, long))

    async def begun() -> bool:
        return bool([info async for info in context.store.walk("videos/v/tts")])

    await poll_until(begun, "the first line in the store")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    keys = [info.key async for info in context.store.walk("videos/v/tts")]
    assert len(keys) < 20
    assert not any(key.endswith("speech.json") for key in keys)


async def test_a_speaker_put_in_by_hand_gets_a_voice(context: StageContext) -> None:
    lines: list[Line] = [*LINES, ("u0004", "S9", 7000, 9000, ["Soy una voz nueva."])]
    _, document = await speak(context, lines)
    assert document.lines[3].voice.engine == "espeak"


async def test_a_chosen_voice_goes_before_the_casting(context: StageContext) -> None:
    _, cast = await speak(context)
    offered = handler()._registry.all()[0].voices("es")
    other = next(each for each in offered if each.id != cast.lines[0].voice.id.partition("/")[2])
    wanted = f"espeak/{other.id}"
    choice = events_pb2.VoiceChoice(speaker_id="S1", target_language="es", voice_id=wanted)
    elsewhere = events_pb2.VoiceChoice(speaker_id="S2", target_language="fr", voice_id=wanted)
    emission, chosen = await speak(context, voices=[choice, elsewhere])
    assert [line.voice.id == wanted for line in chosen.lines] == [True, False, True]
    assert chosen.lines[1].digest == cast.lines[1].digest
    assert (emission.products.tts.spoken, emission.products.tts.reused) == (2, 1)
    assert not emission.warnings


async def test_a_chosen_voice_that_is_not_there_leaves_the_casting(context: StageContext) -> None:
    _, cast = await speak(context)
    choice = events_pb2.VoiceChoice(speaker_id="S1", voice_id="kokoro/af_heart")
    emission, spoken = await speak(context, voices=[choice])
    assert [line.voice for line in spoken.lines] == [line.voice for line in cast.lines]
    assert [(each.code, each.target_language) for each in emission.warnings] == [
        ("voice_not_found", "es")
    ]
