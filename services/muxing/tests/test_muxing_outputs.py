"""The files people get beside the plain dub, judged by ffprobe and by their decoded frames."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from muxing_jobs import (
    BED,
    RATE_HZ,
    Job,
    SaidLine,
    ffmpeg,
    ffprobe,
    make_job,
    music,
    original_of,
    picture_hash,
)

from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import MemoryLedger, stage_context
from polydub.v1 import common_pb2, events_pb2, muxing_pb2
from polydub_muxing import assembly
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.fit.slowing import TimeMap
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.outputs import files, multitrack
from polydub_muxing.outputs.ass import Look, ass
from polydub_muxing.outputs.burned import fonts_of
from polydub_muxing.outputs.burning import filter_value
from polydub_muxing.outputs.finished import FinishedDub
from polydub_muxing.outputs.fonts import fonts_for
from polydub_muxing.outputs.matroska import PictureTrack, Track, write_matroska
from polydub_muxing.outputs.picture import read_picture
from polydub_muxing.settings import MuxingSettings
from polydub_muxing.sound.retiming import picture_filter

pytestmark = pytest.mark.integration

CLIP_MS = 3000
LINES = (
    SaidLine("u1", "S1", 600, 1400, 700),
    SaidLine("u2", "S2", 1800, 2700, 800, part=1),
)
SIZE = (320, 240)
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p")
ALL = (
    muxing_pb2.EXTRA_MKV,
    muxing_pb2.EXTRA_MULTITRACK,
    muxing_pb2.EXTRA_STEMS,
    muxing_pb2.EXTRA_BURNED,
    muxing_pb2.EXTRA_BURNED_BILINGUAL,
)
MULTITRACK = "My talk.multitrack.mkv"
PRIVATE_TAGS = {
    "com.apple.quicktime.location.ISO6709": "+52.5200+013.4050/",
    "com.apple.quicktime.make": "Fruit",
    "com.apple.quicktime.model": "Phone 99",
    "creation_time": "2020-01-02T03:04:05Z",
    "location": "+52.5200+013.4050/",
    "artist": "Jane Roe",
}


@dataclass(frozen=True)
class Done:
    """What the tests that need only extras start from."""

    job: Job
    plain: Emission
    clip: Path

    def another_job(self, *, heard: str = "en") -> Job:
        """The same files, and a ledger in which no language stands yet.

        Where another source language was heard, no file of other tests serves.
        """
        job = asking(self.job, [])
        for event in job.events:
            event.spec.ClearField("target_languages")
            event.products.asr.language = heard
        return replace(job, context=replace(job.context, ledger=MemoryLedger()))


def handler() -> MuxingHandler:
    return MuxingHandler(open_registry(MuxingSettings(), CommonSettings()), MuxingSettings())


async def clip_job(tmp_path: Path, *arguments: object, name: str = "clip.mp4") -> Job:
    """A job over a clip with a test picture and stereo sound."""
    bed = music(CLIP_MS)
    original = original_of(bed, LINES)
    soundfile.write(tmp_path / "original.wav", original, RATE_HZ)
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s={SIZE[0]}x{SIZE[1]}:r=25:d=3",
        "-i", tmp_path / "original.wav", *H264, "-c:a", "aac", *arguments, tmp_path / name,
    )  # fmt: skip
    job = await make_job(
        stage_context("muxing", tmp_path), tmp_path / name, bed=bed, original=original,
        lines=LINES, video=common_pb2.VideoStream(index=0, codec="h264"),
    )  # fmt: skip
    for event in job.events:
        event.products.separation.media.selected_audio = 1
        event.products.separation.media.audio.add(index=1, codec="aac")
        event.products.asr.language = "en"
    return job


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A job whose two languages are done, and nothing was asked for beside them."""
    folder = tmp_path_factory.mktemp("done")

    async def make() -> Done:
        job = await clip_job(folder)
        await dub(asking(job, [], language="pt-BR"))
        return Done(job, await dub(asking(job, [])), folder / "clip.mp4")

    return asyncio.run(make())


