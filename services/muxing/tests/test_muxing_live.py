"""A talk in three parts, played while it is made: segments decoded and compared with the dub."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from muxing_jobs import (
    RATE_HZ,
    Job,
    SaidLine,
    Sound,
    decoded,
    ffmpeg,
    ffprobe,
    music,
    picture_hash,
)
from muxing_live import joined, list_key, listed, live_job, served

from polydub.artifacts import dump_document
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.stage import Emission
from polydub.testing import MemoryLedger, stage_context
from polydub.v1 import common_pb2, muxing_pb2, tts_pb2
from polydub_muxing.engines.registry import open_registry
from polydub_muxing.handler import MuxingHandler
from polydub_muxing.hls import live
from polydub_muxing.hls.grid import FRAME, Grid
from polydub_muxing.hls.picture import make_picture
from polydub_muxing.hls.renditions import PICTURE, RenditionFolder
from polydub_muxing.settings import MuxingSettings

pytestmark = pytest.mark.integration

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-pix_fmt", "yuv420p")
GRID = Grid(RATE_HZ)
BORDER = GRID.frames * FRAME
CLIP_S, FRAME_S = 20.0, 0.04


@dataclass(frozen=True)
class Lived:
    """A job that has gone through, and what was listed of its language after each part."""

    job: Job
    folder: Path
    after: list[muxing_pb2.HlsRendition]
    emission: Emission
    dub: Path

    @property
    def store_dir(self) -> Path:
        return self.folder / "store"


def handler() -> MuxingHandler:
    return MuxingHandler(open_registry(MuxingSettings(), CommonSettings()), MuxingSettings())


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("lived")

    async def live_through() -> Lived:
        context = stage_context("muxing", folder)
        job = await live_job(context, folder, *H264, "-c:a", "aac")
        after, emissions = [], []
        for event in job.events:
            emissions += await handler().handle(event, context)
            now = await listed(job, "es")
            assert now is not None
            after.append(now)
        [emission] = emissions
        dub = await job.output(emission.products, "video", folder)
        return Lived(job, folder, after, emission, dub)

    return asyncio.run(live_through())


async def test_segments_come_with_the_parts(lived: Lived) -> None:
    first, second, last = lived.after
    assert [len(each.segments) for each in lived.after] == [1, 2, 4]
    assert [each.complete for each in lived.after] == [False, False, True]
    assert first.segments == second.segments[:1]
    lengths = [each.duration_s for each in last.segments]
    assert lengths[:3] == [pytest.approx(GRID.segment_s)] * 3
    assert sum(lengths) == pytest.approx(CLIP_S, abs=2 * FRAME / RATE_HZ)
    assert (first.init_key, first.codecs, first.channels) == (last.init_key, "mp4a.40.2", 2)
    assert not {each.code for each in lived.emission.warnings} & {
        "extra_left_out",
        "picture_reencoded",
    }


async def test_live_segments_join_without_click_or_gap(lived: Lived, tmp_path: Path) -> None:
    """Two encoders' runs meet where segment 1 begins; no sample near it is off by more than what
    encoding does everywhere."""
    sound = live_sound(await joined(lived.job, lived.after[1], tmp_path / "live.mp4"))
    dub = decoded(lived.dub, 2)[: len(sound)]
    assert len(sound) == 2 * BORDER - FRAME
    off = sound - dub
    here = BORDER - FRAME
    around = slice(here - 2 * FRAME, here + 2 * FRAME)
    assert rms(off[around]) < 0.1 * rms(dub[around])
    assert rms(off) < 0.1 * rms(dub)
    steps = np.abs(np.diff(sound, axis=0)).max(axis=1)
    assert steps[here - 2 : here + 2].max() <= 1.2 * np.abs(np.diff(dub, axis=0)).max()


async def test_the_finished_sound_is_the_dubs_own(lived: Lived, tmp_path: Path) -> None:
    sound = live_sound(await joined(lived.job, lived.after[2], tmp_path / "done.mp4"))
    dub = decoded(lived.dub, 2)
    assert 0 <= len(sound) - len(dub) < FRAME
    np.testing.assert_array_equal(sound[: len(dub)], dub)


async def test_the_picture_is_the_sources_own(lived: Lived, tmp_path: Path) -> None:
    rendition = await listed(lived.job, "picture")
    assert rendition is not None and rendition.complete
    picture = await joined(lived.job, rendition, tmp_path / "picture.mp4")
    assert picture_hash(picture) == picture_hash(lived.folder / "clip.mp4")
    assert [round(each.duration_s, 3) for each in rendition.segments] == [6.0] * 3 + [2.0]
    assert (rendition.width, rendition.height, rendition.frame_rate) == (160, 120, 25.0)
    profile, level = ffprobe(lived.dub, "stream=profile,level", "-select_streams", "v")[0].split(
        ","
    )
    assert profile and rendition.codecs.endswith(f"{int(level):02X}")


async def test_subtitles_are_cut_in_the_presentations_time(lived: Lived) -> None:
    rendition = await listed(lived.job, "es-subtitles")
    assert rendition is not None and rendition.complete
    texts = [
        (await lived.job.context.store.get_bytes(each.key)).decode() for each in rendition.segments
    ]
    head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
    assert all(text.startswith(head) for text in texts)
    assert sum(each.duration_s for each in rendition.segments) == pytest.approx(CLIP_S, abs=0.05)
    vtt = next(f for f in lived.emission.products.muxing.files if f.key.endswith(".vtt"))
    whole = (await lived.job.context.store.get_bytes(vtt.key)).decode()
    cues = [cue for cue in whole.split("\n\n")[1:] if cue]
    assert all(any(cue in text for text in texts) for cue in cues)


async def test_a_player_plays_it_all_over_http(lived: Lived, tmp_path: Path) -> None:
    with served(lived.job, lived.store_dir) as url:
        streams = probed(url)
        kinds = [each["codec_type"] for each in streams]
        assert (kinds.count("video"), kinds.count("audio")) == (1, 2)
        languages = {
            each["tags"]["language"]: each["index"]
            for each in streams
            if each["codec_type"] == "audio"
        }
        shown = tmp_path / "shown.txt"
        played(url, "-map", "0:v", "-f", "framemd5", shown)
        for language, index in languages.items():
            played(url, "-map", f"0:{index}", tmp_path / f"{language}.wav")
    frames = [line for line in shown.read_text().splitlines() if not line.startswith("#")]
    assert len(frames) == CLIP_S / FRAME_S
    dub = decoded(lived.dub, 2)
    for language in ("es", "en"):
        heard = decoded(tmp_path / f"{language}.wav", 2)
        assert abs(len(heard) - len(dub)) <= FRAME_S * RATE_HZ
    spanish = aligned(decoded(tmp_path / "es.wav", 2), dub)
    np.testing.assert_allclose(spanish[: len(dub)], dub, atol=2**-15)


async def test_a_player_plays_what_there_is_before_the_job_is_done(
    lived: Lived, tmp_path: Path
) -> None:
    """The store as it was after the first part, for a player that comes now."""
    store = lived.store_dir / list_key("es")
    finished = store.read_bytes()
    subtitles = lived.store_dir / list_key("es-subtitles")
    hidden = subtitles.rename(subtitles.with_suffix(".hidden"))
    live_now = json.loads((store.parent / "part-00000.json").read_text())
    store.write_text(json.dumps(live_now))
    try:
        with served(lived.job, lived.store_dir) as url:
            played(url, "-map", "0:v", "-map", "0:a:0", "-t", "5", tmp_path / "part.mkv")
    finally:
        store.write_bytes(finished)
        hidden.rename(subtitles)
    (length,) = ffprobe(tmp_path / "part.mkv", "format=duration")
    assert float(length) == pytest.approx(5, abs=0.1)


async def test_out_of_order_twice_and_elsewhere_the_same_segments_come(
    lived: Lived, tmp_path: Path
) -> None:
    first, second, _ = lived.job.events
    context = stage_context("muxing", tmp_path)
    job = await live_job(context, tmp_path, *H264, "-c:a", "aac")
    assert await handler().handle(second, context) == []
    assert await listed(job, "es") is None, "nobody can begin in the middle"
    assert await listed(job, "picture") is not None, "the first event makes it, whichever it is"
    replicas = [job.elsewhere(f"replica{n}").context for n in range(2)]
    await asyncio.gather(*(handler().handle(first, each) for each in replicas))
    await handler().handle(second, context)
    now = await listed(job, "es")
    assert now == lived.after[1]
    for segment in now.segments:
        ours = await context.store.get_bytes(segment.key)
        assert ours == await lived.job.context.store.get_bytes(segment.key)


async def test_a_redelivery_after_the_end_changes_nothing(lived: Lived) -> None:
    event = lived.job.events[0]
    assert await handler().handle(event, lived.job.context) == []
    assert await listed(lived.job, "es") == lived.after[2]
    other = replace(lived.job.context, ledger=MemoryLedger())
    assert await handler().handle(event, other) == []
    assert await listed(lived.job, "es") == lived.after[2]


async def test_what_fails_live_fails_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise StageError("engine_failed", "ffmpeg failed.")

    monkeypatch.setattr(live, "encode_window", broken)
    context = stage_context("muxing", tmp_path)
    job = await live_job(context, tmp_path, *H264, "-c:a", "aac")
    assert await handler().handle(job.events[0], context) == []
    assert await listed(job, "es") is None
    assert await listed(job, "picture") is not None


async def test_a_part_in_which_nobody_speaks_is_heard_too(tmp_path: Path) -> None:
    context = stage_context("muxing", tmp_path)
    job = await live_job(context, tmp_path, picture="", name="talk.wav")
    first = job.events[0]
    silent = tts_pb2.SpeechDocument(schema_version=1, target_language="es")
    await context.store.put_bytes(first.products.tts.document_key, dump_document(silent))
    assert await handler().handle(first, context) == []
    sound = live_sound(await joined(job, await spoken(job), tmp_path / "es.mp4"))
    assert rms(sound) > 0.001, "the bed is there"


SHORT = (SaidLine("u1", "S1", 600, 1400, 700), SaidLine("u2", "S2", 1800, 2700, 800, part=1))


async def short_job(tmp_path: Path, *arguments: object, **options: object) -> Job:
    """Three seconds in two parts: no segment is whole before the end."""
    context = stage_context("muxing", tmp_path)
    options = {"lines": SHORT, "bed": music(3000), "parts_ms": (0, 1500, 3000), **options}
    return await live_job(context, tmp_path, *arguments, **options)  # type: ignore[arg-type]


async def finished(job: Job) -> Emission:
    emissions = [each for e in job.events for each in await handler().handle(e, job.context)]
    [emission] = emissions
    return emission


async def test_a_codec_that_few_play_is_encoded_and_said_so(tmp_path: Path) -> None:
    """And the sound begins late: it does so beside the picture, too."""
    job = await short_job(
        tmp_path, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus",
        picture="vp8", name="late.webm", offset_s=0.437,
    )  # fmt: skip
    emission = await finished(job)
    said = [w.message for w in emission.warnings if w.code == "picture_reencoded"]
    assert any("live stream" in message for message in said)
    rendition = await listed(job, "picture")
    assert rendition is not None and rendition.codecs.startswith("avc1.")
    dub = await job.output(emission.products, "video", tmp_path)
    sound = live_sound(await joined(job, await spoken(job), tmp_path / "es.mp4"))
    np.testing.assert_array_equal(sound[: 3 * RATE_HZ], decoded(dub, 2)[: 3 * RATE_HZ])


async def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    job = await short_job(tmp_path, picture="", name="talk.wav")
    await finished(job)
    assert await listed(job, "picture") is None
    assert (await spoken(job)).complete
    with served(job, tmp_path / "store") as url:
        assert [each["codec_type"] for each in probed(url)].count("audio") >= 2


async def test_an_encoded_picture_of_high_dynamic_range_keeps_its_ten_bits(tmp_path: Path) -> None:
    clip, colours = tmp_path / "hdr.mov", "color_trc=smpte2084:color_primaries=bt2020"
    ffmpeg(
        "-f", "lavfi", "-i", "color=s=64x64:r=25:d=0.4",
        "-vf", f"setparams={colours}:colorspace=bt2020nc", "-c:v", "prores_ks",
        "-pix_fmt", "yuv422p10le", "-color_trc", "smpte2084", "-color_primaries", "bt2020",
        "-colorspace", "bt2020nc", clip,
    )  # fmt: skip
    assert ffprobe(clip, "stream=color_transfer") == ["smpte2084"]
    folder = RenditionFolder(stage_context("muxing", tmp_path).store, "v1", "j1", 0, PICTURE)
    video = common_pb2.VideoStream(codec="prores", frame_rate="25/1", duration_s=0.4)
    await make_picture(folder, clip, video, tmp_path, timeout_s=60)
    rendition = await folder.read()
    assert rendition is not None and rendition.complete
    assert rendition.codecs.startswith("avc1.6E"), "High 10: ITU-T H.264, A.2.5"


async def test_where_the_picture_is_slowed_there_is_none(tmp_path: Path) -> None:
    job = await short_job(tmp_path, *H264, "-c:a", "aac")
    for event in job.events:
        event.spec.fit_mode = muxing_pb2.FIT_MODE_SLOW_PICTURE
    emission = await finished(job)
    [left_out] = [w for w in emission.warnings if w.code == "extra_left_out"]
    assert left_out.message.startswith("hls was left out")
    assert await listed(job, "es") is None and await listed(job, "picture") is None


async def spoken(job: Job) -> muxing_pb2.HlsRendition:
    rendition = await listed(job, "es")
    assert rendition is not None
    return rendition


def live_sound(path: Path) -> Sound:
    """Decoded without the encoder's first frame, which the header's edit list takes out."""
    assert float(ffprobe(path, "stream=start_time")[0]) == pytest.approx(-FRAME / RATE_HZ, abs=1e-6)
    return decoded(path, 2)[FRAME:]


def aligned(heard: Sound, dub: Sound) -> Sound:
    """Without the encoder's first frame, where the player left it in."""
    return heard[FRAME:] if len(heard) >= len(dub) + FRAME else heard


def rms(sound: Sound) -> float:
    return float(np.sqrt(np.square(sound).mean()))


def probed(url: str) -> list[dict]:  # type: ignore[type-arg]
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert not done.stderr, done.stderr
    streams: list[dict] = json.loads(done.stdout)["streams"]  # type: ignore[type-arg]
    return streams


def played(url: str, *arguments: object) -> None:
    """Decodes what a player would; any complaint is a failure."""
    command = ["ffmpeg", "-v", "error", "-y", "-live_start_index", "0", "-i", url]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=60
    )
    assert not done.stderr, done.stderr
