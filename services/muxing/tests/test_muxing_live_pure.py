"""What live streaming reckons with: the grid, what is ready when, boxes and codec names."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.errors import StageError
from polydub.v1 import diarization_pb2
from polydub_muxing.fit.placement import Placement, Step
from polydub_muxing.hls import boxes
from polydub_muxing.hls.aac import AacConfig, AdtsReader
from polydub_muxing.hls.codec_names import codec_name
from polydub_muxing.hls.finishing import subtitle_segment
from polydub_muxing.hls.grid import FRAME, Grid
from polydub_muxing.hls.renditions import peak_bandwidth
from polydub_muxing.hls.sound import SegmentCutter
from polydub_muxing.hls.stretches import (
    LEAD_IN_FRAMES,
    Timeline,
    expected_lines,
    part_ends,
    settled,
)
from polydub_muxing.outputs.subtitle_layout import Cue

pytestmark = pytest.mark.unit

rates = st.sampled_from([8000, 16000, 22050, 32000, 44100, 48000, 96000])


@given(rates, st.integers(0, 10**9))
def test_segments_are_whole_frames_of_about_six_seconds(rate_hz: int, samples: int) -> None:
    grid = Grid(rate_hz)
    assert abs(grid.segment_s - 6) <= FRAME / rate_hz / 2 + 1e-9
    count = grid.segments_within(samples)
    assert count == 0 or grid.needed_until(count - 1) <= samples
    assert grid.needed_until(count) > samples


@given(
    rates,
    st.integers(0, 200_000),
    st.lists(st.integers(1, 90_000), min_size=1, max_size=8),
)
def test_every_segment_belongs_to_one_part(rate_hz: int, delay: int, lengths: list[int]) -> None:
    ends = [sum(lengths[: n + 1]) for n in range(len(lengths))]
    timeline = Timeline(Grid(rate_hz), delay, ends)
    stretches = [timeline.stretch(part) for part in range(len(ends))]
    assert stretches[0].first == 0
    for before, after in itertools.pairwise(stretches):
        assert after.first == before.last
    for each in stretches:
        assert each.start_ms % 1000 == 0 and each.start_ms <= each.heard_from_ms
        fed = timeline.fed_from(each)
        assert fed % FRAME == 0
        assert fed + timeline.lead_in(each) * FRAME == each.first * timeline.grid.frames * FRAME
        assert timeline.lead_in(each) <= LEAD_IN_FRAMES
        # What is fed to the encoder is in the window that is mixed.
        assert fed - delay >= each.start_ms * rate_hz // 1000 or each.start_ms == 0


def test_lines_that_have_begun_to_sound_stay_where_they_are() -> None:
    def placed(name: str, start_ms: int, tempo: float) -> Placement:
        return Placement(name, start_ms, 1000, tempo, Step.STRETCHED, "", (), start_ms + 1000)

    before = [placed("a", 0, 1.0), placed("b", 5500, 1.0), placed("c", 7000, 1.0)]
    now = [placed("a", 0, 1.1), placed("b", 5500, 1.1), placed("c", 7000, 1.1)]
    assert [each.tempo for each in settled(now, before, 6000)] == [1.0, 1.0, 1.1]
    early = [*now, placed("d", 5800, 1.1)]
    assert [each.start_ms for each in settled(early, before, 6000)] == [0, 5500, 7000, 6000]


def test_what_is_not_spoken_yet_is_expected_as_in_the_source() -> None:
    document = diarization_pb2.DiarizationDocument()
    document.parts.add(index=1, start_ms=5000, end_ms=9000)
    document.parts.add(index=0, start_ms=0, end_ms=5000)
    document.utterances.add(id="u1", speaker_id="S1", start_ms=1000, end_ms=2000, part=0)
    document.utterances.add(id="u2", speaker_id="S2", start_ms=5500, end_ms=7000, part=1)
    assert part_ends(document) == [5000, 9000]
    [line] = expected_lines(document, 1)
    assert (line.id, line.start_ms, line.duration_ms) == ("u2", 5500, 1500)


def adts(*frames: bytes, rate_index: int = 3, channels: int = 2) -> bytes:
    """Frames with heads as an encoder writes them."""
    written = b""
    for frame in frames:
        length = len(frame) + 7
        head = 0xFFF1 << 40 | 1 << 38 | rate_index << 34 | channels << 30
        written += (head | length << 13 | 0x7FF << 2).to_bytes(7) + frame
    return written


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=9), st.integers(1, 30))
def test_frames_come_out_of_pieces_of_any_size(frames: list[bytes], piece: int) -> None:
    reader, found = AdtsReader(), []
    data = adts(*frames)
    for at in range(0, len(data), piece):
        found += reader.feed(data[at : at + piece])
    assert found == frames
    assert reader.config == (AacConfig(48000, 2) if frames else None)


def test_what_is_no_adts_is_refused() -> None:
    with pytest.raises(StageError) as caught:
        AdtsReader().feed(b"RIFF....WAVE")
    assert caught.value.code == "engine_failed"


def test_the_cutter_numbers_and_times_its_segments() -> None:
    grid = Grid(8000)
    frames = [struct.pack(">I", n) for n in range(2 * grid.frames + 5)]
    cutter = SegmentCutter(number=3, skipped=4)
    data = adts(*frames, rate_index=11, channels=1)
    segments = [*cutter.feed(data), *cutter.flush()]
    assert [each.number for each in segments] == [3, 4, 5]
    assert [each.duration_s for each in segments[:2]] == [grid.segment_s] * 2
    assert segments[2].duration_s == pytest.approx(FRAME / 8000)
    first = segments[0].data
    moment = boxes.find(first, b"moof", b"traf", b"tfdt")
    assert moment is not None
    assert struct.unpack_from(">Q", first, moment.content + 4) == (3 * grid.frames * FRAME,)
    content = boxes.find(first, b"mdat")
    assert content is not None
    assert first[content.content :] == b"".join(frames[4 : 4 + grid.frames])
    assert boxes.ticks_of(first, 0) == grid.frames * FRAME


def test_a_header_tells_rate_and_language() -> None:
    config = AacConfig(44100, 6)
    header = boxes.sound_header(config, "spa", 0)
    assert boxes.time_scale(header) == 44100
    assert boxes.sample_entry(header)[4:8] == b"mp4a"
    assert [each.kind for each in boxes.inside(header, 0, len(header))] == [b"ftyp", b"moov"]
    assert config.specific == bytes([0x12, 0x30]), "LC, 44.1 kHz, 5.1: ISO/IEC 14496-3"
    assert AacConfig(48000, 2).specific == bytes([0x11, 0x90])


@pytest.mark.parametrize(
    ("entry", "kind", "record", "name"),
    [
        (b"avc1", b"avcC", "0164001fffe1", "avc1.64001F"),
        # Main profile, level 3.1, and constraints as encoders write them.
        (b"hvc1", b"hvcC", "01016000000090000000000 05d".replace(" ", ""), "hvc1.1.6.L93.90"),
        (b"hvc1", b"hvcC", "0122200000009000000000 0099".replace(" ", ""), "hvc1.2.4.H153.90"),
        (b"vp09", b"vpcC", "00", "vp09"),
    ],
)
def test_codecs_have_the_names_that_players_know(
    entry: bytes, kind: bytes, record: str, name: str
) -> None:
    described = boxes.box(entry, bytes(78), boxes.box(kind, bytes.fromhex(record)))
    table = boxes.full_box(b"stsd", 0, 0, struct.pack(">I", 1), described)
    for outer in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        table = boxes.box(outer, table)
    assert codec_name(table) == name


def test_nothing_is_made_of_what_is_not_there() -> None:
    assert boxes.head_of(b"\0\0") is None
    assert boxes.find(b"", b"moov") is None
    assert codec_name(b"") == ""
    assert list(boxes.inside(struct.pack(">I4s", 0, b"free"), 0, 8)) == []


def test_short_segments_don_t_count_for_the_peak() -> None:
    assert peak_bandwidth([(6000, 6.0), (9000, 6.0), (2000, 0.5)]) == 12_000
    assert peak_bandwidth([(2000, 0.5)]) == 32_000
    assert peak_bandwidth([]) == 0


def test_a_cue_stands_in_every_segment_in_which_it_is_shown() -> None:
    cues = (Cue(5500, 6500, ("A & B",)), Cue(7000, 8000, ("C",)))
    first, second, third = (subtitle_segment(cues, number) for number in range(3))
    assert first.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:05.500")
    assert "A &amp; B" in first and "A &amp; B" in second and "\nC\n" in second
    assert "C" not in first.partition("\n\n")[2] and "-->" not in third