def asking(job: Job, extras: Sequence[int], *, language: str = "es", scratch: str = "") -> Job:
    """The same job with these extras, for one of its languages, as some replica meets it."""
    events = []
    for event in job.events:
        changed = events_pb2.Event()
        changed.CopyFrom(event)
        changed.spec.extras.extend(extras)
        changed.spec.target_languages.extend(["es", "pt-BR"])
        changed.envelope.target_language = language
        events.append(changed)
    return replace(job.elsewhere(scratch or language), events=events)


async def dub(job: Job) -> Emission:
    emissions: list[Emission] = []
    for event in job.events:
        emissions += await handler().handle(event, job.context)
    (emission,) = emissions
    return emission


def file_named(emission: Emission, name: str) -> muxing_pb2.OutputFile:
    return next(file for file in emission.products.muxing.files if file.name == name)


async def fetched(job: Job, emission: Emission, name: str, folder: Path) -> Path:
    async with job.context.store.local_file(file_named(emission, name).key) as stored:
        (folder / name).write_bytes(stored.read_bytes())
    return folder / name


def streams(path: Path, kind: str) -> list[dict[str, str]]:
    """Codec, language, title and default flag of each stream of a kind."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", "-select_streams", kind]
    done = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True)
    return [
        {
            "codec": stream["codec_name"],
            "language": stream.get("tags", {}).get("language", ""),
            "title": stream.get("tags", {}).get("title", ""),
            "default": str(stream["disposition"]["default"]),
        }
        for stream in json.loads(done.stdout)["streams"]
    ]


def frame(path: Path, at_s: float) -> npt.NDArray[np.int16]:
    command = ["ffmpeg", "-v", "error", "-ss", at_s, "-i", path, "-frames:v", "1", "-pix_fmt",
               "gray", "-f", "rawvideo", "-"]  # fmt: skip
    done = subprocess.run(map(str, command), check=True, capture_output=True)
    seen = np.frombuffer(done.stdout, np.uint8).astype(np.int16)
    return seen.reshape(SIZE[1], SIZE[0])


def changed_rows(one: Path, other: Path, at_s: float) -> list[int]:
    """The rows in which two pictures differ by more than encoding does."""
    differences = np.abs(frame(one, at_s) - frame(other, at_s)).max(axis=1)
    return [int(row) for row in np.flatnonzero(differences > 110)]


async def test_extras_asked_for_later_are_made_of_what_is_there(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, plain, clip = done.another_job(), done.plain, done.clip

    async def must_not_render(_: object) -> None:
        raise AssertionError("the dub was there")

    monkeypatch.setattr(assembly.Assembly, "make", must_not_render)
    asked = await dub(asking(job, ALL))
    base = plain.products.muxing
    assert asked.products.muxing.digest == base.digest
    assert list(asked.products.muxing.files[: len(base.files)]) == list(base.files)
    assert not asked.reused
    again = await dub(asking(job, ALL))
    assert again.reused
    assert again.products == asked.products
    assert [w.code for w in asked.warnings if w.code not in {x.code for x in plain.warnings}] == [
        "picture_reencoded", "picture_reencoded",
    ]  # fmt: skip

    mp4 = await fetched(job, asked, "My talk.es.mp4", tmp_path)
    assert [s["language"] for s in streams(mp4, "s")] == ["spa"]
    assert [s["codec"] for s in streams(mp4, "s")] == ["mov_text"]
    ffmpeg("-i", mp4, "-map", "0:s", tmp_path / "out.srt")
    assert "Hola, aquí la línea u1." in (tmp_path / "out.srt").read_text()

    mkv = await fetched(job, asked, "My talk.es.mkv", tmp_path)
    assert picture_hash(mkv) == picture_hash(clip)
    assert streams(mkv, "a") == [
        {"codec": "aac", "language": "spa", "title": "Español", "default": "1"}
    ]
    assert [(s["codec"], s["default"]) for s in streams(mkv, "s")] == [
        ("subrip", "0"), ("ass", "0"),
    ]  # fmt: skip

    speech = await fetched(job, asked, "My talk.es.speech.wav", tmp_path)
    found = soundfile.info(speech)
    assert (found.samplerate, found.channels, found.frames) == (48_000, 1, CLIP_MS * 48)
    heard, _ = soundfile.read(speech)
    assert np.abs(heard[: 500 * 48]).max() < 1e-4 < 0.01 < np.abs(heard[600 * 48 :]).max()
    bed = file_named(asked, "My talk.bed.flac")
    assert (bed.key, bed.kind, bed.target_language) == (BED, "stem", "")

    burned = await fetched(job, asked, "My talk.es.burned.mp4", tmp_path)
    assert streams(burned, "s") == []
    assert changed_rows(burned, clip, 0.28) == []
    rows = changed_rows(burned, clip, 1.08)
    assert rows and min(rows) > SIZE[1] * 0.8
    both = await fetched(job, asked, "My talk.es.burned-bilingual.mp4", tmp_path)
    rows_of_both = changed_rows(both, clip, 1.08)
    assert max(rows_of_both) - min(rows_of_both) > max(rows) - min(rows)


async def test_one_file_holds_the_original_and_each_language_as_it_is_done(
    done: Done, tmp_path: Path
) -> None:
    job, extras = done.another_job(), [muxing_pb2.EXTRA_MULTITRACK]
    first = await dub(asking(job, extras, language="pt-BR"))
    alone = await fetched(job, first, MULTITRACK, tmp_path)
    assert [s["language"] for s in streams(alone, "a")] == ["eng", "por"]
    second = await dub(asking(job, extras))
    path = await fetched(job, second, MULTITRACK, tmp_path)
    assert streams(path, "a") == [
        {"codec": "aac", "language": "eng", "title": "Original (English)", "default": "0"},
        {"codec": "aac", "language": "spa", "title": "Español", "default": "1"},
        {"codec": "aac", "language": "por", "title": "Português (Brasil)", "default": "0"},
    ]
    assert [s["language"] for s in streams(path, "s")] == ["spa", "spa", "por", "por"]
    assert picture_hash(path) == picture_hash(done.clip)
    assert file_named(second, MULTITRACK).target_language == ""
    assert list(file_named(second, MULTITRACK).languages) == ["es", "pt-BR"]
    again = await dub(asking(job, extras, language="pt-BR"))
    assert file_named(again, MULTITRACK) == file_named(second, MULTITRACK)


async def test_languages_that_end_at_the_same_time_all_stand_in_the_file(
    done: Done, tmp_path: Path
) -> None:
    job, extras = done.another_job(heard="en-US"), [muxing_pb2.EXTRA_MULTITRACK]
    made = await asyncio.gather(
        *(dub(asking(job, extras, language=language)) for language in ("es", "pt-BR"))
    )
    for emission in made:
        path = await fetched(job, emission, MULTITRACK, tmp_path)
        assert [s["language"] for s in streams(path, "a")] == ["eng", "spa", "por"]


async def test_a_language_that_ends_while_the_file_is_written_is_in_it(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, extras = done.another_job(heard="en-GB"), [muxing_pb2.EXTRA_MULTITRACK]
    real_write, written = multitrack.write_matroska, []

    async def write_while_the_other_ends(output: Path, *arguments: object, **named: object) -> None:
        written.append(output)
        if len(written) == 1:
            await dub(asking(job, extras, language="pt-BR"))
        await real_write(output, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(multitrack, "write_matroska", write_while_the_other_ends)
    emission = await dub(asking(job, extras))
    path = await fetched(job, emission, MULTITRACK, tmp_path)
    assert [s["language"] for s in streams(path, "a")] == ["eng", "spa", "por"]
    assert len(written) == 2


async def test_a_new_revision_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    context = stage_context("muxing", tmp_path)

    def finished(language: str, revision: int, digest: str) -> FinishedDub:
        envelope = events_pb2.Envelope(job_id="j", revision=revision, target_language=language)
        spec = events_pb2.DubSpec(target_languages=["de", "es"])
        event = events_pb2.Event(envelope=envelope, spec=spec)
        return FinishedDub(event, context, muxing_pb2.MuxingProducts(digest=digest), 10.0)

    dubs = [
        finished("es", 2, "new"),
        finished("es", 10, "newest"),
        finished("es", 0, "old"),
        finished("de", 0, "german"),
        finished("fr", 0, "not asked for any more"),
    ]
    for each in dubs:
        await multitrack.enter(each)
    so_far = await multitrack.done_so_far(dubs[0])
    assert [(tag, base.digest) for tag, base in so_far.items()] == [
        ("de", "german"), ("es", "newest"),
    ]  # fmt: skip


async def test_what_is_private_goes_and_what_is_the_pictures_stays(tmp_path: Path) -> None:
    colours = {
        "color_range": "pc", "color_primaries": "bt2020", "color_transfer": "bt2020-10",
        "color_space": "bt2020nc",
    }  # fmt: skip
    tags = [part for tag in PRIVATE_TAGS.items() for part in ("-metadata", "=".join(tag))]
    job = await clip_job(
        tmp_path, "-color_range", "pc", "-color_primaries", "bt2020", "-color_trc", "bt2020-10",
        "-colorspace", "bt2020nc", name="plain.mov",
    )  # fmt: skip
    turned = tmp_path / "turned.mov"
    ffmpeg(
        "-i",
        tmp_path / "plain.mov",
        "-c",
        "copy",
        "-movflags",
        "use_metadata_tags",
        *tags,
        "-metadata:s:v:0",
        "handler_name=Phone 99",
        "-metadata:s:v:0",
        "rotate=90",
        turned,
    )
    await job.context.store.put_file("uploads/v1/source", turned)
    said = str(ffprobe(turned, "format_tags:stream_tags"))
    assert all(value[:10].split()[0] in said for value in PRIVATE_TAGS.values())
    emission = await dub(asking(job, ALL))

    media = [f for f in emission.products.muxing.files if f.kind in ("video", "stem")]
    assert len(media) == 7
    for file in media:
        path = await fetched(job, emission, file.name, tmp_path)
        said = str(ffprobe(path, "format_tags:stream_tags"))
        for name, value in PRIVATE_TAGS.items():
            assert name not in said and value[:10].split()[0] not in said, file.name
        if file.kind == "video":
            (row,) = ffprobe(path, f"stream={','.join(colours)}", "-select_streams", "v")
            assert set(row.strip(",").split(",")) == set(colours.values()), file.name

    mp4 = tmp_path / "My talk.es.mp4"
    assert picture_hash(mp4) == picture_hash(turned)
    assert ffprobe(turned, "stream_side_data=rotation") == ["90"]
    assert ffprobe(mp4, "stream_side_data=rotation") == ["90"]
    for name in ("My talk.es.burned.mp4", "My talk.es.mkv", MULTITRACK):
        shown = await read_picture(tmp_path / name)
        assert shown is not None
        assert (shown.frame, shown.turned) == ((240, 320), False), name
    reasons = [w.message for w in emission.warnings if w.code == "picture_reencoded"]
    assert len(reasons) == 4


def hdr_clip(folder: Path) -> Path:
    """HEVC as phones and cameras record HDR10, with sound."""
    clip = folder / "hdr.mov"
    ffmpeg(
        "-f", "lavfi", "-i", "color=s=64x64:r=25:d=0.4", "-f", "lavfi", "-i", "sine=d=0.4",
        "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
        "-x265-params", "log-level=error:hdr-opt=1:repeat-headers=1:colorprim=bt2020:"
        "transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:master-display="
        "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)", clip,
    )  # fmt: skip
    return clip


async def test_a_slowed_picture_of_high_dynamic_range_keeps_its_ten_bits(tmp_path: Path) -> None:
    clip, dubbed = hdr_clip(tmp_path), tmp_path / "dub.mp4"
    slowing = picture_filter(TimeMap(((0, 0), (100, 100), (300, 400))), 0.0)
    muxed = await files.join_picture(
        clip, files.Picture(0, "hevc"), clip, dubbed, language="es", duration_s=0.5, timeout_s=60,
        slowing=slowing,
    )  # fmt: skip
    assert muxed.picture == "reencoded"
    figures = "stream=codec_name,pix_fmt,color_transfer,color_primaries"
    [said] = ffprobe(dubbed, figures, "-select_streams", "v")
    assert said == "h264,yuv420p10le,smpte2084,bt2020"
    assert len(ffprobe(dubbed, "frame=pts_time", "-select_streams", "v")) == 10


async def test_what_makes_a_picture_high_dynamic_range_stays_with_it(tmp_path: Path) -> None:
    clip, dubbed = hdr_clip(tmp_path), tmp_path / "dub.mp4"
    muxed = await files.join_picture(
        clip, files.Picture(0, "hevc"), clip, dubbed, language="es", duration_s=0.4, timeout_s=60
    )  # the clip's own sound stands for the dub's
    assert muxed.picture == "copied"
    figures = "frame_side_data=max_luminance,max_content:frame=color_transfer"
    said = [ffprobe(path, figures, "-read_intervals", "%+#1") for path in (clip, dubbed)]
    assert "10000000/10000" in str(said[0]) and "1000" in str(said[0]) and "smpte2084" in str(said)
    assert said[0] == said[1]
    shown = await read_picture(dubbed)
    assert shown is not None and shown.pixels == "format=yuv420p10le"


async def test_sound_alone_has_no_picture_to_draw_into(tmp_path: Path) -> None:
    job = await clip_job(tmp_path)
    job.events[0].products.separation.media.ClearField("video")
    job.events[1].products.separation.media.ClearField("video")
    sound = tmp_path / "sound.m4a"
    ffmpeg("-i", tmp_path / "clip.mp4", "-map", "0:a", "-c", "copy", sound)
    await job.context.store.put_file("uploads/v1/source", sound)
    for event in job.events:
        event.products.separation.media.selected_audio = 0
        event.products.separation.media.audio[0].index = 0
    emission = await dub(asking(job, ALL))
    left_out = [w.message for w in emission.warnings if w.code == "extra_left_out"]
    assert [message.split()[0] for message in left_out] == ["burned", "burned_bilingual"]
    mka = await fetched(job, emission, "My talk.multitrack.mka", tmp_path)
    assert [s["language"] for s in streams(mka, "a")] == ["eng", "spa"]


async def test_letters_that_no_font_has_are_found(done: Done) -> None:
    fonts = await fonts_for("Hola, שלום, мир \ue000 \U000e0001", "es")
    assert "H" not in fonts.missing and "м" not in fonts.missing
    rare = "\U00013000\U00012000"
    if not (await fonts_for(rare, "en")).missing:
        pytest.skip("this machine has fonts for hieroglyphs and cuneiform")
    finished = FinishedDub(done.job.events[0], done.job.context, done.plain.products.muxing, 10.0)
    report = muxing_pb2.ReportDocument(
        line_reports=[muxing_pb2.LineReport(text="Many more words than that.", source_text=rare)]
    )
    assert (await fonts_of(finished, report, said=True)).missing == "".join(sorted(rare))
    report.line_reports[0].text = ""
    with pytest.raises(StageError, match="fonts-noto-core"):
        await fonts_of(finished, report, said=True)


async def test_any_folder_name_can_stand_in_a_filter(tmp_path: Path) -> None:
    folder = tmp_path / "it's [one]; two, three: 4\\5"
    folder.mkdir()
    script = folder / "a.ass"
    script.write_text(ass([], Look()), encoding="utf-8")
    graph = f"ass=filename={filter_value(str(script))}"
    ffmpeg("-f", "lavfi", "-i", "color=s=16x16:d=0.1", "-vf", graph, "-f", "null", "-")


async def test_titles_and_flags_are_as_given_and_no_others(tmp_path: Path) -> None:
    clip = tmp_path / "c.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=s=16x16:d=1", "-f", "lavfi", "-i", "sine=d=1",
           "-metadata:s:a:0", "handler_name=Jane", clip)  # fmt: skip
    shown = await read_picture(clip)
    assert shown is not None
    out = tmp_path / "c.mkv"
    await write_matroska(
        out, PictureTrack(clip, shown), [Track(clip, "a:0", "", "Unknown")], [],
        duration_s=1.0, timeout_s=30.0,
    )  # fmt: skip
    assert streams(out, "a") == [
        {"codec": "aac", "language": "", "title": "Unknown", "default": "0"}
    ]
