"""All that is mixed for one job, on its place and as loud as it is to be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from polydub.blocking import OnProgress, run_blocking
from polydub_muxing.engines.base import RenderJob
from polydub_muxing.engines.sounding import energies_before, sounds_behind, split_of, within
from polydub_muxing.engines.voices import Voices
from polydub_muxing.kept import Kept, Rows
from polydub_muxing.outputs.earlier_speech import EarlierSpeech, write_speech
from polydub_muxing.sound import levels, manner
from polydub_muxing.sound.backdrop import Backdrop, meter
from polydub_muxing.sound.manner import Manner
from polydub_muxing.sound.matching import Match, listened_to, matches
from polydub_muxing.sound.mixing import Mix, Speech, write_sound
from polydub_muxing.sound.windows import WINDOW, Digests, recipes

MANNER = "manner.npz"
_SHARE_LINES, _SHARE_MATCH, _SHARE_LAY = 0.6, 0.7, 0.9


@dataclass(frozen=True)
class Bed:
    """What separation left behind the voices."""

    path: Path
    rate_hz: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate_hz


def open_bed(path: Path) -> Bed:
    """What a file's header says of it."""
    found = soundfile.info(path)
    return Bed(path, found.samplerate, found.channels, found.frames)


@dataclass(frozen=True)
class Levelled:
    """All that is mixed, and how loud. What is made of it is made when it is asked for."""

    voices: Voices
    backdrop: Backdrop
    speech: Speech
    manner: Manner
    rows: Rows
    """What is known from earlier, and from now on."""

    def mix(self, ceiling_dbtp: float) -> Mix:
        """The mix below a ceiling. What is read of it must be made ready first."""
        return Mix(self.backdrop, self.speech, self.rows, ceiling_dbtp=ceiling_dbtp)

    async def ready(self, mix: Mix, first: int, last: int) -> None:
        """Makes the lines that sound in the samples ``[first, last)`` of a mix."""
        await self.voices.sound(mix.lines(first, last))

    async def write(self, mix: Mix, written: Path, on_progress: OnProgress) -> None:
        """Writes all of a mix: FLAC, rate, channels and length of the bed."""
        await self.ready(mix, 0, mix.frames)
        await run_blocking(
            lambda tick: write_sound(
                mix.read(0, mix.frames), written, rate_hz=mix.rate_hz, channels=mix.channels,
                frames=mix.frames, tick=tick,
            ),
            on_progress=on_progress,
        )  # fmt: skip

    async def speech_alone(self, earlier: Kept, written: Path) -> tuple[Path, Digests]:
        """Writes the speech alone; the file, and what each of its windows is made of."""
        speech, rate_hz = self.speech, self.backdrop.rate_hz
        windows = recipes(speech.ingredients, speech.frames)
        async with AsyncExitStack() as stack:
            before = await EarlierSpeech(earlier).find(stack, windows)
            same = np.zeros(len(windows), np.bool_) if before is None else before.same
            for window in np.flatnonzero(~same).tolist():
                first = window * WINDOW
                await self.voices.sound(speech.within(first, first + WINDOW))
            await run_blocking(lambda tick: write_speech(speech, before, written, rate_hz, tick))
        return written, windows


async def level(job: RenderJob, bed: Bed, stack: ExitStack, on_progress: OnProgress) -> Levelled:
    """Places the lines, finds what lies behind them, and sets their levels.

    Args:
        stack: closes the backdrop's files.
    """
    rows, of_source = await job.earlier.rows(), await job.kept.rows()
    voices = Voices(job, rows, rate_hz=bed.rate_hz, channels=bed.channels)
    await voices.place(within(on_progress, 0, _SHARE_LINES))
    before = manner.from_arrays(await job.earlier.find(MANNER))
    given: Mapping[str, Match] = {}
    if voices.lines and not job.sound.plain_voices:
        given = await _matched(
            job, voices, before, (of_source, rows), within(on_progress, _SHARE_LINES, _SHARE_MATCH)
        )
    heard, layers = await sounds_behind(
        job, voices.lines, of_source, within(on_progress, _SHARE_MATCH, _SHARE_LAY)
    )
    await job.kept.put_rows(of_source)
    backdrop = Backdrop(heard, layers, job.sound, stack)
    original, less_voice = await energies_before(job.kept, split_of(job))
    behind = await run_blocking(
        lambda tick: meter(backdrop, rows, tick), on_progress=within(on_progress, _SHARE_LAY, 1)
    )
    trim = levels.trim_of(job.sound)
    found = levels.line_gains(await voices.meter(), original, less_voice, behind, trim=trim)
    gains = manner.settled_gains(found, before.gains)
    speech = Speech(voices.lines, gains, voices.digests, bed.frames)
    return Levelled(voices, backdrop, speech, Manner(gains, given, before.ceiling_dbtp), rows)


async def _matched(
    job: RenderJob, voices: Voices, before: Manner, known: tuple[Rows, Rows],
    on_progress: OnProgress,
) -> Mapping[str, Match]:  # fmt: skip
    """Gives the lines the colour and the room that they are to have; by speaker."""
    lines, rate_hz = voices.spoken, soundfile.info(job.bed).samplerate
    await voices.hear(listened_to(lines, rate_hz))
    found = await run_blocking(
        lambda tick: matches(split_of(job), lines, *known, tick), on_progress=on_progress
    )
    given = manner.settled_matches(found, before.matches)
    voices.match(given)
    return given
