"""Makes each speaker's dub sound a little more as that speaker does in the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import soundfile

from polydub.blocking import Tick
from polydub_muxing.sound import colour, reverberation
from polydub_muxing.sound.backdrop import Sounds
from polydub_muxing.sound.holes import Span
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.mixing import PreparedLine, front
from polydub_muxing.sound.spectra import Powers

ENOUGH_S = 120.0
"""More of a speaker is not listened to."""
DECAY_S = 0.5
"""How long after a line its room is listened to, unless someone else speaks."""
QUIET_BED_DB = 20.0
"""The bed must be so far below the voice for the room to be heard."""


@dataclass(frozen=True)
class Spoken:
    """A dubbed line and where its speaker says it in the original."""

    sound: PreparedLine
    speaker_id: str
    source: Span
    alone: bool
    """Nobody else speaks meanwhile."""


@dataclass(frozen=True)
class Match:
    """What one speaker's dub is given."""

    fir: Samples | None = None
    room: Samples | None = None


@dataclass
class _Speaker:
    """What was heard of one speaker so far."""

    heard: int = 0
    voice: Powers | float = 0.0
    bed: Powers | float = 0.0
    dub: Powers | float = 0.0
    decays: list[float] = field(default_factory=list)
    dub_decays: list[float] = field(default_factory=list)


def matches(split: Sounds, lines: Sequence[Spoken], tick: Tick) -> dict[str, Match]:
    """What each speaker is to be given, by what was heard of them where they speak alone."""
    found: dict[str, _Speaker] = {}
    starts = sorted(line.source[0] for line in lines)
    with soundfile.SoundFile(split.original) as original, soundfile.SoundFile(split.bed) as bed:
        rate_hz = bed.samplerate
        for done, line in enumerate(lines, 1):
            speaker = found.setdefault(line.speaker_id, _Speaker())
            if line.alone and speaker.heard < ENOUGH_S * rate_hz:
                _listen(speaker, line, original, bed, _quiet_until(line.source, starts, rate_hz))
            tick(done / len(lines))
    return {name: _match(speaker, rate_hz) for name, speaker in found.items()}


def match_line(line: PreparedLine, match: Match, rate_hz: int) -> PreparedLine:
    """Rewrites a prepared line; its onset stays, to the sample, and a tail may follow it."""
    if match.fir is None and match.room is None:
        return line
    sound, tail = line.read(0, line.samples), 0
    if match.fir is not None:
        sound = colour.coloured(sound, match.fir)
    if match.room is not None:
        sound, tail = reverberation.in_room(sound, match.room, rate_hz)
    sound.tofile(line.path)
    return replace(line, samples=len(sound), tail=tail)


def matched(
    lines: Sequence[Spoken], given: Mapping[str, Match], rate_hz: int, tick: Tick
) -> list[PreparedLine]:
    """All prepared lines as they are to sound, in the same order.

    Args:
        given: to each speaker.
    """
    finished = []
    for done, line in enumerate(lines, 1):
        finished.append(match_line(line.sound, given[line.speaker_id], rate_hz))
        tick(done / len(lines))
    return finished


def _listen(
    speaker: _Speaker,
    line: Spoken,
    original: soundfile.SoundFile,
    bed: soundfile.SoundFile,
    until: int,
) -> None:
    rate_hz = bed.samplerate
    first, length = line.source[0], line.source[1] - line.source[0]
    heard, behind = (_front(sound, first, until) for sound in (original, bed))
    voice, beside = (heard - behind)[:length], behind[:length]
    dubbed = line.sound.read(0, line.sound.samples)
    speaker.heard += len(voice)
    speaker.voice = speaker.voice + colour.mean_spectrum(voice, rate_hz)
    speaker.bed = speaker.bed + colour.mean_spectrum(beside, rate_hz)
    speaker.dub = speaker.dub + colour.mean_spectrum(dubbed, rate_hz)
    if np.square(beside).sum() < np.square(voice).sum() * 10 ** (-QUIET_BED_DB / 10):
        speaker.decays += reverberation.decays_s(heard, rate_hz)
        speaker.dub_decays += reverberation.decays_s(dubbed, rate_hz)


def _match(speaker: _Speaker, rate_hz: int) -> Match:
    if isinstance(speaker.voice, float):
        return Match()
    bands = colour.correction(
        np.asarray(speaker.voice), np.asarray(speaker.bed), np.asarray(speaker.dub), rate_hz
    )
    time_s = reverberation.wanted_s(speaker.decays, speaker.dub_decays)
    return Match(
        fir=None if bands is None else colour.filter_of(bands, rate_hz),
        room=None if time_s is None else reverberation.tail(time_s, rate_hz),
    )


def _quiet_until(source: Span, starts: Sequence[int], rate_hz: int) -> int:
    """To where a line's room can be heard: the next line, or half a second later."""
    until = source[1] + round(DECAY_S * rate_hz)
    place = int(np.searchsorted(starts, source[0], side="right"))
    return max(source[1], min(until, starts[place])) if place < len(starts) else until


def _front(sound: soundfile.SoundFile, first: int, last: int) -> Samples:
    """The mean of the channels that speech comes from; silence behind the end."""
    sound.seek(min(first, sound.frames))
    read = sound.read(last - first, "float32", always_2d=True, fill_value=0.0)
    mono: Samples = read[:, front(sound.channels)].mean(axis=1)
    return mono
