"""Makes each speaker's dub sound a little more as that speaker does in the original."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import soundfile

from polydub.blocking import Tick
from polydub_muxing.kept import Rows
from polydub_muxing.sound import colour, reverberation, spectra
from polydub_muxing.sound.backdrop import Sounds
from polydub_muxing.sound.holes import Span
from polydub_muxing.sound.loudness import Samples
from polydub_muxing.sound.mixing import PreparedLine, front
from polydub_muxing.sound.spectra import Powers
from polydub_muxing.sound.windows import made_of

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
    digest: int = 0
    """Of the sound, as it was before it was matched."""


@dataclass(frozen=True)
class Match:
    """What one speaker's dub is given."""

    fir: Samples | None = None
    room: Samples | None = None

    @property
    def digest(self) -> int:
        """Of what it does; 0 where that is nothing."""
        if self.fir is None and self.room is None:
            return 0
        return made_of(*(None if taps is None else taps.tolist() for taps in (self.fir, self.room)))

    def given_to(self, line: PreparedLine, rate_hz: int) -> PreparedLine:
        """A prepared line as it will be with it: as much longer as the room rings on."""
        more = 0 if self.room is None else reverberation.tail_samples(self.room, rate_hz)
        return replace(line, samples=line.samples + more, tail=more)


@dataclass
class _Speaker:
    """What was heard of one speaker so far."""

    voice: Powers | float = 0.0
    bed: Powers | float = 0.0
    dub: Powers | float = 0.0
    decays: list[float] = field(default_factory=list)
    dub_decays: list[float] = field(default_factory=list)

    def add(self, of_source: Powers, of_dub: Powers, rate_hz: int) -> None:
        """Adds what was heard in one line."""
        bands = len(spectra.third_octaves(spectra.frame_size(rate_hz))) + 1
        quiet, voice, bed, decays = np.split(of_source, [1, 1 + bands, 1 + 2 * bands])
        self.voice, self.bed = self.voice + voice, self.bed + bed
        self.dub = self.dub + of_dub[:bands]
        if quiet[0]:
            self.decays += decays.tolist()
            self.dub_decays += of_dub[bands:].tolist()


def listened_to(lines: Iterable[Spoken], rate_hz: int) -> list[Spoken]:
    """The lines that tell how their speakers sound: where these speak alone, until it is enough."""
    heard: dict[str, int] = defaultdict(int)
    found = []
    for line in lines:
        if line.alone and heard[line.speaker_id] < ENOUGH_S * rate_hz:
            heard[line.speaker_id] += line.source[1] - line.source[0]
            found.append(line)
    return found


def matches(
    split: Sounds, lines: Sequence[Spoken], of_source: Rows, of_dub: Rows, tick: Tick
) -> dict[str, Match]:
    """What each speaker is to be given, by what was heard of them where they speak alone.

    Args:
        of_source: what is known of original and bed from earlier.
        of_dub: what is known of the lines' own sounds.
    """
    found = {line.speaker_id: _Speaker() for line in lines}
    starts = sorted(line.source[0] for line in lines)
    with soundfile.SoundFile(split.original) as original, soundfile.SoundFile(split.bed) as bed:
        rate_hz = bed.samplerate
        chosen = listened_to(lines, rate_hz)
        for done, line in enumerate(chosen, 1):
            until = _quiet_until(line.source, starts, rate_hz)
            found[line.speaker_id].add(
                of_source.found_or_made(
                    made_of("voice", list(line.source), until),
                    partial(_heard_in_source, line.source, until, original, bed),
                ),
                heard_in_dub(line.sound, line.digest, of_dub, rate_hz),
                rate_hz,
            )
            tick(done / len(chosen))
    return {name: _match(speaker, rate_hz) for name, speaker in found.items()}


def dub_key(digest: int) -> int:
    """Under which it is kept what is heard in a line's own sound."""
    return made_of("dub", digest)


def heard_in_dub(line: PreparedLine, digest: int, rows: Rows, rate_hz: int) -> Powers:
    """The spectrum of a line before it is matched, and then its decays."""

    def make() -> Powers:
        sound = line.read(0, line.samples)
        return np.append(
            colour.mean_spectrum(sound, rate_hz), reverberation.decays_s(sound, rate_hz)
        )

    return rows.found_or_made(dub_key(digest), make)


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


def _heard_in_source(
    source: Span, until: int, original: soundfile.SoundFile, bed: soundfile.SoundFile
) -> Powers:
    """Whether the bed is quiet enough to hear the room, the voice's and the bed's spectra, and the
    voice's decays."""
    rate_hz, length = bed.samplerate, source[1] - source[0]
    heard, behind = (_front(sound, source[0], until) for sound in (original, bed))
    voice, beside = (heard - behind)[:length], behind[:length]
    quiet = np.square(beside).sum() < np.square(voice).sum() * 10 ** (-QUIET_BED_DB / 10)
    return np.concatenate(
        (
            [float(quiet)],
            colour.mean_spectrum(voice, rate_hz),
            colour.mean_spectrum(beside, rate_hz),
            reverberation.decays_s(heard, rate_hz) if quiet else [],
        )
    )


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
