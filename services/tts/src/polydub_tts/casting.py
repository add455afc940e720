"""Who speaks with which voice: one decision per job and language.

Every speaker gets a pitch of its own, at least :data:`CLEAR_SEMITONES` from everyone else's and as
near to the speaker's as that allows; then the best voice that can speak at that pitch. Natural
voices are taken as they are: by gender, engine and pitch, each by one speaker while there are some.
Speakers who have to share one are set apart by as much as it bears.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from polydub.artifacts import Parameter
from polydub_tts.engines.base import FEMALE, MALE, NATURAL_SEMITONES, EngineVoice, clone_id
from polydub_tts.pitch import semitones, shifted_by
from polydub_tts.style import Reference

CLEAR_SEMITONES = 3.0
"""Smaller differences of pitch play no part in talk ('t Hart, Differential sensitivity to pitch
distance, particularly in speech, JASA 69, 1981)."""
FEMALE_FROM_HZ, MALE_TO_HZ = 170.0, 145.0
"""Pitch classes of the diarization contract; between them a pitch says nothing of gender."""
USUAL_HZ = {MALE: 120.0, FEMALE: 200.0, "": 155.0}
"""For speakers whose pitch could not be measured."""
_SHARED = (0.0, NATURAL_SEMITONES, -NATURAL_SEMITONES)
"""Where the first, second and third speaker of a natural voice have it, in semitones."""


@dataclass(frozen=True)
class SpeakerPitch:
    """What casting knows of a speaker. ``f0_hz`` 0: unknown; gender as engines spell it."""

    id: str
    f0_hz: float = 0.0
    gender: str = ""

    @property
    def wanted_hz(self) -> float:
        return self.f0_hz or USUAL_HZ[self.gender]


@dataclass(frozen=True)
class Offer:
    """A voice to choose from; offers stand in the order in which engines are preferred."""

    engine: str
    voice: EngineVoice


@dataclass(frozen=True)
class CastVoice:
    """The voice that a speaker has in one language of one job."""

    engine: str
    voice_id: str
    name: str
    language: str
    gender: str
    f0_hz: float
    cloned: bool = False
    """It imitates the speaker, who consented to that."""

    def plain(self) -> dict[str, Parameter]:
        """Its fields; those of voices that are not cloned are as they have always been."""
        fields = asdict(self)
        if not self.cloned:
            del fields["cloned"]
        return fields


Casting = dict[str, CastVoice]


def cast(speakers: Sequence[SpeakerPitch], offers: Sequence[Offer]) -> Casting:
    """A voice for each speaker. Depends on nothing but what is given, not on the speakers' order.

    The speakers' order of pitch is kept. Beyond some eight speakers the distances shrink to what
    the voices' range allows.

    Raises:
        ValueError: there is no voice on offer.
    """
    if not offers:
        raise ValueError("no voice to cast")
    ranked = sorted(speakers, key=lambda each: (each.wanted_hz, each.id))
    apart_hz = _apart([each.wanted_hz for each in ranked], offers)
    taken: Counter[str] = Counter()
    casting = {}
    for speaker, f0_hz in zip(ranked, apart_hz, strict=True):
        offer = _best(speaker, f0_hz, offers, taken)
        casting[speaker.id] = as_cast(offer, _pitch_in(offer.voice, f0_hz, taken[_key(offer)]))
        taken[_key(offer)] += 1
    return casting


def _apart(wanted_hz: Sequence[float], offers: Sequence[Offer]) -> list[float]:
    """Ascending pitches as the voices that can be tuned allow; without any, as they are wanted."""
    tunable = [offer.voice for offer in offers if not offer.voice.natural]
    if not tunable:
        return list(wanted_hz)
    lowest_hz = min(voice.f0_low_hz for voice in tunable)
    highest_hz = max(voice.f0_high_hz for voice in tunable)
    wanted = [semitones(lowest_hz, each) for each in wanted_hz]
    spread = spread_out(wanted, semitones(lowest_hz, highest_hz), CLEAR_SEMITONES)
    return [
        round(min(max(shifted_by(lowest_hz, interval), lowest_hz), highest_hz), 2)
        for interval in spread
    ]


def spread_out(wanted: Sequence[float], top: float, gap: float) -> list[float]:
    """Ascending values moved at least ``gap`` apart within [0, top], as little as may be.

    The mean of the least solution above and the greatest below the wanted values is one itself,
    because the constraints are differences and so convex. Where ``top`` leaves no room for the
    gaps, they shrink evenly.
    """
    count = len(wanted)
    if count > 1:
        gap = min(gap, top / (count - 1))
    above, below = list(wanted), list(wanted)
    for i in range(1, count):
        above[i] = max(above[i], above[i - 1] + gap)
    for i in reversed(range(count - 1)):
        below[i] = min(below[i], below[i + 1] - gap)
    middle = [(low + high) / 2 for low, high in zip(below, above, strict=True)]
    capped = [min(value, top - gap * (count - 1 - i)) for i, value in enumerate(middle)]
    return [max(value, gap * i) for i, value in enumerate(capped)]


def cast_clones(likenesses: Mapping[str, Reference], engine: str, language: str) -> Casting:
    """For each speaker of whom there is a clip, the engine's imitation of it."""
    return {
        speaker: CastVoice(
            engine=engine,
            voice_id=clone_id(likeness),
            name=f"{speaker}'s own",
            language=language,
            gender="",
            f0_hz=0.0,
            cloned=True,
        )
        for speaker, likeness in likenesses.items()
    }


