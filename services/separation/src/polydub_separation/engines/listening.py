"""First pass of the RNNoise engine: hears the talk through once and writes the voice down."""

from __future__ import annotations

import ctypes
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub import pcm
from polydub.blocking import Tick
from polydub_separation.engines.activity import Heard
from polydub_separation.engines.librnnoise import DELAY_FRAMES, FRAME, RATE_HZ, Denoiser
from polydub_separation.engines.resampling import StreamResampler

Samples = npt.NDArray[np.float32]

_BLOCK_SECONDS = 2


@dataclass
class _Notes:
    """Facts of frames, block by block."""

    probability: list[Samples] = field(default_factory=list)
    mono_power: list[Samples] = field(default_factory=list)
    voice_power: list[Samples] = field(default_factory=list)

    def heard(self) -> Heard:
        return Heard(*(np.concatenate([*blocks, _nothing()]) for blocks in (
            self.probability, self.mono_power, self.voice_power
        )))  # fmt: skip


class VoiceStream:
    """Mono blocks in, their voice out, at RNNoise's rate and without its delay."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser
        self._waiting = _nothing()
        self._mono_ahead = _nothing()
        self._late = DELAY_FRAMES
        self._notes = _Notes()

    def push(self, mono: Samples) -> Samples:
        """Whole frames of voice, as far as they can be told by now."""
        self._waiting = np.concatenate((self._waiting, mono))
        whole = len(self._waiting) // FRAME * FRAME
        frames, self._waiting = self._waiting[:whole], self._waiting[whole:]
        return self._hear(frames)

    def finish(self) -> Samples:
        """The rest, filled up with silence to a whole frame."""
        rest = -len(self._waiting) % FRAME
        return self.push(np.zeros(rest + DELAY_FRAMES * FRAME, np.float32))

    def heard(self) -> Heard:
        return self._notes.heard()

    def _hear(self, frames: Samples) -> Samples:
        voice, probability = self._denoiser.process(frames)
        early = min(self._late, len(probability))
        self._late -= early
        voice, probability = voice[early * FRAME :], probability[early:]
        self._mono_ahead = np.concatenate((self._mono_ahead, frames))
        mono, self._mono_ahead = self._mono_ahead[: len(voice)], self._mono_ahead[len(voice) :]
        self._notes.probability.append(probability)
        self._notes.mono_power.append(_power(mono))
        self._notes.voice_power.append(_power(voice))
        return voice


def listen(
    original: Path, weights: Samples, library: ctypes.CDLL, voice_16k: Path, voice: Path, tick: Tick
) -> Heard:
    """Writes the voice twice and tells what was heard.

    Args:
        original: FLAC.
        weights: of its channels in the mono signal that is listened to.
        voice_16k: becomes a canonical WAV file.
        voice: becomes raw signed 16 bit samples at the original's rate, as many as it has.
    """
    with ExitStack() as stack:
        source = stack.enter_context(soundfile.SoundFile(original))
        stream = VoiceStream(stack.enter_context(Denoiser(library)))
        speech = _wave_file(stack, voice_16k)
        raw = stack.enter_context(voice.open("wb"))
        # Whole frames of RNNoise reach a little over the end; the original's length counts.
        left = source.frames
        left_16k = ceil(source.frames * pcm.RATE_HZ / source.samplerate)
        for at_own_rate, at_16k in _voice_blocks(source, weights, stream, tick):
            raw.write(pcm.to_pcm(at_own_rate[:left]))
            speech.writeframesraw(pcm.to_pcm(at_16k[:left_16k]))
            left, left_16k = max(0, left - len(at_own_rate)), max(0, left_16k - len(at_16k))
    return stream.heard()


def _voice_blocks(
    source: soundfile.SoundFile, weights: Samples, stream: VoiceStream, tick: Tick
) -> Iterator[tuple[Samples, Samples]]:
    """The voice at the source's rate and at 16 kHz, block by block."""
    rate = source.samplerate
    into, back = StreamResampler(rate, RATE_HZ), StreamResampler(RATE_HZ, rate)
    down = StreamResampler(RATE_HZ, pcm.RATE_HZ)
    for block in source.blocks(_BLOCK_SECONDS * rate, dtype="float32", always_2d=True):
        tick(source.tell() / max(1, source.frames))
        voice = stream.push(into.push(block @ weights))
        yield back.push(voice), down.push(voice)
    voice = np.concatenate((stream.push(into.finish()), stream.finish()))
    yield (
        np.concatenate((back.push(voice), back.finish())),
        np.concatenate((down.push(voice), down.finish())),
    )


def _wave_file(stack: ExitStack, path: Path) -> wave.Wave_write:
    """The standard library writes exactly the canonical 44 byte header."""
    file = stack.enter_context(wave.open(str(path), "wb"))  # noqa: SIM115 - closed by the stack
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(pcm.RATE_HZ)
    return file


def _power(samples: Samples) -> Samples:
    power: Samples = np.square(samples.reshape(-1, FRAME)).mean(axis=1)
    return power


def _nothing() -> Samples:
    return np.zeros(0, np.float32)
