"""Reading ffprobe's answers and choosing the track."""

from __future__ import annotations

from typing import Any

import pytest

from polydub.errors import MediaError
from polydub_separation.probe import (
    audio_offset_s,
    choose_track,
    is_variable_rate,
    read_media,
    selected,
)

pytestmark = pytest.mark.unit


def audio(index: int, **fields: Any) -> dict[str, Any]:
    tags = {name: fields.pop(name) for name in ("language", "title") if name in fields}
    disposition = dict.fromkeys(fields.pop("is_", ()), 1)
    return {
        "index": index, "codec_type": "audio", "codec_name": "aac", "sample_rate": "48000",
        "channels": 2, "start_time": "0.000000", "tags": tags, "disposition": disposition,
        **fields,
    }  # fmt: skip


def video(index: int, **fields: Any) -> dict[str, Any]:
    return {
        "index": index, "codec_type": "video", "codec_name": "h264", "width": 1280, "height": 720,
        "r_frame_rate": "30/1", "avg_frame_rate": "30/1", **fields,
    }  # fmt: skip


def chosen(*streams: dict[str, Any], language: str = "") -> int:
    return read_media({"format": {}, "streams": list(streams)}, 1, language).selected_audio


def test_requested_language_comes_first() -> None:
    streams = audio(1, language="eng", is_=["default"], channels=6), audio(2, language="spa")
    assert chosen(*streams, language="es-MX") == 2
    assert chosen(*streams, language="auto") == 1


def test_a_track_without_language_is_better_than_one_in_another() -> None:
    assert chosen(audio(1, language="fre", is_=["default"]), audio(2), language="en") == 2


@pytest.mark.parametrize("disposition", ["comment", "descriptions", "visual_impaired", "karaoke"])
def test_side_tracks_are_skipped_by_disposition(disposition: str) -> None:
    assert chosen(audio(1, is_=["default", disposition]), audio(2)) == 2


@pytest.mark.parametrize(
    "title", ["Director's Commentary", "Kommentar", "Audio Description", "Karaoke", "Music only"]
)
def test_side_tracks_are_skipped_by_title(title: str) -> None:
    assert chosen(audio(1, title=title), audio(2, title="Stereo")) == 2


def test_a_commentary_is_better_than_nothing() -> None:
    assert chosen(audio(1, title="Commentary")) == 1


def test_default_then_channels_then_order() -> None:
    assert chosen(audio(1, channels=6), audio(2, is_=["default"])) == 2
    assert chosen(audio(1), audio(2, channels=6)) == 2
    assert chosen(audio(1), audio(2)) == 1


def test_tracks_that_cannot_be_decoded_do_not_count() -> None:
    assert chosen(audio(1, channels=0, is_=["default"]), audio(2)) == 2
    with pytest.raises(MediaError) as caught:
        choose_track([])
    assert caught.value.code == "no_audio_stream"


def test_a_picture_without_sound_has_no_audio_stream() -> None:
    with pytest.raises(MediaError) as caught:
        chosen(video(0))
    assert caught.value.code == "no_audio_stream"


def test_subtitles_alone_are_no_media() -> None:
    with pytest.raises(MediaError) as caught:
        chosen({"index": 0, "codec_type": "subtitle"})
    assert caught.value.code == "media_unreadable"


def test_facts_of_a_file() -> None:
    found = {
        "format": {"format_name": "matroska,webm", "duration": "10.381", "start_time": "-0.007"},
        "streams": [
            video(0, start_time="0.000000", tags={"DURATION": "00:00:10.333000000"}),
            audio(1, language="ger", start_time="-0.007", tags={
                "LANGUAGE": "ger", "DURATION": "01:00:10.381000000"}),
            video(2, codec_name="mjpeg", disposition={"attached_pic": 1}),
        ],
    }  # fmt: skip
    info = read_media(found, 436_346)
    assert [stream.index for stream in info.video] == [0]
    assert info.duration_s == pytest.approx(10.381)
    assert info.size_bytes == 436_346
    assert info.video[0].duration_s == pytest.approx(10.333)
    track = selected(info)
    assert track.language == "de"
    assert track.duration_s == pytest.approx(3610.388), "a Matroska tag tells the stream's end"
    assert audio_offset_s(info) == 0.0


def test_offset_is_from_the_container_start() -> None:
    found = {
        "format": {"start_time": "1.4"},
        "streams": [video(0, start_time="1.4"), audio(1, start_time="1.9")],
    }
    assert audio_offset_s(read_media(found, 1)) == pytest.approx(0.5)


def test_container_start_falls_back_to_the_earliest_stream() -> None:
    found = {"format": {}, "streams": [video(0, start_time="0.2"), audio(1, start_time="N/A")]}
    assert read_media(found, 1).start_s == 0.0


def test_unknown_values_are_zero_or_empty() -> None:
    info = read_media(
        {"format": {"duration": "N/A"}, "streams": [audio(0, language="und", duration="N/A")]}, 1
    )
    assert info.duration_s == 0.0
    assert info.audio[0].language == ""
    assert info.audio[0].duration_s == 0.0


@pytest.mark.parametrize(
    ("base", "average", "order", "variable"),
    [
        ("30/1", "30/1", "progressive", False),
        ("30/1", "30000/1001", "progressive", False),
        ("30/1", "1350/61", "progressive", True),
        ("50/1", "25/1", "tt", False),
        ("50/1", "25/1", "progressive", True),
        ("0/0", "0/0", "progressive", False),
        ("90000/1", "0/0", "progressive", False),
    ],
)
def test_variable_rate(base: str, average: str, order: str, variable: bool) -> None:
    stream = {"r_frame_rate": base, "avg_frame_rate": average, "field_order": order}
    assert is_variable_rate(stream) is variable
