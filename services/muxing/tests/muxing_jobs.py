"""Hand-made jobs for the muxing tests: media made here, documents as earlier stages write them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from polydub.artifacts import dump_document
from polydub.stage import StageContext
from polydub.v1 import asr_pb2, common_pb2, events_pb2, separation_pb2, tts_pb2

Sound = npt.NDArray[np.float32]
RATE_HZ = 48_000
VOICE_RATE_HZ = 22_050
SOURCE, BED, ORIGINAL = "uploads/v1/source", "videos/v1/separation/d/bed.flac", "videos/v1/o.flac"


@dataclass(frozen=True)
class SaidLine:
    """One line of a made-up job; ``spoken_ms`` is how long its dub is; 0: it keeps its original."""

    id: str
    speaker: str
    start_ms: int
    end_ms: int
    spoken_ms: int
    part: int = 0


LINES = (
    SaidLine("u1", "S1", 1000, 3000, 1800),
    SaidLine("u2", "S2", 3500, 5000, 1700),
    SaidLine("u3", "S1", 6000, 8000, 2600, part=1),
    SaidLine("u4", "S2", 9000, 11000, 1900, part=1),
)


def babble(duration_ms: int, rate_hz: int, *, seed: int, level: float) -> Sound:
    """Something with the envelope and band of speech, which begins at once."""
    count = duration_ms * rate_hz // 1000
    moments = np.arange(count) / rate_hz
    noise = np.random.default_rng(seed).standard_normal(count)
    voice = sum(np.sin(2 * np.pi * (110 + 10 * seed) * k * moments) / k for k in range(1, 12))
    envelope = 0.6 + 0.4 * np.cos(2 * np.pi * 4 * moments)
    return np.asarray(level * envelope * (voice / 2 + 0.1 * noise), np.float32)


def music(duration_ms: int, channels: int = 2, level: float = 0.02) -> Sound:
    """A chord that differs from channel to channel."""
    moments = np.arange(duration_ms * RATE_HZ // 1000) / RATE_HZ
    tones = [np.sin(2 * np.pi * (220 + 55 * c) * moments) for c in range(channels)]
    return np.asarray(level * np.stack(tones, axis=1), np.float32)


def original_of(bed: Sound, lines: Sequence[SaidLine], level: float = 0.1) -> Sound:
    """The bed with each speaker's own voice where the source says the lines."""
    sound = bed.copy()
    for line in lines:
        voice = babble(line.end_ms - line.start_ms, RATE_HZ, seed=len(line.speaker), level=level)
        first = line.start_ms * RATE_HZ // 1000
        sound[first : first + len(voice)] += voice[:, None]
    return sound


def ffmpeg(*arguments: object) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def ffprobe(path: Path, entries: str, *more: str) -> list[str]:
    command = ["ffprobe", "-v", "error", *more, "-show_entries", entries, "-of", "csv=p=0", path]
    done = subprocess.run(map(str, command), check=True, capture_output=True, text=True)
    return done.stdout.split()


def picture_hash(path: Path) -> str:
    """The hash of the video packets, which no container changes."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-c", "copy", "-f",
               "streamhash", "-hash", "md5", "-"]  # fmt: skip
    done = subprocess.run(map(str, command), check=True, capture_output=True, text=True)
    return done.stdout.strip()


def decoded(path: Path, channels: int = 1) -> Sound:
    """The first audio track from its presentation on, shape (n, channels), at 48 kHz."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-ac", channels, "-ar",
               RATE_HZ, "-f", "f32le", "-"]  # fmt: skip
    done = subprocess.run(map(str, command), check=True, capture_output=True)
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels)


@dataclass(frozen=True)
class Job:
    """A job that is ready to be muxed: its surroundings and one event for each part."""

    context: StageContext
    events: list[events_pb2.Event]

    async def output(self, products: events_pb2.Products, kind: str, folder: Path) -> Path:
        """One output file, copied out of the store under its own name."""
        found = next(file for file in products.muxing.files if file.kind == kind)
        path = folder / found.name
        async with self.context.store.local_file(found.key) as stored:
            path.write_bytes(stored.read_bytes())
        return path

    def elsewhere(self, name: str) -> Job:
        """The same job as another replica meets it."""
        scratch = self.context.scratch.parent / name
        scratch.mkdir(exist_ok=True)
        return Job(replace(self.context, scratch=scratch), self.events)


