"""One line of a finished dub is corrected: what is made and heard again, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_jobs import RATE_HZ, VOICE_RATE_HZ, Job, SaidLine, Sound, decoded, make_job
from muxing_peers import Asr, serving
from muxing_sounds import music, said
from scipy.signal import resample_poly

from polydub.artifacts import ArtifactFolder, dump_document, read_document
from polydub.peers import Peers
from polydub.settings import CommonSettings
from polydub.testing import stage_context
from polydub.v1 import asr_pb2, muxing_pb2, tts_pb2
from polydub_muxing.assembly import SPEECH
from polydub_muxing.engines.levelled import MANNER
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.hls.grid import FRAME
from polydub_muxing.kept import NOTHING_KEPT, Arrays, Kept
from polydub_muxing.outputs.splicing import frames_of, read_frames
from polydub_muxing.report import vad
from polydub_muxing.report.frames import frames_in
from polydub_muxing.report.listening import sounding
from polydub_muxing.report.of_dub import OfDub, stretches_of
from polydub_muxing.report.vad import speech
from polydub_muxing.settings import MuxingSettings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

SECONDS = 48
CORRECTED = 6
TEXTS = (
    "The harbour lies quiet in the morning.",
    "Boats come back with silver fish.",
    "Nobody knows what the day will bring.",
)


def voice(text: str) -> Sound:
    return np.asarray(resample_poly(said(text, "slt"), VOICE_RATE_HZ, RATE_HZ), np.float32)


async def talk_in(folder: Path) -> Job:
    """Lines of two speakers over music, a new one every four seconds."""
    bed = music(SECONDS, 0.02)
    original, lines, dubs = bed.copy(), [], {}
    for number in range(SECONDS // 4 - 1):
        start_ms, spoken = 700 + 4000 * number, said(TEXTS[number % 3], "kal")
        first = start_ms * RATE_HZ // 1000
        original[first : first + len(spoken)] += spoken[:, None]
        name = f"u{number}"
        dubs[name] = voice(TEXTS[(number + 1) % 3])
        end_ms = start_ms + len(spoken) * 1000 // RATE_HZ
        lines.append(SaidLine(name, f"S{number % 2}", start_ms, end_ms, 1))
    soundfile.write(folder / "talk.wav", original, RATE_HZ)
    context = stage_context("muxing", folder)
    job = await make_job(
        context, folder / "talk.wav", bed=bed, original=original, lines=lines, video=None, dubs=dubs
    )
    job.events[0].products.asr.language = "en"
    return job


async def correct(job: Job, folder: Path) -> None:
    """Another take of one line, as tts leaves it behind."""
    [event] = job.events
    store, made = job.context.store, event.products.tts
    spoken = await read_document(store, made.document_key, tts_pb2.SpeechDocument)
    sound = voice("Look, it is about to rain again.")
    soundfile.write(folder / "take.wav", sound, VOICE_RATE_HZ, subtype="PCM_16")
    line = spoken.lines[CORRECTED]
    line.audio_key, line.text = "videos/v1/tts/lines/take.wav", "Otra cosa."
    line.duration_ms = len(sound) * 1000 // VOICE_RATE_HZ
    await store.put_file(line.audio_key, folder / "take.wav")
    made.document_key, made.digest = "videos/v1/tts/corrected/speech.json", "corrected"
    await store.put_bytes(made.document_key, dump_document(spoken))
    event.envelope.revision += 1


@dataclass(frozen=True)
class Made:
    dub: Path
    speech: bytes
    report: muxing_pb2.ReportDocument
    asked: int
    """How many windows asr was asked for."""


async def hear(request: asr_pb2.TranscribeRequest) -> list[asr_pb2.Word]:
    return [asr_pb2.Word(text="hola", start_ms=request.start_ms + 300, end_ms=request.end_ms)]


async def made_by(job: Job, others: Peers, asr: Asr, dub: Path) -> Made:
    settings, before = MuxingSettings(), len(asr.asked)
    handler = MuxingHandler(open_registry(settings, CommonSettings()), settings, others)
    [emission] = await handler.handle(job.events[0], job.context)
    # The first of a kind: a report is JSON before it is a page.
    files = {file.kind: file for file in reversed(emission.products.muxing.files)}
    dub.write_bytes(await job.context.store.get_bytes(files["audio"].key))
    report = await read_document(job.context.store, files["report"].key, muxing_pb2.ReportDocument)
    speech = f"{files['audio'].key.rpartition('/')[0]}/{SPEECH}"
    return Made(dub, await job.context.store.get_bytes(speech), report, len(asr.asked) - before)


@dataclass(frozen=True)
class Corrected:
    job: Job
    first: Made
    second: Made
    straight: Made
    """The corrected talk with nothing known from earlier."""
    alike: Made
    """The same, when only the manner of the first is known."""
    folder: Path
    kept: list[str]
    index: Arrays
    other: Job


async def index_of(job: Job) -> Arrays:
    """What each window of the last mix was made of."""
    found = await Kept(await kept_folder(job)).find("sound.npz")
    assert found is not None
    return found


async def kept_folder(job: Job) -> ArtifactFolder:
    keys = [info.key async for info in job.context.store.walk("videos/v1/muxing")]
    [key] = [key for key in keys if key.endswith(f"/{MANNER}")]
    return ArtifactFolder(job.context.store, "v1", "muxing", key.split("/")[-2])


@pytest.fixture(scope="module")
async def corrected(tmp_path_factory: pytest.TempPathFactory) -> Corrected:
    folder = tmp_path_factory.mktemp("corrected")
    asr = Asr(hear, ["es", "en"])
    async with serving(asr=asr) as others:
        job = await talk_in(folder)
        first = await made_by(job, others, asr, folder / "first.m4a")
        manner = await kept_folder(job)
        of_first = await job.context.store.get_bytes(manner.key(MANNER))
        await correct(job, folder)
        second = await made_by(job, others, asr, folder / "second.m4a")
        kept = [info.key async for info in job.context.store.walk("videos/v1/muxing")]
        (folder / "elsewhere").mkdir()
        other = await talk_in(folder / "elsewhere")
        await correct(other, folder)
        straight = await made_by(other, others, asr, folder / "straight.m4a")
        await other.context.store.delete_prefix("videos/v1/muxing")
        await other.context.store.put_bytes(manner.key(MANNER), of_first)
        alike = await made_by(other, others, asr, folder / "alike.m4a")
    return Corrected(job, first, second, straight, alike, folder, kept, await index_of(job), other)


async def frames(made: Made) -> list[bytes]:
    adts = made.dub.with_suffix(".aac")
    await frames_of(made.dub, adts, timeout_s=60)
    return [frame for frame, _ in read_frames(adts)]


async def test_all_but_the_corrected_line_keeps_its_very_frames(corrected: Corrected) -> None:
    before, after = await frames(corrected.first), await frames(corrected.second)
    assert len(before) == len(after)
    changed = [number for number in range(len(after)) if before[number] != after[number]]
    span = corrected.second.report.line_reports[CORRECTED]
    first, last = changed[0] * FRAME / RATE_HZ, (changed[-1] + 1) * FRAME / RATE_HZ
    assert span.placed_start_ms / 1000 - 1.5 < first < span.placed_start_ms / 1000
    assert span.placed_end_ms / 1000 < last < span.placed_end_ms / 1000 + 2.5


async def test_the_sound_is_the_one_of_a_mix_made_from_nothing(corrected: Corrected) -> None:
    """With the same levels and colours: speech sample by sample, the mix window by window."""
    ours, whole = corrected.second, corrected.alike
    assert ours.speech == whole.speech != corrected.first.speech
    index = await index_of(corrected.other)
    np.testing.assert_array_equal(corrected.index["windows"], index["windows"])
    one, other = decoded(ours.dub, 2), decoded(whole.dub, 2)
    # What two encodings of the same sound differ by where one of them begins in its midst.
    noise = np.square(one - other).mean() / np.square(other).mean()
    assert noise < 10 ** (-25 / 10)
    assert ours.report.onset_offset_ms == whole.report.onset_offset_ms
    assert ours.report.dub_lufs == pytest.approx(whole.report.dub_lufs, abs=0.11)


async def test_only_what_changed_is_recognised_again(corrected: Corrected) -> None:
    # Of a line over an inaudible background the recording is its own reference.
    assert corrected.straight.asked == pytest.approx(corrected.first.asked, abs=1)
    assert corrected.first.asked > 10
    # The line's mix, recording, reference and the source's words at its time; a neighbour's mix and
    # reference may differ.
    assert 4 <= corrected.second.asked <= 7
    heard = [line.heard_text for line in corrected.second.report.line_reports]
    assert heard == [line.heard_text for line in corrected.straight.report.line_reports]


async def test_what_was_kept_equals_what_is_measured_anew(corrected: Corrected) -> None:
    """The finished file, measured as if nothing were known, and the report on it."""
    made, report = corrected.second, corrected.second.report
    fresh = OfDub(
        NOTHING_KEPT, made.dub, await frames_in(made.dub, corrected.folder, timeout_s=60),
        corrected.folder, 60,
    )  # fmt: skip
    found = (await fresh.loudness(SECONDS)).whole
    assert report.dub_lufs == pytest.approx(found.integrated_lufs, abs=0.11)
    assert report.true_peak_dbtp == pytest.approx(found.true_peak_dbtp, abs=0.11)
    model = vad.find_model()
    assert model is not None
    [key] = [key for key in corrected.kept if "/voices-" in key]
    digest, name = key.split("/")[-2:]
    folder = ArtifactFolder(corrected.job.context.store, "v1", "muxing", digest)
    kept = await Kept(folder).find(name)
    heard = await sounding(made.dub, corrected.folder / "heard.flac", model, timeout_s=60)
    assert kept is not None
    assert float(np.abs(kept["voice"] - heard.voice).mean()) < 0.02
    assert kept["mid"] == pytest.approx(heard.mid, rel=0.1, abs=1e-6)
    assert len(speech(kept["voice"])) == len(speech(heard.voice)) > 0


def test_the_report_is_the_one_of_a_dub_made_in_one_go(corrected: Corrected) -> None:
    ours, straight = corrected.second.report, corrected.straight.report
    assert ours.quality == pytest.approx(straight.quality, abs=1)
    assert ours.dub_lufs == pytest.approx(straight.dub_lufs, abs=0.3)
    assert ours.original_lufs == straight.original_lufs
    assert ours.onset_offset_ms == straight.onset_offset_ms
    assert ours.speech_overlap == pytest.approx(straight.speech_overlap, abs=0.02)
    assert ours.heard_onset_offset_ms.p50 == pytest.approx(
        straight.heard_onset_offset_ms.p50, abs=10
    )
    assert ours.dub_duration_s == straight.dub_duration_s
    assert ours.recognized_lines == straight.recognized_lines
    assert ours.back_recognition_error == straight.back_recognition_error
    assert [list(line.flags) for line in ours.line_reports] == [
        list(line.flags) for line in straight.line_reports
    ]


def test_one_sound_of_each_language_is_kept(corrected: Corrected) -> None:
    assert sum(key.endswith("/frames.aac") for key in corrected.kept) == 1


async def test_files_of_other_lengths_share_nothing(corrected: Corrected) -> None:
    made = await frames_in(corrected.first.dub, corrected.folder, timeout_s=60)
    assert stretches_of(made.digests, made) == []
    assert stretches_of(made.digests[1:], made) is None
    assert stretches_of(made.digests + 1, made) is None
