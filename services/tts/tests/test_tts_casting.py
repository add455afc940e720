"""Casting: voices that differ, keep the speakers' order of pitch, and are the same each time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_tts.casting import (
    CLEAR_SEMITONES,
    Offer,
    SpeakerPitch,
    another,
    cast,
    dump_casting,
    load_casting,
    spread_out,
)
from polydub_tts.engines.base import FEMALE, MALE, EngineVoice, natural_voice
from polydub_tts.engines.flite import VOICES
from polydub_tts.pitch import semitones

pytestmark = pytest.mark.unit

ESPEAK = (
    Offer("espeak", EngineVoice("es+edward", "Edward", "es", MALE, 101.5, 68.7, 260.0)),
    Offer("espeak", EngineVoice("es+benjamin", "Benjamin", "es", MALE, 101.5, 68.7, 130.0)),
)
FLITE = tuple(Offer("flite", voice) for voice in VOICES)
ONA = Offer("festival", EngineVoice("ona", "Ona", "ca", FEMALE, 175.8, 120.0, 250.0))

pitches = st.one_of(st.just(0.0), st.floats(50.0, 500.0))
genders = st.sampled_from(["", MALE, FEMALE])


def speakers(at_most: int) -> st.SearchStrategy[list[SpeakerPitch]]:
    one = st.tuples(pitches, genders)
    return st.lists(one, min_size=1, max_size=at_most).map(
        lambda found: [SpeakerPitch(f"S{i}", *each) for i, each in enumerate(found, 1)]
    )


offers = st.sampled_from([ESPEAK, FLITE, (*FLITE, *ESPEAK), (ONA, *ESPEAK)])


@given(speakers(8), offers)
def test_up_to_eight_speakers_are_a_clear_interval_apart(
    people: list[SpeakerPitch], on_offer: tuple[Offer, ...]
) -> None:
    pitches_hz = sorted(voice.f0_hz for voice in cast(people, on_offer).values())
    gaps = [semitones(low, high) for low, high in pairwise(pitches_hz)]
    assert all(gap > CLEAR_SEMITONES - 0.01 for gap in gaps)


@given(speakers(12), offers)
def test_the_order_of_pitch_is_kept_and_no_two_are_equal(
    people: list[SpeakerPitch], on_offer: tuple[Offer, ...]
) -> None:
    casting = cast(people, on_offer)
    for one in people:
        for other in people:
            if one.wanted_hz < other.wanted_hz:
                assert casting[one.id].f0_hz < casting[other.id].f0_hz


@given(speakers(12), offers)
def test_every_voice_stays_in_its_range(
    people: list[SpeakerPitch], on_offer: tuple[Offer, ...]
) -> None:
    known = {(offer.engine, offer.voice.id): offer.voice for offer in on_offer}
    for voice in cast(people, on_offer).values():
        own = known[voice.engine, voice.voice_id]
        assert own.f0_low_hz <= voice.f0_hz <= own.f0_high_hz


@given(speakers(8), offers, st.randoms())
def test_the_casting_does_not_depend_on_the_order_of_the_speakers(
    people: list[SpeakerPitch], on_offer: tuple[Offer, ...], chance: random.Random
) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert dump_casting(cast(shuffled, on_offer)) == dump_casting(cast(people, on_offer))


@given(speakers(8), offers)
def test_a_casting_survives_the_ledger(
    people: list[SpeakerPitch], on_offer: tuple[Offer, ...]
) -> None:
    casting = cast(people, on_offer)
    assert load_casting(dump_casting(casting)) == casting


def test_a_single_speaker_gets_the_pitch_of_the_source() -> None:
    assert cast([SpeakerPitch("S1", 140.0)], ESPEAK)["S1"].f0_hz == pytest.approx(140.0, abs=0.1)


def test_a_pitch_beyond_the_voices_is_brought_into_their_range() -> None:
    casting = cast([SpeakerPitch("S1", 400.0), SpeakerPitch("S2", 40.0)], ESPEAK)
    assert casting["S1"].f0_hz == 260.0
    assert casting["S2"].f0_hz == 68.7


def test_speakers_far_apart_are_not_moved() -> None:
    casting = cast([SpeakerPitch("S1", 110.0), SpeakerPitch("S2", 200.0)], ESPEAK)
    assert [round(casting[each].f0_hz) for each in ("S1", "S2")] == [110, 200]


def test_gender_and_the_preferred_engine_decide_between_voices() -> None:
    casting = cast(
        [SpeakerPitch("S1", 110.0, MALE), SpeakerPitch("S2", 200.0, FEMALE)], (ONA, *ESPEAK)
    )
    assert casting["S1"].engine == "espeak"
    assert casting["S2"].engine == "festival"


def test_men_get_different_base_voices_while_there_are_some() -> None:
    men = [SpeakerPitch(f"S{i}", f0_hz, MALE) for i, f0_hz in enumerate((95.0, 115.0, 135.0))]
    voices = [voice.voice_id for voice in cast(men, FLITE).values()]
    assert len(set(voices)) == 3
    assert "slt" not in voices


def test_another_voice_is_none_of_those_that_were_tried() -> None:
    speaker = SpeakerPitch("S1", 110.0)
    first = cast([speaker], ESPEAK)["S1"]
    second = another(speaker, ESPEAK, [first])
    assert second is not None
    assert {first.voice_id, second.voice_id} == {"es+edward", "es+benjamin"}
    assert another(speaker, ESPEAK, [first, second]) is None


def test_without_voices_there_is_no_casting() -> None:
    with pytest.raises(ValueError, match="no voice"):
        cast([SpeakerPitch("S1", 120.0)], ())


@given(st.lists(st.floats(-10.0, 40.0), min_size=1, max_size=12).map(sorted), st.floats(5.0, 30.0))
def test_spreading_keeps_the_gap_and_the_range(wanted: list[float], top: float) -> None:
    spread = spread_out(wanted, top, 3.0)
    gap = min(3.0, top / max(1, len(wanted) - 1))
    assert all(-1e-9 <= value <= top + 1e-9 for value in spread)
    assert all(high - low > gap - 1e-6 for low, high in pairwise(spread))


def natural(name: str, gender: str, f0_hz: float = 0.0, engine: str = "piper") -> Offer:
    return Offer(engine, natural_voice(name, name, "es", gender=gender, f0_hz=f0_hz))


def test_a_natural_voice_is_taken_as_it_is_before_a_robot_is_tuned() -> None:
    offered = (natural("lola", FEMALE), natural("pablo", MALE, 115.0), *ESPEAK)
    casting = cast([SpeakerPitch("S1", 95.0, MALE), SpeakerPitch("S2", 230.0, FEMALE)], offered)
    assert [(casting[s].voice_id, casting[s].f0_hz) for s in ("S1", "S2")] == [
        ("pablo", 115.0),
        ("lola", 0.0),
    ]


def test_a_natural_voice_of_the_other_gender_is_not_taken() -> None:
    casting = cast([SpeakerPitch("S1", 95.0, MALE)], (natural("lola", FEMALE), *ESPEAK))
    assert casting["S1"].engine == "espeak"


def test_each_natural_voice_has_one_speaker_while_there_are_some() -> None:
    offered = [natural(f"v{n}", MALE) for n in range(3)]
    people = [SpeakerPitch(f"S{n}", 100.0 + n, MALE) for n in range(3)]
    assert {voice.voice_id for voice in cast(people, offered).values()} == {"v0", "v1", "v2"}


def test_who_shares_a_natural_voice_is_set_apart_by_little() -> None:
    people = [SpeakerPitch(f"S{n}", 100.0 + n, MALE) for n in range(3)]
    pitches_hz = [voice.f0_hz for voice in cast(people, [natural("v", MALE, 120.0)]).values()]
    apart = [semitones(120.0, each) for each in pitches_hz]
    assert apart == pytest.approx([0.0, 2.0, -2.0], abs=0.01)
    voice = natural("v", MALE, 120.0).voice
    assert all(voice.f0_low_hz <= each <= voice.f0_high_hz for each in pitches_hz)


@given(speakers(12))
def test_natural_voices_leave_the_tuning_of_the_others_alone(people: list[SpeakerPitch]) -> None:
    """Speakers whom no natural voice fits get what they would get without it."""
    mixed = cast(people, (natural("lola", FEMALE), *ESPEAK))
    plain = cast(people, ESPEAK)
    for name, voice in mixed.items():
        if voice.engine == "espeak":
            assert voice.f0_hz == plain[name].f0_hz
