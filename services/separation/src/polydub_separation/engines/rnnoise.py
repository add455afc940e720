"""The embedded engine: RNNoise hears the voice, a spectral mask takes it out of each channel.

Two passes over the file, each in blocks, so that memory does not depend on its length:

1. *Listening.* The mono sum is resampled to 48 kHz and goes through RNNoise; what comes out is
   the voice, and how likely each 10 ms are speech. The voice is written at 16 kHz for recognition
   and, as a temporary file, at the original's rate. All resampling is done here, on mono streams:
   the original itself is never resampled, so the bed keeps its rate and its exact samples.
2. *Masking.* Block by block with context, the voice's power (at the level that it has in that
   channel) is subtracted from each channel's spectrum. Where nobody speaks a block is copied as
   it is, with a ramp at the seams.

A mask from the likeness of left and right (what is in the centre is voice) is not used. It was
measured in a prototype at 5 dB over synthesised music, as the lesser of it and a subtraction of
1.5, against a subtraction of 2.5 alone; voice left / music lost / SI-SDR of the bed in dB:

* real voices: music 0 dB wide -25.9/3.2/5.0 against -29.3/2.6/4.8, music -5 dB wide
  -27.3/3.0/4.6 against -28.8/2.8/4.6: nothing gained;
* two flite voices: music -13 dB wide -37.7/6.0/2.3 against -35.1/5.8/0.9, 0 dB wide
  -28.5/3.8/4.9 against -34.1/3.8/3.6: here the bed came out better.

Two clips a row decide little; on mono music it destroys the bed. So the simpler way stands.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub import pcm
from polydub.blocking import OnProgress, Tick, run_blocking
from polydub.engines import Availability, Capabilities, Quality
from polydub_separation.downmix import mono_weights
from polydub_separation.engines import librnnoise
from polydub_separation.engines.activity import Frames, gate_at
from polydub_separation.engines.base import Separated, SeparationEngine
from polydub_separation.engines.listening import listen
from polydub_separation.engines.masking import Masker

Samples = npt.NDArray[np.float32]

BLOCK_SECONDS = 5
_ALGORITHM = "1"
"""Counts changes to the passes, for the version that artifacts are named by."""
_LISTENING_SHARE = 0.6


class RnnoiseEngine(SeparationEngine):
    """RNNoise with a spectral mask; the language does not matter."""

    id = "rnnoise"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="RNNoise spectral mask",
            version=f"{librnnoise.installed_version() or 'none'}+{_ALGORITHM}",
            quality=Quality.DRAFT,
            licence="BSD-3-Clause (RNNoise), Apache-2.0 (pyrnnoise)",
            commercial_use=True,
            neural=True,
            limits=(
                "A residue of the voice stays in the background, 20 to 30 dB down; the dub covers "
                "most of it.",
                "Music under speech gets thinner by about 3 dB while someone speaks.",
                "A crowd talking in the background is taken for voice.",
                "Singing is taken for voice in part.",
            ),
        )

    def available(self) -> Availability:
        if librnnoise.find_library() is None:
            return Availability.no(
                "RNNoise's library is not installed.",
                "Run: pip install --no-deps pyrnnoise",
            )
        return Availability.yes()

    def _load(self) -> None:
        library = librnnoise.find_library()
        assert library is not None, "chosen only when available"
        self._library: ctypes.CDLL = librnnoise.load_library(library)

    async def _separate(
        self, original: Path, out_dir: Path, on_progress: OnProgress | None
    ) -> Separated:
        return await run_blocking(
            lambda tick: self._run(original, out_dir, tick), on_progress=on_progress
        )

    def _run(self, original: Path, out_dir: Path, tick: Tick) -> Separated:
        voice_16k, bed, voice = (out_dir / n for n in ("voice.wav", "bed.flac", "voice.raw"))
        try:
            heard = listen(
                original, mono_weights(original), self._library, voice_16k, voice,
                lambda done: tick(_LISTENING_SHARE * done),
            )  # fmt: skip
            write_bed(
                original, voice, heard.gate(), bed,
                lambda done: tick(_LISTENING_SHARE + (1 - _LISTENING_SHARE) * done),
            )  # fmt: skip
        finally:
            voice.unlink(missing_ok=True)
        return Separated(voice_16k, bed, heard.snr_db(), heard.speech_fraction())


def write_bed(
    original: Path,
    voice: Path,
    gate: Frames,
    bed: Path,
    tick: Tick,
    block_seconds: float = BLOCK_SECONDS,
) -> None:
    """The second pass.

    Args:
        voice: raw signed 16 bit, as long as the original and at its rate.
        gate: how much the mask applies, one value each 10 ms.
        bed: becomes a FLAC file of the original's shape and depth.
    """
    with soundfile.SoundFile(original) as source:
        masker = Masker(source.samplerate)
        block = max(1, round(block_seconds * source.samplerate / masker.hop)) * masker.hop
        with soundfile.SoundFile(
            bed, "w", source.samplerate, source.channels, source.subtype, format="FLAC"
        ) as target:
            for start in range(0, source.frames, block):
                tick(start / source.frames)
                target.write(_bed_block(source, voice, gate, masker, start, block))


def _bed_block(
    source: soundfile.SoundFile, voice: Path, gate: Frames, masker: Masker, start: int, block: int
) -> Samples:
    count = min(block, source.frames - start)
    opened = gate_at(gate, start / source.samplerate, source.samplerate, count)[:, None]
    if not opened.any():
        return _read(source, start, count)
    first, size = start - masker.context, block + 2 * masker.context
    sound = _read(source, first, size)
    masked = masker.remove(sound, _read_voice(voice, first, size))
    inside = slice(masker.context, masker.context + count)
    return sound[inside] + opened * (masked[inside] - sound[inside])


def _read(source: soundfile.SoundFile, start: int, count: int) -> Samples:
    """Samples ``[start, start + count)``, shape (count, channels); silence outside the file."""
    source.seek(max(0, start))
    found = source.read(count + min(0, start), dtype="float32", always_2d=True)
    return _placed(found, -min(0, start), count)


def _read_voice(path: Path, start: int, count: int) -> Samples:
    with path.open("rb") as file:
        file.seek(2 * max(0, start))
        found = pcm.to_float(file.read(2 * (count + min(0, start))))
    return _placed(found, -min(0, start), count)


def _placed(found: Samples, before: int, count: int) -> Samples:
    """Puts ``before`` samples of silence before it and as many after as make ``count``."""
    out = np.zeros((count, *found.shape[1:]), np.float32)
    out[before : before + len(found)] = found
    return out
