"""How the source says a line, against how its speaker usually speaks, for engines that can say it
alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from polydub.artifacts import Parameter, digest
from polydub.pcm import RATE_HZ, PcmReader
from polydub.store import ObjectStore
from polydub.v1 import diarization_pb2, translation_pb2
from polydub_tts.pitch import semitones
from polydub_tts.sound import Sound, decode_wav

RATE, PITCH, RANGE, LEVEL, STYLE = "rate", "pitch", "range", "level", "style"
"""What an engine may carry over; see :class:`Style`."""
SLOWEST, FASTEST = 0.87, 1.15
"""How far a line's pace may differ from its speaker's; further it would hide a wrong transcript."""
FURTHEST_SEMITONES, FURTHEST_DB = 4.0, 6.0
LINES_FOR_A_MEAN = 3
"""With fewer lines of a speaker there is no usual pace to compare with."""
LONG_ENOUGH_MS = 2000
"""A shorter sound says more of its words than of how they are said."""


@dataclass(frozen=True)
class Reference:
    """Somebody's own sound, read only when an engine wants it.

    Attributes:
        digest: names the sound; equal ones are the same.
        read: gives it, mono, 16 kHz as the store has it.
    """

    digest: str
    read: Callable[[], Awaitable[Sound]] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Style:
    """The manner of one line.

    Attributes:
        rate: pace over the speaker's mean pace.
        pitch_semitones: median pitch over the speaker's.
        range_semitones: from the 10th to the 90th percentile of the pitch; 0: unknown.
        level_db: loudness over the speaker's mean.
        reference: the line as the source says it, where it may be imitated.
    """

    rate: float = 1.0
    pitch_semitones: float = 0.0
    range_semitones: float = 0.0
    level_db: float = 0.0
    reference: Reference | None = None

    def only(self, carries: frozenset[str]) -> Style:
        """What an engine that carries these parts over may see."""
        plain = Style()
        return replace(
            plain,
            rate=self.rate if RATE in carries else plain.rate,
            pitch_semitones=self.pitch_semitones if PITCH in carries else plain.pitch_semitones,
            range_semitones=self.range_semitones if RANGE in carries else plain.range_semitones,
            level_db=self.level_db if LEVEL in carries else plain.level_db,
            reference=self.reference if STYLE in carries else plain.reference,
        )

    def told(self) -> dict[str, Parameter]:
        """What is not plain about it, for a digest. The rate is told by the take's own rate."""
        parts: dict[str, Parameter] = {
            PITCH: self.pitch_semitones,
            RANGE: self.range_semitones,
            LEVEL: self.level_db,
            STYLE: self.reference.digest if self.reference else "",
        }
        return {name: value for name, value in parts.items() if value}


PLAIN = Style()


@dataclass(frozen=True)
class Manners:
    """The styles of a part's lines.

    Attributes:
        medians_hz: each speaker's median pitch.
        paces: each speaker's mean pace in characters a second.
        voice: the voice alone, where lines may be imitated.
        source: names that sound.
    """

    medians_hz: Mapping[str, float]
    paces: Mapping[str, float]
    voice: PcmReader | None = None
    source: str = ""

    def of(self, line: translation_pb2.TranslatedLine, *, alone: bool) -> Style:
        """How a line is said.

        Args:
            alone: nobody else speaks during it, so that its sound is the speaker's.
        """
        said = line.prosody
        median_hz = self.medians_hz.get(line.speaker_id, 0.0)
        pace = self.paces.get(line.speaker_id, 0.0)
        rate = said.characters_per_s / pace if pace and said.characters_per_s else 1.0
        above = semitones(median_hz, said.f0_median_hz) if median_hz and said.f0_median_hz else 0.0
        return Style(
            rate=round(min(FASTEST, max(SLOWEST, rate)), 2),
            pitch_semitones=_bounded(above, FURTHEST_SEMITONES, 0.5),
            range_semitones=float(round(said.f0_range_semitones)),
            level_db=_bounded(said.level_db, FURTHEST_DB, 1.0),
            reference=self._reference(line) if alone else None,
        )

    def _reference(self, line: translation_pb2.TranslatedLine) -> Reference | None:
        voice, start_ms, end_ms = self.voice, line.start_ms, line.end_ms
        if voice is None or end_ms - start_ms < LONG_ENOUGH_MS:
            return None

        async def read() -> Sound:
            return Sound(await voice.read(start_ms, end_ms), RATE_HZ)

        return Reference(digest(source=self.source, start_ms=start_ms, end_ms=end_ms), read)


def paces_of(lines: Sequence[translation_pb2.TranslatedLine]) -> dict[str, float]:
    """Each speaker's mean pace in characters a second, over the time of their lines."""
    timed: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for line in lines:
        if line.prosody.characters_per_s:
            length_ms = line.end_ms - line.start_ms
            timed[line.speaker_id].append((line.prosody.characters_per_s, length_ms))
    return {
        speaker: sum(pace * length for pace, length in told) / sum(length for _, length in told)
        for speaker, told in timed.items()
        if len(told) >= LINES_FOR_A_MEAN and sum(length for _, length in told) > 0
    }


def likenesses_of(
    speakers: Iterable[diarization_pb2.Speaker], store: ObjectStore
) -> dict[str, Reference]:
    """A clip of each speaker alone, by speaker, as far as diarization found one."""
    return {
        speaker.id: _stored(speaker.reference_key, store)
        for speaker in speakers
        if speaker.reference_key
    }


def _stored(key: str, store: ObjectStore) -> Reference:
    async def read() -> Sound:
        return decode_wav(await store.get_bytes(key))

    return Reference(digest(reference=key), read)


def _bounded(value: float, most: float, step: float) -> float:
    """Within ``most`` of 0 and in steps, so that lines said alike meet in the store."""
    return round(min(most, max(-most, value)) / step) * step