def another(
    speaker: SpeakerPitch, offers: Sequence[Offer], taken: Sequence[CastVoice]
) -> CastVoice | None:
    """The best voice on offer that is none of ``taken``."""
    used = {(voice.engine, voice.voice_id) for voice in taken}
    others = [each for each in offers if (each.engine, each.voice.id) not in used]
    return cast([speaker], others)[speaker.id] if others else None


def by_clone(likenesses: Mapping[str, Reference]) -> dict[str, Reference]:
    """The clips by the ids of the voices that imitate them."""
    return {clone_id(likeness): likeness for likeness in likenesses.values()}


def dump_casting(casting: Mapping[str, CastVoice]) -> bytes:
    """The casting as canonical JSON, for the ledger."""
    plain = {speaker: voice.plain() for speaker, voice in casting.items()}
    return json.dumps(plain, sort_keys=True).encode()


def load_casting(data: bytes) -> Casting:
    """A casting from the ledger."""
    return {speaker: CastVoice(**voice) for speaker, voice in json.loads(data).items()}


def _best(
    speaker: SpeakerPitch, f0_hz: float, offers: Sequence[Offer], taken: Mapping[str, int]
) -> Offer:
    """The voice that reaches the pitch, fits the gender, is preferred, and is least used."""
    gender = speaker.gender or _gender_at(f0_hz)
    engines = list(dict.fromkeys(offer.engine for offer in offers))

    def cost(offer: Offer) -> tuple[float, bool, int, int, float]:
        voice = offer.voice
        return (
            _out_of_reach_hz(voice, f0_hz),
            bool(gender and voice.gender and gender != voice.gender),
            engines.index(offer.engine),
            taken.get(_key(offer), 0),
            abs(semitones(voice.f0_hz, f0_hz)) if voice.f0_hz else 0.0,
        )

    return min(offers, key=cost)


def _out_of_reach_hz(voice: EngineVoice, f0_hz: float) -> float:
    if voice.natural:
        return 0.0
    return max(voice.f0_low_hz - f0_hz, f0_hz - voice.f0_high_hz, 0.0)


def _pitch_in(voice: EngineVoice, f0_hz: float, sharers: int) -> float:
    """The pitch that a speaker gets in a voice which ``sharers`` others have already."""
    if voice.natural:
        return round(shifted_by(voice.f0_hz, _SHARED[sharers % len(_SHARED)]), 2)
    return f0_hz


def as_cast(offer: Offer, f0_hz: float) -> CastVoice:
    """A voice on offer at a pitch, as far as it reaches that."""
    voice = offer.voice
    return CastVoice(
        engine=offer.engine,
        voice_id=voice.id,
        name=voice.name,
        language=voice.language,
        gender=voice.gender,
        f0_hz=min(max(f0_hz, voice.f0_low_hz), voice.f0_high_hz),
    )


def _key(offer: Offer) -> str:
    return f"{offer.engine}/{offer.voice.id}"


def _gender_at(f0_hz: float) -> str:
    if f0_hz >= FEMALE_FROM_HZ:
        return FEMALE
    return MALE if f0_hz <= MALE_TO_HZ else ""
