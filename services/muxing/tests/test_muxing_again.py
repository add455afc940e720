"""A whole language with the other stages at hand: spoken again where it did not fit, and heard."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from muxing_jobs import (
    RATE_HZ,
    VOICE_RATE_HZ,
    Job,
    SaidLine,
    babble,
    make_job,
    music,
    original_of,
)
from muxing_peers import Asr, Translation, Tts, serving

from polydub.artifacts import dump_document, read_document
from polydub.peers import Peers
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.fit.plan import FILLED
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.settings import MuxingSettings

pytestmark = pytest.mark.integration

SAID = (SaidLine("u1", "S1", 500, 2000, 3000), SaidLine("u2", "S2", 2100, 3600, 1400))
LONG, SHORT = "Hola, aquí la línea u1.", "Aquí u1."
SHORT_KEY = "videos/v1/tts/lines/short.wav"


async def job_in(folder: Path) -> Job:
    """Two lines, one twice as long as its slot, that can be said shorter."""
    bed = music(5000)
    original = original_of(bed, SAID)
    soundfile.write(folder / "talk.wav", original, RATE_HZ)
    context = stage_context("muxing", folder)
    job = await make_job(
        context, folder / "talk.wav", bed=bed, original=original, lines=SAID, video=None
    )
    soundfile.write(folder / "s.wav", babble(1400, VOICE_RATE_HZ, seed=3, level=0.3), VOICE_RATE_HZ)
    await context.store.put_file(SHORT_KEY, folder / "s.wav")
    written = translation_pb2.TranslationDocument(source_language="en")
    line = written.lines.add(id="u1", text=LONG)
    line.candidates.extend(translation_pb2.TranslationCandidate(text=t) for t in (LONG, SHORT))
    [event] = job.events
    event.products.translation.document_key = "videos/v1/translation/t.json"
    event.products.asr.language = "en"
    await context.store.put_bytes("videos/v1/translation/t.json", dump_document(written))
    return job


def shorter(request: tts_pb2.RetakeRequest) -> tts_pb2.SpokenLine:
    line = tts_pb2.SpokenLine()
    line.CopyFrom(request.line)
    line.text, line.audio_key, line.duration_ms, line.rate = SHORT, SHORT_KEY, 1400, 1.0
    return line


async def hear(request: asr_pb2.TranscribeRequest) -> list[asr_pb2.Word]:
    """The words of the first line, whatever is said; of the source, one word of it."""
    said = "hello" if request.language == "en" else SHORT
    moment = request.start_ms + 200
    return [asr_pb2.Word(text=word, start_ms=moment, end_ms=moment) for word in said.split()]


async def muxed(job: Job, others: Peers) -> tuple[Emission, muxing_pb2.ReportDocument]:
    settings = MuxingSettings()
    handler = MuxingHandler(open_registry(settings, CommonSettings()), settings, others)
    [emission] = await handler.handle(job.events[0], job.context)
    key = next(f.key for f in emission.products.muxing.files if f.kind == "report")
    return emission, await read_document(job.context.store, key, muxing_pb2.ReportDocument)


async def text_of(job: Job, emission: Emission, ending: str) -> str:
    [key] = [f.key for f in emission.products.muxing.files if f.key.endswith(ending)]
    return (await job.context.store.get_bytes(key)).decode()


async def test_what_is_said_again_is_what_is_heard_shown_and_reported(tmp_path: Path) -> None:
    job = await job_in(tmp_path)
    asr = Asr(hear, ["es", "en"])
    async with serving(tts=Tts(shorter), translation=Translation(), asr=asr) as others:
        emission, report = await muxed(job, others)
    first, second = report.line_reports
    assert (first.text, first.takes, list(first.flags)) == (SHORT, 2, [])
    assert "said again in other words, which are 1600 ms shorter" in first.reason
    assert (second.takes, first.placed_end_ms - first.placed_start_ms) == (1, round(FILLED * 1500))
    assert SHORT in await text_of(job, emission, ".srt")
    assert LONG not in await text_of(job, emission, ".html")
    [warning] = [w for w in emission.warnings if w.code == "lines_retaken"]
    assert warning.message.startswith("1 of 2 lines")

    assert report.recognized_lines == 2
    assert (first.recognition_error, first.heard_text) == (0, SHORT)
    wrong = second.recognition_error * len(second.text.split())
    words = len(SHORT.split()) + len(second.text.split())
    assert report.back_recognition_error == pytest.approx(wrong / words, abs=1e-3)
    assert report.raw_recognition_error == report.back_recognition_error
    # "Hello" is the one word that the transcript has of each line, at its start.
    assert report.source_leakage == 1
    assert report.quality < 75


async def test_without_the_other_stages_it_is_as_it_was(tmp_path: Path) -> None:
    job = await job_in(tmp_path)
    async with serving() as others:
        _, report = await muxed(job, others)
    first = report.line_reports[0]
    assert (first.text, first.takes, first.recognition_error) == (LONG, 1, -1)
    assert "hard_cap" in first.flags
    assert (report.back_recognition_error, report.raw_recognition_error) == (-1, -1)
    assert (report.source_leakage, report.recognized_lines) == (-1, 0)