async def make_job(
    context: StageContext,
    source: Path,
    *,
    bed: Sound,
    original: Sound,
    lines: Sequence[SaidLine] = LINES,
    video: common_pb2.VideoStream | None,
    audio_offset_s: float = 0.0,
    dubs: dict[str, Sound] | None = None,
) -> Job:
    """Stores everything that separation, asr and tts leave behind."""
    store, folder = context.store, context.scratch
    await store.put_file(SOURCE, source)
    for key, sound in ((BED, bed), (ORIGINAL, original)):
        soundfile.write(folder / "put.flac", sound, RATE_HZ, subtype="PCM_24")
        await store.put_file(key, folder / "put.flac")
    made = separation_pb2.SeparationProducts(
        source_key=SOURCE,
        bed_key=BED,
        original_key=ORIGINAL,
        digest="d",
        duration_ms=len(bed) * 1000 // RATE_HZ,
        audio_offset_s=audio_offset_s,
        media=common_pb2.MediaInfo(video=[video] if video else []),
        engine=common_pb2.EngineUse(id="made-up", version="1"),
    )
    parts = sorted({line.part for line in lines}) or [0]
    events = []
    for part in parts:
        own = [line for line in lines if line.part == part]
        products = events_pb2.Products(separation=made)
        await _put_part(context, products, part, own, dubs or {})
        events.append(_event(products, part, len(parts)))
    return Job(context, events)


async def _put_part(
    context: StageContext,
    products: events_pb2.Products,
    part: int,
    lines: Sequence[SaidLine],
    dubs: dict[str, Sound],
) -> None:
    store = context.store
    speech = tts_pb2.SpeechDocument(schema_version=1, target_language="es", part=part)
    heard = asr_pb2.TranscriptDocument(schema_version=1, language="en", part=part)
    heard.warnings.add(code="low_confidence", message="Some words are guesses.", stage="asr")
    for number, line in enumerate(lines):
        _put_heard(heard, line, number)
        if not line.spoken_ms:
            speech.lines.add(
                id=line.id, speaker_id=line.speaker, start_ms=line.start_ms, end_ms=line.end_ms,
                source_text=f"Hello from {line.id}.", keeps_original=True,
            )  # fmt: skip
            continue
        sound = dubs.get(
            line.id, babble(line.spoken_ms, VOICE_RATE_HZ, seed=len(line.speaker) + 1, level=0.3)
        )
        path = context.scratch / "put.wav"
        soundfile.write(path, sound, VOICE_RATE_HZ, subtype="PCM_16")
        key = f"videos/v1/tts/lines/{line.id}.wav"
        await store.put_file(key, path)
        speech.lines.add(
            id=line.id, speaker_id=line.speaker, start_ms=line.start_ms, end_ms=line.end_ms,
            source_text=f"Hello from {line.id}.", text=f"Hola, aquí la línea {line.id}.",
            audio_key=key, duration_ms=len(sound) * 1000 // VOICE_RATE_HZ,
            voice=tts_pb2.Voice(id="test/voice"), source_confidence=0.5,
            engine=common_pb2.EngineUse(id="babble", version="1"),
        )  # fmt: skip
    products.tts.document_key = f"videos/v1/tts/part{part}/speech.json"
    products.tts.digest = f"tts{part}"
    products.asr.document_key = f"videos/v1/asr/part{part}/transcript.json"
    await store.put_bytes(products.tts.document_key, dump_document(speech))
    await store.put_bytes(products.asr.document_key, dump_document(heard))


def _put_heard(heard: asr_pb2.TranscriptDocument, line: SaidLine, number: int) -> None:
    heard.lines.add(
        id=line.id, speaker_id=line.speaker, start_ms=line.start_ms, end_ms=line.end_ms,
        text=f"Hello from {line.id}.", confidence=0.5, low_confidence=number == 0,
        words=[asr_pb2.Word(text="Hello", start_ms=line.start_ms, end_ms=line.start_ms + 300,
                            confidence=0.5)],
    )  # fmt: skip


def _event(products: events_pb2.Products, part: int, parts: int) -> events_pb2.Event:
    return events_pb2.Event(
        envelope=events_pb2.Envelope(
            job_id="j1", video_id="v1", stage="tts", part=part, parts=parts, target_language="es"
        ),
        spec=events_pb2.DubSpec(source_key=SOURCE, filename="My talk.mov", source_language="auto"),
        products=products,
        completed=events_pb2.Completed(),
    )
