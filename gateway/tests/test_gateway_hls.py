"""Live streams: playlists by the standard's rules, and what is answered over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playlist_rules import check_growth, read_master, read_media

from polydub.artifacts import dump_document
from polydub.v1 import muxing_pb2
from polydub_gateway.jobs.playlists import (
    Presentation,
    key_of,
    master_playlist,
    media_playlist,
)

pytestmark = pytest.mark.integration

FRAME_S = 281 * 1024 / 48000


def sound(
    durations: Sequence[float], *, language: str = "", complete: bool = False, folder: str = "f"
) -> muxing_pb2.HlsRendition:
    return muxing_pb2.HlsRendition(
        kind=muxing_pb2.HLS_KIND_SOUND, language=language, codecs="mp4a.40.2", bandwidth=130_000,
        channels=2, init_key=f"{folder}/init.mp4", complete=complete,
        segments=[
            muxing_pb2.HlsSegment(key=f"{folder}/live-{n}.m4s", duration_s=duration_s)
            for n, duration_s in enumerate(durations)
        ],
    )  # fmt: skip


def picture(*durations: float, folder: str = "p") -> muxing_pb2.HlsRendition:
    made = sound(durations, complete=True, folder=folder)
    made.kind, made.codecs, made.bandwidth = muxing_pb2.HLS_KIND_PICTURE, "avc1.64001F", 2_000_000
    made.width, made.height, made.frame_rate = 1280, 720, 30000 / 1001
    return made


def subtitles(folder: str = "s") -> muxing_pb2.HlsRendition:
    return muxing_pb2.HlsRendition(
        kind=muxing_pb2.HLS_KIND_SUBTITLES, language="es", bandwidth=200, complete=True,
        segments=[muxing_pb2.HlsSegment(key=f"{folder}/0.vtt", duration_s=6)],
    )  # fmt: skip


def test_the_master_playlist_has_all_there_is() -> None:
    shown = Presentation(
        sounds={"es": sound([FRAME_S], language="es"), "pt-BR": sound([FRAME_S], language="pt-BR")},
        subtitles={"es": subtitles()},
        picture=picture(6.0),
        original=sound([FRAME_S]),
        source_language="en",
    )
    master = read_master(master_playlist(shown))
    assert master.uri == "picture.m3u8"
    assert master.variant["CODECS"] == '"avc1.64001F,mp4a.40.2"'
    assert (master.variant["RESOLUTION"], master.variant["FRAME-RATE"]) == ("1280x720", "29.970")
    assert int(master.variant["BANDWIDTH"]) == 2_000_000 + 130_000 + 200
    heard = [(m["NAME"], m.get("LANGUAGE"), m["DEFAULT"]) for m in master.of_type("AUDIO")]
    assert heard == [
        ('"Español"', '"es"', "YES"),
        ('"Português (Brasil)"', '"pt-BR"', "NO"),
        ('"Original (English)"', '"en"', "NO"),
    ]
    assert [m["URI"] for m in master.of_type("SUBTITLES")] == ['"es-subtitles.m3u8"']


def test_sound_alone_is_its_own_variant() -> None:
    master = read_master(master_playlist(Presentation({"es": sound([FRAME_S])}, {})))
    assert master.uri == "es.m3u8"
    assert master.variant["CODECS"] == '"mp4a.40.2"'
    assert "RESOLUTION" not in master.variant and "SUBTITLES" not in master.variant


def test_a_playlist_grows_and_then_ends() -> None:
    def playlist(count: int, *, ended: bool = False) -> Any:
        shown = Presentation(
            {"es": sound([FRAME_S] * count + [1.5] * ended)}, {}, picture(6.0, 4.0)
        )
        found = shown.rendition("es")
        assert found is not None
        return read_media(media_playlist("es", found, target_s=shown.target_s, ended=ended))

    one, two, all_of_it = playlist(1), playlist(2), playlist(3, ended=True)
    check_growth(one, two)
    check_growth(two, all_of_it)
    assert (one.kind, one.ended, all_of_it.kind, all_of_it.ended) == ("EVENT", False, "VOD", True)
    assert one.segments[0] == ("es/segment-00000.m4s", pytest.approx(FRAME_S, abs=1e-6))
    assert (one.header, one.target_s) == ("es/init.mp4", 6)


def test_a_picture_with_rare_key_frames_makes_all_targets_longer() -> None:
    shown = Presentation({"es": sound([FRAME_S])}, {}, picture(10.4, 3.0))
    assert shown.target_s == 10
    assert Presentation({"es": sound([1.0])}, {}, picture(2.0)).target_s == 6


def test_only_names_of_the_playlist_name_files() -> None:
    shown = sound([6.0, 6.0])
    assert key_of(shown, "segment-00001.m4s") == "f/live-1.m4s"
    assert key_of(shown, "init.mp4") == "f/init.mp4"
    for other in ("segment-00002.m4s", "segment-1.m4s", "segment-00001.vtt", "hls.json", "", "²"):
        assert key_of(shown, other) is None
    assert key_of(subtitles(), "segment-00000.vtt") == "s/0.vtt"


# --- over HTTP -------------------------------------------------------------------------------


def put(gateway: Any, dub: dict[str, Any], name: str, rendition: muxing_pb2.HlsRendition) -> None:
    """Stores a rendition as muxing does."""
    folder = f"videos/{dub['video_id']}/live/{dub['id']}/{dub['revision']}/{name}"
    for number, segment in enumerate(rendition.segments):
        segment.key = f"{folder}/{Path(segment.key).name}"
        store(gateway, segment.key, f"{name} {number}".encode())
    if rendition.init_key:
        rendition.init_key = f"{folder}/init.mp4"
        store(gateway, rendition.init_key, b"header")
    store(gateway, f"{folder}/hls.json", dump_document(rendition))


def store(gateway: Any, key: str, data: bytes) -> None:
    path = gateway.store_dir / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


async def test_nothing_to_play_without_asking_or_too_early(gateway: Any) -> None:
    plain = await gateway.dub("es")
    asked = await gateway.dub("es", "fr", extras=["hls"])
    assert asked["extras"] == ["hls"]
    for dub, said in ((plain, "hls"), (asked, "while")):
        answer = await gateway.http.get(f"/v1/dubs/{dub['id']}/hls/master.m3u8")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert said in answer.json()["hint"]
        assert dub["hls_url"] is None
    put(gateway, asked, "es", sound([FRAME_S], language="es"))
    early = (await gateway.http.get(f"/v1/dubs/{asked['id']}")).json()
    assert early["hls_url"] is None, "the picture is still missing"
    answer = await gateway.http.get(f"/v1/dubs/{plain['id']}/hls/es/init.mp4")
    assert answer.status_code == 404
    assert (await gateway.http.get("/v1/dubs/dub_0/hls/master.m3u8")).status_code == 404


async def test_a_stream_from_its_first_segment_to_its_end(gateway: Any) -> None:
    dub = await gateway.dub("es", "fr", extras=["hls"])
    put(gateway, dub, "picture", picture(6.0, 6.0))
    put(gateway, dub, "original", sound([FRAME_S]))
    put(gateway, dub, "es", sound([FRAME_S], language="es"))
    url = (await gateway.http.get(f"/v1/dubs/{dub['id']}")).json()["hls_url"]
    assert url == f"/v1/dubs/{dub['id']}/hls/master.m3u8"
    [listed] = (await gateway.http.get("/v1/dubs")).json()["dubs"]
    assert listed["hls_url"] == url

    answer = await gateway.http.get(url)
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert [m["URI"] for m in read_master(answer.text).media] == ['"es.m3u8"', '"original.m3u8"']
    unchanged = {"If-None-Match": answer.headers["etag"]}
    assert (await gateway.http.get(url, headers=unchanged)).status_code == 304

    base = f"/v1/dubs/{dub['id']}/hls/"
    live = read_media((await gateway.http.get(base + "es.m3u8")).text)
    assert (live.kind, len(live.segments)) == ("EVENT", 1)
    segment = await gateway.http.get(base + live.segments[0][0])
    assert (segment.content, segment.headers["content-type"]) == (b"es 0", "audio/mp4")
    assert segment.headers["cache-control"] == "private, no-cache"
    assert (await gateway.http.get(base + live.header)).content == b"header"
    assert (await gateway.http.get(base + "fr.m3u8")).status_code == 404
    assert (await gateway.http.get(base + "es/segment-00001.m4s")).status_code == 404
    assert (await gateway.http.get(base + "es/hls.json")).status_code == 404

    put(gateway, dub, "es", sound([FRAME_S, 3.0], language="es", complete=True, folder="final"))
    put(gateway, dub, "es-subtitles", subtitles())
    whole = read_media((await gateway.http.get(base + "es.m3u8")).text)
    check_growth(live, whole)
    assert (whole.kind, whole.ended) == ("VOD", True)
    part = await gateway.http.get(base + whole.segments[1][0], headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"s ")
    assert part.headers["content-range"] == "bytes 1-2/4"
    assert "immutable" in part.headers["cache-control"]
    head = await gateway.http.head(base + whole.segments[1][0])
    assert (head.headers["content-length"], head.content) == ("4", b"")
    cue = await gateway.http.get(base + "es-subtitles/segment-00000.vtt")
    assert cue.headers["content-type"].startswith("text/vtt")
    shown = await gateway.http.get(base + "picture/segment-00001.m4s")
    assert (shown.content, shown.headers["content-type"]) == (b"picture 1", "video/mp4")


async def test_a_canceled_stream_ends_where_it_is(gateway: Any, story_of: Any, tell: Any) -> None:
    dub = await gateway.dub("es", extras=["hls"])
    put(gateway, dub, "picture", picture(6.0, 6.0))
    put(gateway, dub, "es", sound([FRAME_S], language="es"))
    await tell([(await story_of(dub)).canceled()])
    await gateway.until(dub["id"], "canceled")
    playlist = read_media((await gateway.http.get(f"/v1/dubs/{dub['id']}/hls/es.m3u8")).text)
    assert playlist.ended and len(playlist.segments) == 1
    deleted = await gateway.http.delete(f"/v1/videos/{dub['video_id']}")
    assert deleted.status_code == 204
    assert not list((gateway.store_dir / "videos" / dub["video_id"]).rglob("*.m4s"))


async def test_the_routes_are_described_with_examples(gateway: Any) -> None:
    paths = (await gateway.http.get("/openapi.json")).json()["paths"]
    for path in ("master.m3u8", "{rendition}.m3u8"):
        answer = paths[f"/v1/dubs/{{dub_id}}/hls/{path}"]["get"]["responses"]["200"]
        example = answer["content"]["application/vnd.apple.mpegurl"]["example"]
        assert (read_master if path == "master.m3u8" else read_media)(example)
    segment = paths["/v1/dubs/{dub_id}/hls/{rendition}/{file}"]["get"]["responses"]
    assert {"200", "206", "304", "404", "416"} <= set(segment)
