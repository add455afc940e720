"""The mix: backdrop and speech on one sample timeline, in windows, never held whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from polydub.blocking import Tick
from polydub_muxing.kept import Rows
from polydub_muxing.sound import limiter
from polydub_muxing.sound.backdrop import Backdrop
from polydub_muxing.sound.limiter import limited
from polydub_muxing.sound.loudness import SLOTS_PER_S, Energies, Samples, SlotMeter, channel_weights
from polydub_muxing.sound.windows import WINDOW, Along, Digests, Ingredient, made_of, recipes

FADE_S = 0.005
BLOCK_S = 1
LONGEST_LEAD_S = 0.1
"""What is quieter than speech before a line's onset is no longer than this where lines come
trimmed; a longer one may be a word that is said softly."""
_LEAD_DB = -30.0
_LEAD_FRAME_S = 0.005


@dataclass(frozen=True)
class PreparedLine:
    """A line at the bed's rate, on disk as raw float32, mono."""

    id: str
    path: Path
    start: int
    """Sample of the timeline at which it begins."""
    samples: int
    tail: int = 0
    """How many of the samples only ring on behind what is spoken."""

    @property
    def spoken(self) -> int:
        return self.samples - self.tail

    @property
    def end(self) -> int:
        return self.start + self.samples

    def read(self, first: int, last: int) -> Samples:
        """Its samples ``[first, last)``."""
        return np.fromfile(self.path, np.float32, last - first, offset=first * 4)


def front(channels: int) -> slice:
    """The channels that speech comes from: the centre, or left and right where there is none."""
    has_centre = channels == 3 or channels >= 5
    return slice(2, 3) if has_centre else slice(0, min(2, channels))


