"""Voice and bed of a file of any length, by a network that takes the voice out of short pieces.

One pass, in pieces: each goes to the network's rate, through the network, and back; the bed is the
original less that voice, so that it keeps its rate and, where nobody speaks, its samples. Memory
depends on the size of a piece, not on the file's length.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub import pcm
from polydub.blocking import Tick
from polydub_separation.downmix import mono_weights
from polydub_separation.engines.activity import FRAME_SECONDS, Heard
from polydub_separation.engines.base import Separated
from polydub_separation.engines.crossfade import Pieces, StreamProcessor
from polydub_separation.engines.resampling import StreamResampler

Samples = npt.NDArray[np.float32]

_BLOCK_SECONDS = 1
_FRAME = round(FRAME_SECONDS * pcm.RATE_HZ)
_AUDIBLE = 1e-6
"""Mean power below which a frame of voice is none: -60 dBFS."""


@dataclass(frozen=True)
class VoiceNetwork:
    """What takes the voice out of a piece of sound."""

    rate_hz: int
    pieces: Pieces
    voice_of: Callable[[Samples], Samples]
    """Shape (n, 1 or 2) to the same shape, sample for sample."""


def separate(network: VoiceNetwork, original: Path, out_dir: Path, tick: Tick) -> Separated:
    """Writes ``voice.wav`` and ``bed.flac`` and tells what was heard.

    Args:
        original: FLAC of any rate, 1 to 8 channels. One or two are given to the network together;
            of more, each by itself, since networks know stereo and no other layout.
    """
    voice_16k, bed = out_dir / "voice.wav", out_dir / "bed.flac"
    weights = mono_weights(original)
    with ExitStack() as stack:
        source = stack.enter_context(soundfile.SoundFile(original))
        target = stack.enter_context(
            soundfile.SoundFile(
                bed, "w", source.samplerate, source.channels, source.subtype, format="FLAC"
            )
        )
        speech = stack.enter_context(wave.open(str(voice_16k), "wb"))
        speech.setparams((1, 2, pcm.RATE_HZ, 0, "NONE", "not compressed"))
        notes = _Notes(ceil(source.frames * pcm.RATE_HZ / source.samplerate))
        lane = _Lane(network, source.samplerate, source.channels, weights)
        waiting = np.zeros((0, source.channels), np.float32)
        for block, voice, mono_16k, said_16k in lane.run(source, tick):
            waiting = np.concatenate((waiting, block))
            count = min(len(waiting), len(voice))
            target.write(np.clip(waiting[:count] - voice[:count], -1, 1))
            waiting = waiting[count:]
            speech.writeframesraw(pcm.to_pcm(notes.take(mono_16k, said_16k)))
    return Separated(voice_16k, bed, notes.heard().snr_db(), notes.heard().speech_fraction())


class _Lane:
    """The stream from the original through the network and back."""

    def __init__(
        self, network: VoiceNetwork, rate_hz: int, channels: int, weights: Samples
    ) -> None:
        self._weights = weights
        self._groups = [slice(0, channels)] if channels <= 2 else _each(channels)
        self._into = _ChannelResampler(rate_hz, network.rate_hz, channels)
        self._networks = [
            StreamProcessor(_unless_silent(network), network.pieces, len(range(channels)[group]))
            for group in self._groups
        ]
        self._back = _ChannelResampler(network.rate_hz, rate_hz, channels)
        self._mono = StreamResampler(rate_hz, pcm.RATE_HZ)
        self._said = StreamResampler(network.rate_hz, pcm.RATE_HZ)

    def run(
        self, source: soundfile.SoundFile, tick: Tick
    ) -> Iterator[tuple[Samples, Samples, Samples, Samples]]:
        """Blocks of the original; of the voice at its rate; of both in mono at 16 kHz.

        The four advance at their own pace and are equally long in the end, but for rounding.
        """
        size = _BLOCK_SECONDS * source.samplerate
        for block in source.blocks(size, dtype="float32", always_2d=True):
            tick(source.tell() / source.frames)
            voice = self._through(self._into.push(block))
            mono = self._mono.push(block @ self._weights)
            yield block, self._back.push(voice), mono, self._said.push(voice @ self._weights)
        rest = self._through(self._into.finish())
        voice = np.concatenate(
            (rest, _side_by_side([network.finish() for network in self._networks]))
        )
        said = np.concatenate((self._said.push(voice @ self._weights), self._said.finish()))
        back = np.concatenate((self._back.push(voice), self._back.finish()))
        yield voice[:0], back, self._mono.finish(), said

    def _through(self, sound: Samples) -> Samples:
        found = []
        for group, network in zip(self._groups, self._networks, strict=True):
            part = sound[:, group]
            found.append(np.concatenate([part[:0], *network.push(part)]))
        return _side_by_side(found)


def _each(channels: int) -> list[slice]:
    return [slice(channel, channel + 1) for channel in range(channels)]


def _side_by_side(groups: Sequence[Samples]) -> Samples:
    return np.concatenate(groups, axis=1)


def _unless_silent(network: VoiceNetwork) -> Callable[[Samples], Samples]:
    """Digital silence need not be listened to: unused channels, gated recordings."""
    return lambda sound: network.voice_of(sound) if sound.any() else np.zeros_like(sound)


class _ChannelResampler:
    """A resampler for each channel; shape (n, channels)."""

    def __init__(self, from_hz: int, to_hz: int, channels: int) -> None:
        self._channels = [StreamResampler(from_hz, to_hz) for _ in range(channels)]

    def push(self, block: Samples) -> Samples:
        pairs = zip(self._channels, block.T, strict=True)
        return np.stack([channel.push(samples) for channel, samples in pairs], axis=1)

    def finish(self) -> Samples:
        return np.stack([channel.finish() for channel in self._channels], axis=1)


@dataclass
class _Notes:
    """The power of each 10 ms of the talk and of its voice."""

    left: int
    """Samples of voice still to come; rounding may leave one more or less."""
    mono: list[Samples] = field(default_factory=list)
    voice: list[Samples] = field(default_factory=list)
    _mono_rest: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    _voice_rest: Samples = field(default_factory=lambda: np.zeros(0, np.float32))

    def take(self, mono: Samples, voice: Samples) -> Samples:
        """Notes what there is; gives the voice, no longer than it may be in all."""
        voice = voice[: self.left]
        self.left -= len(voice)
        powers, self._mono_rest = _powers(np.concatenate((self._mono_rest, mono)))
        self.mono.append(powers)
        powers, self._voice_rest = _powers(np.concatenate((self._voice_rest, voice)))
        self.voice.append(powers)
        return voice

    def heard(self) -> Heard:
        mono, voice = np.concatenate(self.mono), np.concatenate(self.voice)
        count = min(len(mono), len(voice))
        likely = (voice[:count] > _AUDIBLE).astype(np.float32)
        return Heard(likely, mono[:count], voice[:count])


def _powers(samples: Samples) -> tuple[Samples, Samples]:
    """The mean power of each whole frame, and the samples that are left over."""
    whole = len(samples) // _FRAME * _FRAME
    powers: Samples = np.square(samples[:whole].reshape(-1, _FRAME)).mean(axis=1)
    return powers, samples[whole:]
