"""What every speech engine gives: voices, and speech in one of them at a rate and a pitch."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import wave
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from polydub import process
from polydub.engines import Engine
from polydub.errors import EngineFailed, EngineUnavailable, StageError
from polydub_tts import pitch
from polydub_tts.sound import Sound, read_wav
from polydub_tts.style import PLAIN, Reference, Style
from polydub_tts.text import clean, speakable
from polydub_tts.trim import trim

MALE, FEMALE = "male", "female"
MAX_CHARACTERS = 10_000
NATURAL_SEMITONES = 2.0
"""How far a natural voice may be shifted: more than this is heard as a changed voice. Chosen by
convention, not measured."""


@dataclass(frozen=True)
class EngineVoice:
    """A voice as an engine has it.

    Attributes:
        id: unique within the engine.
        gender: ``male``, ``female`` or empty, as the engine says.
        f0_hz: the median pitch at which it speaks by itself, measured; 0: unknown, and then it
            can't be brought to another.
        f0_low_hz, f0_high_hz: the pitches to which it can be brought and still be understood.
        natural: it sounds like a person, so casting leaves it at its own pitch where it can.
        likeness: the speaker whom it imitates, who consented to that; None: nobody.
    """

    id: str
    name: str
    language: str
    gender: str
    f0_hz: float
    f0_low_hz: float
    f0_high_hz: float
    natural: bool = False
    likeness: Reference | None = None


def natural_voice(
    id: str, name: str, language: str, *, gender: str = "", f0_hz: float = 0.0
) -> EngineVoice:
    """A voice that sounds like a person; its pitch is fixed where it is unknown or can't be moved
    here."""
    own_hz = f0_hz if pitch.available().ok else 0.0
    return EngineVoice(
        id=id,
        name=name,
        language=language,
        gender=gender,
        f0_hz=own_hz,
        f0_low_hz=pitch.shifted_by(own_hz, -NATURAL_SEMITONES),
        f0_high_hz=pitch.shifted_by(own_hz, NATURAL_SEMITONES),
        natural=True,
    )


def clone_id(likeness: Reference) -> str:
    """The id of the voice that imitates somebody, the same with every engine."""
    return f"clone-{likeness.digest}"


def cloned_voice(name: str, language: str, likeness: Reference) -> EngineVoice:
    """A voice that imitates somebody. Its pitch is theirs and is left alone."""
    return replace(natural_voice(clone_id(likeness), name, language), likeness=likeness)


@dataclass(frozen=True)
class RateRange:
    """How slowly and how fast a voice can speak; 1 is its own pace."""

    slowest: float
    fastest: float


@dataclass(frozen=True)
class Raw:
    """What an engine spoke, and the pitch to which it came by its own means."""

    sound: Sound
    f0_hz: float


class TtsEngine(Engine):
    """The base of all speech engines.

    Args:
        timeout_s: limit for speaking one line.
    """

    stage: ClassVar[str] = "tts"
    carries: frozenset[str] = frozenset()
    """The parts of a :class:`Style` that it can say a line with."""
    multilingual: ClassVar[bool] = False
    """Whether a voice's id does not tell the language that it speaks."""

    def __init__(self, timeout_s: float = 60.0) -> None:
        super().__init__()
        self.timeout_s = timeout_s

    @abstractmethod
    def voices(self, language: str) -> tuple[EngineVoice, ...]:
        """The voices for a language, best first; none where it can't speak it."""

    def clones(self, language: str) -> bool:
        """Whether it can imitate a person from a clip, in a language. Only with their consent."""
        return False

    @abstractmethod
    def rate_range(self, voice: EngineVoice) -> RateRange:
        """The rates at which a voice stays clear."""

    @abstractmethod
    async def _speak(
        self,
        text: str,
        voice: EngineVoice,
        rate: float,
        f0_hz: float,
        folder: Path,
        style: Style,
    ) -> Raw:
        """Speaks a clean text; may come near ``f0_hz`` by itself. ``folder`` is for its files.

        The style's rate is in ``rate`` already.
        """

    async def speak(
        self,
        text: str,
        *,
        voice: EngineVoice,
        rate: float = 1.0,
        f0_hz: float = 0.0,
        style: Style = PLAIN,
    ) -> Sound:
        """Says a text; the sound starts with its first consonant and ends with its last one.

        Args:
            rate: 1 is the voice's own pace, 1.2 is faster.
            f0_hz: the median pitch to bring the voice to; 0: as the engine gives it.
            style: how the source says it; engines use what they can of it.

        Raises:
            StageError: ``invalid_request`` for nothing to say, too much, or a rate that the voice
                can't do; ``engine_timeout``, ``engine_failed`` or ``engine_unavailable``.
        """
        spoken = clean(text)
        target_hz = f0_hz or voice.f0_hz
        self._check(spoken, voice, rate, target_hz)
        try:
            with self.timed(), tempfile.TemporaryDirectory(prefix="polydub-tts-") as folder:
                async with asyncio.timeout(self.timeout_s):
                    raw = await self._speak(
                        spoken, voice, rate, target_hz, Path(folder), style.only(self.carries)
                    )
                    sound = await self._brought_to(target_hz, raw, Path(folder))
        except TimeoutError as error:
            raise StageError(
                "engine_timeout", f"{self.id} did not speak a line within {self.timeout_s:g} s."
            ) from error
        if not len(sound.samples):
            raise EngineFailed(f"{self.id} gave no sound for a line.", retryable=False)
        return sound

    def _check(self, text: str, voice: EngineVoice, rate: float, f0_hz: float) -> None:
        allowed = self.rate_range(voice)
        if not speakable(text):
            raise StageError("invalid_request", "The text holds nothing that can be said.")
        if len(text) > MAX_CHARACTERS:
            raise StageError("invalid_request", f"A line has at most {MAX_CHARACTERS} characters.")
        if not allowed.slowest <= rate <= allowed.fastest:
            raise StageError(
                "invalid_request",
                f"{voice.name} speaks at rates of {allowed.slowest:g} to {allowed.fastest:g}.",
            )
        if voice.likeness and not self.clones(voice.language):
            raise StageError("invalid_request", f"{self.id} can't imitate a voice.")
        if f0_hz and not voice.f0_hz:
            raise StageError("invalid_request", f"{voice.name} can't change its pitch.")
        if not voice.f0_low_hz <= f0_hz <= voice.f0_high_hz:
            raise StageError(
                "invalid_request",
                f"{voice.name} speaks at {voice.f0_low_hz:.0f} to {voice.f0_high_hz:.0f} Hz.",
            )

    async def _brought_to(self, f0_hz: float, raw: Raw, folder: Path) -> Sound:
        sound = trim(raw.sound)
        interval = pitch.semitones(raw.f0_hz, f0_hz) if f0_hz else 0.0
        if abs(interval) < pitch.NEGLIGIBLE_SEMITONES or not len(sound.samples):
            return sound
        before, after = folder / "before.wav", folder / "after.wav"
        before.write_bytes(sound.to_wav())
        await self._run(pitch.shift_command(before, after, interval))
        return trim(self._read(after))

    async def _run(self, argv: Sequence[str], *, stdin: bytes | None = None) -> bytes:
        """What a child prints, which runs within the line's time limit.

        Raises:
            EngineUnavailable: there is no such program.
            EngineFailed: it says it failed.
        """
        try:
            done = await process.run_child(argv, stdin=stdin, timeout_s=self.timeout_s)
        except FileNotFoundError as error:
            raise EngineUnavailable(
                f"{self.id} needs {argv[0]}, which is not installed."
            ) from error
        if done.returncode != 0:
            raise EngineFailed(f"{argv[0]} failed with status {done.returncode}.")
        return done.stdout

    def _read(self, path: Path) -> Sound:
        try:
            return read_wav(path)
        except (OSError, EOFError, wave.Error) as error:
            raise EngineFailed(f"{self.id} wrote no readable sound.") from error


def ask(argv: Sequence[str]) -> str:
    """What a program prints; empty when it is missing, fails or hangs. For versions and lists."""
    try:
        done = subprocess.run(
            argv, capture_output=True, timeout=10, stdin=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")