def prepare_line(
    spoken: Path, prepared: Path, *, name: str, start_ms: int, rate_hz: int
) -> PreparedLine:
    """Brings a spoken line to the bed's rate, softens its edges, and writes it down.

    Its onset, where the voice itself begins, stands at ``start_ms``: breath and a weak consonant
    sound before it.
    """
    sound, own_rate_hz = soundfile.read(spoken, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    if own_rate_hz != rate_hz:
        mono = resample_poly(mono, rate_hz, own_rate_hz).astype(np.float32)
    faded = fade_edges(mono, rate_hz)
    faded.tofile(prepared)
    start = max(0, start_ms * rate_hz // 1000 - lead_of(mono, rate_hz))
    return PreparedLine(name, prepared, start, len(faded))


def lead_of(mono: Samples, rate_hz: int) -> int:
    """Samples before the onset: the first 5 ms within 30 dB of the loudest, as in the report."""
    frame = max(1, round(_LEAD_FRAME_S * rate_hz))
    power = np.square(mono[: len(mono) // frame * frame]).reshape(-1, frame).mean(axis=1)
    if not power.size:
        return 0
    lead = int(np.argmax(power >= power.max() * 10 ** (_LEAD_DB / 10))) * frame
    return lead if lead <= LONGEST_LEAD_S * rate_hz else 0


def fade_edges(mono: Samples, rate_hz: int) -> Samples:
    """The sound with 5 ms ramps at both ends, so that its edges do not click."""
    length = min(round(FADE_S * rate_hz), len(mono) // 2)
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    faded = mono.astype(np.float32, copy=True)
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def meter_file(path: Path, tick: Tick) -> Energies:
    """The energies of a sound file's slots."""
    with soundfile.SoundFile(path) as sound:
        meter = SlotMeter(sound.samplerate, channel_weights(sound.channels))
        for block in sound.blocks(BLOCK_S * sound.samplerate, dtype="float32", always_2d=True):
            meter.add(block)
            tick(sound.tell() / max(1, sound.frames))
    return meter.slots()


def first_slot(prepared: PreparedLine, rate_hz: int) -> int:
    """The slot of the timeline in which a line begins."""
    return prepared.start * SLOTS_PER_S // rate_hz


def meter_line(prepared: PreparedLine, *, rate_hz: int, channels: int) -> Energies:
    """A prepared line's energies on the slots of the timeline, from all channels it sounds in."""
    lead = max(0, prepared.start - -(-first_slot(prepared, rate_hz) * rate_hz // SLOTS_PER_S))
    copies = front(channels).stop - front(channels).start
    meter = SlotMeter(rate_hz, np.full(1, float(copies)))
    meter.add(np.pad(prepared.read(0, prepared.samples), (lead, 0))[:, None])
    return meter.slots()


class Speech:
    """All dubbed lines on their places, mono.

    Args:
        lines: what is read of them must lie on disk.
        gains: linear, by line.
        digests: of the lines' own sounds, by line.
    """

    def __init__(
        self,
        lines: Sequence[PreparedLine],
        gains: Mapping[str, float],
        digests: Mapping[str, int],
        frames: int,
    ) -> None:
        self.frames = frames
        # Sums of floats depend on their order.
        self._lines = sorted(lines, key=lambda line: (line.start, line.id))
        self._gains = gains
        self._digests = digests
        self._along = Along(self._lines, [(line.start, line.end) for line in self._lines])

    @cached_property
    def ingredients(self) -> list[Ingredient]:
        """The lines."""
        return [
            Ingredient(
                line.start, line.end,
                made_of("line", self._digests[line.id], line.start, self._gains[line.id]),
            )
            for line in self._lines
        ]  # fmt: skip

    def within(self, first: int, last: int) -> list[PreparedLine]:
        """The lines that sound in the samples ``[first, last)``."""
        return self._along.within(first, last)

    def read(self, first: int, last: int) -> Samples:
        """The samples ``[first, last)``."""
        block = np.zeros(last - first, np.float32)
        for line in self.within(first, last):
            begin, end = max(line.start, first), min(line.end, last)
            said = line.read(begin - line.start, end - line.start)
            block[begin - first : end - first] += said * self._gains[line.id]
        return block


class Mix:
    """Speech in front of its backdrop, below a ceiling; each window of it by itself.

    Levels are the gains' alone: nothing is divided by how many sounds meet.

    Args:
        rows: what is known from earlier: how loud each window is before the limiter.
    """

    def __init__(
        self, backdrop: Backdrop, speech: Speech, rows: Rows, *, ceiling_dbtp: float
    ) -> None:
        self.rate_hz, self.channels = backdrop.rate_hz, backdrop.channels
        self.frames = backdrop.frames
        self._backdrop, self._speech, self._rows = backdrop, speech, rows
        self._margin = limiter.margin(backdrop.rate_hz)
        self._ceiling = 10 ** (ceiling_dbtp / 20)
        self._recipes: list[int] = recipes(
            [*backdrop.ingredients, *speech.ingredients], self.frames, reach=self._margin
        ).tolist()

    @property
    def digests(self) -> Digests:
        """Of all windows; 0 where one has not been made yet.

        A ceiling tells windows apart only where the limiter acts.
        """
        return np.array([self._digest(recipe) for recipe in self._recipes], np.uint64)

    def _digest(self, recipe: int) -> int:
        peak = self._rows.find(recipe)
        if peak is None:
            return 0
        return recipe if peak[0] <= self._ceiling else made_of(recipe, self._ceiling)

    def lines(self, first: int, last: int) -> list[PreparedLine]:
        """The lines that are read for the samples ``[first, last)``."""
        first, last = first // WINDOW * WINDOW, -(-last // WINDOW) * WINDOW
        return self._speech.within(first - self._margin, last + self._margin)

    def read(self, first: int, last: int) -> Iterator[Samples]:
        """The samples ``[first, last)``, in blocks of a window at most."""
        begin = first // WINDOW * WINDOW
        sound = self._unlimited(begin - self._margin, begin + self._margin)
        while begin < last:
            end = min(begin + WINDOW, self.frames)
            more = self._unlimited(begin + self._margin, end + self._margin)
            sound = np.concatenate((sound, more))
            made = limited(sound, self.rate_hz, self._ceiling)
            self._rows.put(self._recipes[begin // WINDOW], [made.peak])
            yield made.sound[max(first - begin, 0) : last - begin]
            sound, begin = sound[len(sound) - 2 * self._margin :], end

    def _unlimited(self, first: int, last: int) -> Samples:
        """Backdrop and speech; silence before and behind."""
        begin, end = (min(max(at, 0), self.frames) for at in (first, last))
        block = self._backdrop.read(begin, end)
        block[:, front(self.channels)] += self._speech.read(begin, end)[:, None]
        return np.pad(block, ((begin - first, last - end), (0, 0)))


def write_sound(
    blocks: Iterable[Samples | npt.NDArray[np.int32]],
    written: Path,
    *,
    rate_hz: int,
    channels: int,
    frames: int,
    tick: Tick,
) -> None:
    """Writes blocks as one FLAC file of 24 bits: floats, or whole numbers of 32 bits.

    Args:
        frames: how many samples there will be.
    """
    done = 0
    with soundfile.SoundFile(written, "w", rate_hz, channels, "PCM_24", format="FLAC") as out:
        for block in blocks:
            out.write(block)
            done += len(block)
            tick(done / max(1, frames))
