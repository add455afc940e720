"""Talks in several parts for the tests of live streaming, and what players make of segments."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import soundfile
from google.protobuf import json_format
from muxing_jobs import RATE_HZ, Job, SaidLine, Sound, ffmpeg, make_job, music, original_of

from polydub.artifacts import dump_document, read_document
from polydub.stage import StageContext
from polydub.v1 import common_pb2, diarization_pb2, muxing_pb2

PARTS_MS = (0, 7_000, 14_000, 20_000)
"""Where parts begin, and where the last one ends. No segment ends where a part does."""
LINES = (
    SaidLine("u1", "S1", 500, 3000, 2600),
    SaidLine("u2", "S2", 3500, 6500, 3300),
    SaidLine("u3", "S1", 7300, 9500, 1900, part=1),
    SaidLine("u4", "S2", 10_000, 13_600, 3700, part=1),
    SaidLine("u5", "S2", 14_500, 16_500, 1800, part=2),
    SaidLine("u6", "S1", 17_000, 19_000, 2100, part=2),
)
DIARIZED = "videos/v1/diarization/d/diarization.json"


async def live_job(
    context: StageContext, folder: Path, *arguments: object, picture: str = "h264",
    name: str = "clip.mp4", rate: str = "25", channels: int = 2, offset_s: float = 0.0,
    lines: Sequence[SaidLine] = LINES, bed: Sound | None = None,
    parts_ms: Sequence[int] = PARTS_MS,
) -> Job:  # fmt: skip
    """A job in three parts that asks to be played live. Without ``picture``: sound alone."""
    length_ms = parts_ms[-1]
    bed = music(length_ms, channels) if bed is None else bed
    original = original_of(bed, lines)
    sound, clip = folder / "original.wav", folder / name
    soundfile.write(sound, original, RATE_HZ)
    shown = ("-f", "lavfi", "-i", f"testsrc2=s=160x120:r={rate}:d={length_ms / 1000}")
    offset = ("-itsoffset", offset_s) if offset_s else ()
    ffmpeg(*(shown if picture else ()), *offset, "-i", sound, *arguments, clip)
    video = common_pb2.VideoStream(index=0, codec=picture, frame_rate=f"{rate}/1")
    job = await make_job(
        context, clip, bed=bed, original=original, lines=lines,
        video=video if picture else None, audio_offset_s=offset_s,
    )  # fmt: skip
    document = diarization_pb2.DiarizationDocument(schema_version=1, duration_ms=length_ms)
    for number, (start_ms, end_ms) in enumerate(itertools.pairwise(parts_ms)):
        document.parts.add(index=number, start_ms=start_ms, end_ms=end_ms)
    for line in lines:
        document.utterances.add(
            id=line.id, speaker_id=line.speaker, start_ms=line.start_ms, end_ms=line.end_ms,
            part=line.part,
        )  # fmt: skip
    await context.store.put_bytes(DIARIZED, dump_document(document))
    for event in job.events:
        event.products.diarization.document_key = DIARIZED
        event.spec.extras.append(muxing_pb2.EXTRA_HLS)
        event.spec.target_languages.append("es")
    return job


def list_key(name: str) -> str:
    return f"videos/v1/live/j1/0/{name}/hls.json"


async def listed(job: Job, name: str) -> muxing_pb2.HlsRendition | None:
    """A rendition as it is listed now."""
    key = list_key(name)
    if not await job.context.store.exists(key):
        return None
    return await read_document(job.context.store, key, muxing_pb2.HlsRendition)


async def joined(job: Job, rendition: muxing_pb2.HlsRendition, path: Path) -> Path:
    """Header and segments one behind the other, as a player's decoder gets them."""
    store = job.context.store
    with path.open("wb") as file:
        for key in (rendition.init_key, *(each.key for each in rendition.segments)):
            file.write(await store.get_bytes(key))
    return path


@contextmanager
def served(job: Job, store_dir: Path, source_language: str = "en") -> Iterator[str]:
    """The address of the job's master playlist, as the gateway writes it, while this is open."""
    playlists = pytest.importorskip("polydub_gateway.jobs.playlists")

    class Answering(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _answer(playlists, store_dir, self.path.lstrip("/"), source_language)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/master.m3u8"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(playlists: Any, store_dir: Path, path: str, source_language: str) -> bytes | None:
    def read(name: str) -> muxing_pb2.HlsRendition | None:
        file = store_dir / list_key(name)
        if not file.exists():
            return None
        return json_format.Parse(file.read_bytes(), muxing_pb2.HlsRendition())

    named = {name: read(name) for name in ("picture", "original", "es", "es-subtitles")}
    sound, subtitles = named["es"], named["es-subtitles"]
    shown = playlists.Presentation(
        sounds={"es": sound} if sound else {},
        subtitles={"es": subtitles} if subtitles else {},
        picture=named["picture"],
        original=named["original"],
        source_language=source_language,
    )
    name, _, file = path.partition("/")
    if path == "master.m3u8":
        return str(playlists.master_playlist(shown)).encode()
    rendition = shown.rendition(name.removesuffix(".m3u8"))
    if rendition is None:
        return None
    if not file:
        bare = name.removesuffix(".m3u8")
        target_s, ended = shown.target_s, rendition.complete
        text = playlists.media_playlist(bare, rendition, target_s=target_s, ended=ended)
        return str(text).encode()
    key = playlists.key_of(rendition, file)
    return (store_dir / key).read_bytes() if key else None
