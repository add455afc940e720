"""Speaking one line: the right candidate at the right rate, from the store where it lies there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from polydub.artifacts import ArtifactFolder, Parameter, digest
from polydub.errors import StageError
from polydub.fallback import passes_on
from polydub.languages import name
from polydub.pcm import HEADER_BYTES
from polydub.store import ObjectStore
from polydub_tts.casting import CastVoice
from polydub_tts.engines.base import EngineVoice, TtsEngine, cloned_voice
from polydub_tts.fitting import (
    NATURAL,
    RateLimits,
    Slot,
    choose,
    corrected,
    fits,
    lacks_shorter,
)
from polydub_tts.sound import duration_of_wav
from polydub_tts.style import PLAIN, Reference, Style
from polydub_tts.text import clean
from polydub_tts.voices import Registry, find_voice

STAGE = "tts"
AUDIO = "line.wav"
RECIPE_VERSION = 2
"""Raise it when the same engine would now speak the same line differently."""


@dataclass(frozen=True)
class Take:
    """One line as it was spoken once and stored."""

    audio_key: str
    digest: str
    duration_ms: int
    fresh: bool
    """Spoken now, not found in the store."""


@dataclass(frozen=True)
class Spoken:
    """A line as it shall be used."""

    text: str
    take: Take
    rate: float
    natural_ms: int
    voice: CastVoice
    engine: TtsEngine
    fresh: bool
    """Something was spoken for it now."""
    failures: tuple[str, ...] = ()
    """What engines that come before said, when they failed on it."""


class Unspoken(Exception):
    """No engine could say the line; the message tells each one's reason."""


@dataclass(frozen=True)
class LineSpeaker:
    """Speaks the lines of one part.

    Attributes:
        limits: the deployment's; an engine's own range narrows them.
        natural: rate 1 for every line.
        likenesses: the clips that cloned voices imitate, by the voice's id.
        gate: bounds the lines that the process speaks at the same time.
    """

    store: ObjectStore
    video_id: str
    registry: Registry
    limits: RateLimits
    natural: bool
    gate: asyncio.Semaphore
    likenesses: Mapping[str, Reference] = field(default_factory=dict)

    async def speak(
        self,
        texts: Sequence[str],
        slot: Slot,
        voices: Sequence[CastVoice],
        style: Style = PLAIN,
        *,
        shorter: str = "",
    ) -> Spoken:
        """The line in the first of ``voices`` whose engine manages it.

        Args:
            texts: the candidates, best first.
            voices: the speaker's voice, then what stands in for it.
            style: how the source says it.
            shorter: a shorter way to say the first candidate, for want of shorter candidates.

        Raises:
            Unspoken: none managed it.
            StageError: the store's failures.
        """
        failures: list[str] = []
        async with self.gate:
            for voice in voices:
                try:
                    return await self._fitted(texts, shorter, slot, voice, style, failures)
                except StageError as error:
                    if not _is_the_engines(error):
                        raise
                    failures.append(error.message)
        raise Unspoken(" ".join(failures))

    async def _fitted(
        self,
        texts: Sequence[str],
        shorter: str,
        slot: Slot,
        cast: CastVoice,
        style: Style,
        failures: Sequence[str],
    ) -> Spoken:
        engine = self._engine(cast)
        voice = self._voice(engine, cast)
        limits = self._limits(engine, voice)
        style = style.only(engine.carries)
        pace = min(limits.fastest, max(limits.slowest, style.rate))

        async def take(text: str, rate: float) -> Take:
            return await self._take(text, cast, voice, engine, rate, style)

        said = [texts[0]]
        natural = [await take(texts[0], pace)]
        if not fits(natural[0].duration_ms, slot):
            for text in texts[1:]:
                said.append(text)
                natural.append(await take(text, pace))
            if shorter and lacks_shorter([each.duration_ms for each in natural]):
                said.append(shorter)
                natural.append(await take(shorter, pace))
        choice = choose([each.duration_ms for each in natural], slot, limits.around(pace))
        text, rate = said[choice.candidate], choice.rate
        if pace != 1.0:
            rate = min(limits.fastest, round(pace * rate, 2))
        takes = [await take(text, rate)]
        if (better := corrected(rate, takes[0].duration_ms, slot, limits)) != rate:
            rate = better
            takes.append(await take(text, rate))
        return Spoken(
            text=text,
            take=takes[-1],
            rate=rate,
            natural_ms=round(natural[choice.candidate].duration_ms * pace),
            voice=cast,
            engine=engine,
            fresh=any(each.fresh for each in (*natural, *takes)),
            failures=tuple(failures),
        )

    async def _take(
        self,
        text: str,
        cast: CastVoice,
        voice: EngineVoice,
        engine: TtsEngine,
        rate: float,
        style: Style,
    ) -> Take:
        more: dict[str, Parameter] = {}
        if told := style.told():
            more["style"] = told
        if engine.multilingual:
            more["language"] = cast.language
        inputs = digest(
            text=clean(text),
            voice=cast.voice_id,
            f0_hz=cast.f0_hz,
            rate=rate,
            engine=engine.id,
            version=engine.version,
            recipe=RECIPE_VERSION,
            **more,
        )
        folder = ArtifactFolder(self.store, self.video_id, STAGE, inputs)
        key = folder.key(AUDIO)
        if (info := await self.store.stat(key)) is not None:
            header = await self.store.get_bytes(key, 0, HEADER_BYTES)
            return Take(key, folder.digest, duration_of_wav(header, info.size_bytes), fresh=False)
        sound = await engine.speak(text, voice=voice, rate=rate, f0_hz=cast.f0_hz, style=style)
        await self.store.put_bytes(key, sound.to_wav())
        return Take(key, folder.digest, sound.duration_ms, fresh=True)

    def _engine(self, cast: CastVoice) -> TtsEngine:
        return self.registry.choose(
            cast.engine,
            able=lambda each: (
                each.clones(cast.language) if cast.cloned else bool(each.voices(cast.language))
            ),
            task=f"{name(cast.language)} speech",
        )

    def _voice(self, engine: TtsEngine, cast: CastVoice) -> EngineVoice:
        if not cast.cloned:
            return find_voice(self.registry, engine.id, cast.voice_id, cast.language)
        likeness = self.likenesses.get(cast.voice_id)
        if likeness is None:
            raise StageError("invalid_request", f"There is no clip for {cast.name} voice.")
        return cloned_voice(cast.name, cast.language, likeness)

    def _limits(self, engine: TtsEngine, voice: EngineVoice) -> RateLimits:
        if self.natural:
            return NATURAL
        own = engine.rate_range(voice)
        return RateLimits(
            max(own.slowest, self.limits.slowest), min(own.fastest, self.limits.fastest)
        )


def _is_the_engines(error: StageError) -> bool:
    """Whether it is one engine's failure on one line, what it can't say among them; others (of the
    store, say) are the whole event's."""
    return passes_on(error) or error.code == "invalid_request"
