"""The dubbed lines of one job: what is known of each, and its sound, made when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from polydub.blocking import OnProgress, run_blocking
from polydub_muxing.engines.base import RenderJob
from polydub_muxing.engines.sounding import source_samples
from polydub_muxing.fit.placement import Placement
from polydub_muxing.kept import Rows
from polydub_muxing.script import ScriptLine
from polydub_muxing.sound import mixing, stretch
from polydub_muxing.sound.levels import MeteredLine
from polydub_muxing.sound.loudness import Energies
from polydub_muxing.sound.matching import Match, Spoken, dub_key, match_line
from polydub_muxing.sound.mixing import PreparedLine
from polydub_muxing.sound.windows import made_of

PLAIN = Match()


@dataclass
class Voice:
    """One dubbed line."""

    script: ScriptLine
    placement: Placement
    path: Path
    digest: int
    """Of its sound before it is matched."""
    line: PreparedLine | None = None
    """As it is to be placed; its file may not be there yet."""
    match: Match = PLAIN
    prepared: bool = False
    """Its file is there, as it is before it is matched."""
    ready: bool = False
    """Its file is there, as it is mixed."""

    @property
    def placed(self) -> PreparedLine:
        assert self.line is not None, "lines are placed before anything else"
        return self.line

    @property
    def matched_digest(self) -> int:
        """Of its sound as it is mixed."""
        return made_of(self.digest, self.match.digest)


class Voices:
    """The dubbed lines of one job, in its order.

    Args:
        rows: what is known of them from earlier.
    """

    def __init__(self, job: RenderJob, rows: Rows, *, rate_hz: int, channels: int) -> None:
        self._job, self._rows = job, rows
        self._rate_hz, self._channels = rate_hz, channels
        pairs = zip(job.lines, job.placements, strict=True)
        self._voices = {
            line.line.id: Voice(
                line, placed, job.scratch / f"line-{number}.f32", _digest(line, placed, rate_hz)
            )
            for number, (line, placed) in enumerate(pairs)
            if not line.line.keeps_original
        }

    @property
    def lines(self) -> list[PreparedLine]:
        """All lines on their places."""
        return [voice.placed for voice in self._voices.values()]

    @property
    def digests(self) -> Mapping[str, int]:
        """Of the lines' sounds as they are mixed, by line."""
        return {name: voice.matched_digest for name, voice in self._voices.items()}

    @property
    def spoken(self) -> list[Spoken]:
        """The lines beside what they are the dub of."""
        return [
            Spoken(
                sound=voice.placed,
                speaker_id=voice.script.line.speaker_id,
                source=source_samples(voice.script, self._rate_hz),
                alone=not voice.script.overlaps,
                digest=voice.digest,
            )
            for voice in self._voices.values()
        ]

    async def place(self, on_progress: OnProgress) -> None:
        """Finds out how long each line is and where it begins."""
        for done, voice in enumerate(self._voices.values(), 1):
            start_ms = voice.placement.start_ms
            key = made_of("placed", voice.digest, start_ms)
            known = self._rows.find(key)
            if known is None:
                await self._prepare(voice)
                self._rows.put(key, [voice.placed.start, voice.placed.samples])
            else:
                start, samples = (int(value) for value in known)
                voice.line = PreparedLine(voice.placement.line_id, voice.path, start, samples)
            await on_progress(done / len(self._voices))

    async def hear(self, lines: Iterable[Spoken]) -> None:
        """Makes the sounds of those of which it is not known how they sound unmatched."""
        for line in lines:
            if self._rows.find(dub_key(line.digest)) is None:
                await self._prepare(self._voices[line.sound.id])

    def match(self, given: Mapping[str, Match]) -> None:
        """Gives each speaker's lines what that speaker is given."""
        for voice in self._voices.values():
            voice.match = given[voice.script.line.speaker_id]
            voice.line = voice.match.given_to(voice.placed, self._rate_hz)

    async def meter(self) -> list[MeteredLine]:
        """How loud all lines are at gain 1."""
        return [
            self._metered(voice, await self._energies(voice)) for voice in self._voices.values()
        ]

    async def sound(self, lines: Iterable[PreparedLine]) -> None:
        """Makes the sounds of these lines, as they are mixed."""
        for line in lines:
            await self._sound(self._voices[line.id])

    async def _energies(self, voice: Voice) -> Energies:
        line = voice.placed
        key = made_of("slots", voice.matched_digest, line.start)
        known = self._rows.find(key)
        if known is not None:
            return known
        await self._sound(voice)
        return self._rows.put(
            key,
            await run_blocking(
                lambda _: mixing.meter_line(line, rate_hz=self._rate_hz, channels=self._channels)
            ),
        )

    def _metered(self, voice: Voice, slots: Energies) -> MeteredLine:
        line = voice.script.line
        return MeteredLine(
            id=line.id,
            speaker_id=line.speaker_id,
            source_start_ms=line.start_ms,
            source_end_ms=line.end_ms,
            overlaps=voice.script.overlaps,
            first_slot=mixing.first_slot(voice.placed, self._rate_hz),
            slots=slots,
        )

    async def _prepare(self, voice: Voice) -> None:
        """Writes a line's own sound."""
        if voice.prepared:
            return
        async with self._job.open_audio(voice.script.audio_key) as spoken:
            voice.line = await _prepared(spoken, voice.placement, voice.path, self._rate_hz)
        voice.prepared = True

    async def _sound(self, voice: Voice) -> None:
        """Writes a line's sound as it is mixed."""
        if voice.ready:
            return
        match, placed = voice.match, voice.placed
        await self._prepare(voice)
        plain = replace(placed, samples=placed.spoken, tail=0)
        voice.line = await run_blocking(lambda _: match_line(plain, match, self._rate_hz))
        voice.ready = True


def _digest(line: ScriptLine, placed: Placement, rate_hz: int) -> int:
    """What is stored under a key never changes."""
    tempo = placed.tempo if stretch.needs_stretch(placed) else 1.0
    return made_of(line.audio_key, tempo, rate_hz)


async def _prepared(
    spoken: Path, placement: Placement, written: Path, rate_hz: int
) -> PreparedLine:
    stretched = written.with_suffix(".wav")
    paced = spoken
    if stretch.needs_stretch(placement):
        await stretch.stretch(spoken, stretched, tempo=placement.tempo)
        paced = stretched
    prepared = await run_blocking(
        lambda _: mixing.prepare_line(
            paced, written, name=placement.line_id, start_ms=placement.start_ms, rate_hz=rate_hz
        )
    )
    stretched.unlink(missing_ok=True)
    return prepared
