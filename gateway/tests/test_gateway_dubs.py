"""Jobs over HTTP: created, refused, repeated, listed, canceled, retried, restarted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from polydub.bus import Bus
from polydub.errors import StageError
from polydub.settings import CommonSettings
from polydub.testing import poll_until
from polydub.testing.servers import free_port, nats_server
from polydub.v1 import common_pb2, muxing_pb2

pytestmark = pytest.mark.integration


async def test_a_dub_runs_to_its_end(gateway: Any, story_of: Any, tell: Any) -> None:
    created = await gateway.dub("es", "fr")
    assert created["state"] == "queued"
    assert [each["language"] for each in created["languages"]] == ["es", "fr"]
    told = await story_of(created)
    await tell(told.whole()[1:])

    dub = await gateway.until(created["id"], "completed")
    assert dub["progress"] == 1
    assert dub["detected_language"] == "en"
    assert dub["finished_at"]
    assert dub["languages"][0]["artifacts"][0]["name"] == "talk.es.mp4"
    assert dub["languages"][0]["report"]["lines"] == 3
    assert {"stage": "asr", "id": "asr-engine", "version": "1"} in dub["engines_used"]


async def test_the_accepted_event_carries_the_request(gateway: Any, story_of: Any) -> None:
    dub = await gateway.dub("ES", "spa", speakers=2, fit_mode="strict", engines={"asr": "sphinx"})
    spec = (await story_of(dub)).accepted.spec
    assert list(spec.target_languages) == ["es"]
    assert spec.source_language == "auto"
    assert spec.source_key == f"videos/{dub['video_id']}/source/original.mp4"
    assert spec.filename == "talk.mp4"
    assert spec.speakers == 2
    assert dub["fit_mode"] == "strict"
    assert dict(spec.engines) == {"asr": "sphinx"}


async def test_a_glossary_and_the_optional_stage_travel(
    gateway: Any, story_of: Any, stages: Any, make_engine: Any
) -> None:
    stages.engines["lipsync"] = [make_engine("command")]
    glossary = [
        {"source": " Polydub ", "target": ""},
        {"source": "bed", "target": "fondo", "target_language": "ES"},
    ]
    extras = ["stems", "mkv", "stems"]
    dub = await gateway.dub("es", glossary=glossary, lipsync=True, extras=extras, min_quality=80)
    spec = (await story_of(dub)).accepted.spec
    assert [(t.source, t.target, t.target_language) for t in spec.glossary] == [
        ("Polydub", "", ""), ("bed", "fondo", "es"),
    ]  # fmt: skip
    assert spec.lipsync
    assert list(spec.extras) == [muxing_pb2.EXTRA_MKV, muxing_pb2.EXTRA_STEMS]
    assert spec.min_quality == 80
    assert (dub["extras"], dub["min_quality"]) == (["mkv", "stems"], 80)
    assert spec.clone_consent == ""
    assert dub["lipsync"] is True
    assert dub["glossary"][1]["target"] == "fondo"


async def test_how_it_is_to_sound_travels_as_what_differs(gateway: Any, story_of: Any) -> None:
    usual = await gateway.dub("es")
    assert (await story_of(usual)).accepted.spec.sound == muxing_pb2.SoundOptions()
    names = ("keep_background", "voice_over", "noise_reduction", "match_voices")
    assert [usual[name] for name in names] == [True, False, False, True]
    alone = await gateway.dub("es", keep_background=False, noise_reduction=True, match_voices=False)
    assert (await story_of(alone)).accepted.spec.sound == muxing_pb2.SoundOptions(
        drop_background=True, noise_reduction=True, plain_voices=True
    )
    assert [alone[name] for name in names] == [False, False, True, False]
    over = await gateway.dub("es", voice_over=True)
    assert (await story_of(over)).accepted.spec.sound == muxing_pb2.SoundOptions(voice_over=True)


async def test_a_consent_is_recorded_and_only_its_id_travels(
    gateway: Any, story_of: Any, stages: Any, make_engine: Any
) -> None:
    stages.engines["tts"].append(make_engine("cloner", languages=["es"], cloning=True))
    consent = {"given_by": "Ada Lovelace", "statement": "My voice may be imitated in this video."}
    dub = await gateway.dub("es", clone_consent=consent)
    recorded = dub["clone_consent"]
    assert {key: recorded[key] for key in consent} == consent
    assert recorded["recorded_at"]
    accepted = (await story_of(dub)).accepted
    assert accepted.spec.clone_consent == recorded["id"]
    assert b"Lovelace" not in accepted.SerializeToString()
    again = (await gateway.http.get(f"/v1/dubs/{dub['id']}")).json()
    assert again["clone_consent"] == recorded


async def test_subtitles_are_kept_and_travel_by_their_key(gateway: Any, story_of: Any) -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,500\nANA: Hola a todos.\n"
    dub = await gateway.dub(
        "en", "de", subtitles=[{"language": "es", "text": srt}, {"language": "de", "text": srt}]
    )
    assert (dub["source_language"], dub["subtitles"]) == ("es", ["es", "de"])
    spec = (await story_of(dub)).accepted.spec
    assert [own.language for own in spec.subtitles] == ["es", "de"]
    own = spec.subtitles[0]
    assert own.key == f"videos/{dub['video_id']}/gateway/{own.digest}/cues.json"
    stored = json.loads((gateway.store_dir / own.key).read_bytes())
    assert stored["language"] == "es"
    assert stored["cues"] == [
        {"start_ms": 1000, "end_ms": 2500, "text": "Hola a todos.", "speaker": "ANA"}
    ]
    assert dub["warnings"] == []


async def test_what_was_mended_in_subtitles_is_told(gateway: Any, story_of: Any) -> None:
    srt = "00:00:01,000 --> 00:00:01,900\nAdiós.\n\n00:00:00,100 --> 00:00:00,900\nHola.\n"
    dub = await gateway.dub("en", subtitles=[{"language": "es", "text": srt}])
    own = (await story_of(dub)).accepted.spec.subtitles[0]
    stored = json.loads((gateway.store_dir / own.key).read_bytes())
    assert [cue["text"] for cue in stored["cues"]] == ["Hola.", "Adiós."]
    (told,) = dub["warnings"]
    assert (told["code"], told["stage"]) == ("subtitles_mended", "asr")
    assert "line 4" in told["message"]


async def test_what_services_bill_has_a_price(
    tmp_path: Any, nats_url: str, stages: Any, start_gateway: Any, story_of: Any, tell: Any
) -> None:
    prices = {"deepl": {"characters": 0.00002}}
    async with start_gateway(tmp_path, nats_url, stages.address, prices=prices) as gateway:
        await gateway.ready()
        created = await gateway.dub("es")
        assert (created["usage"], created["cost"], created["currency"]) == ([], 0, "USD")
        told = await story_of(created)
        used = [common_pb2.Usage(engine="deepl", unit="characters", quantity=500)]
        await tell(
            [
                *told.shared()[1:],
                told.completed("translation", part=0, language="es", usage=used),
                *told.spoken("es"),
                told.muxed("es"),
            ]
        )
        dub = await gateway.until(created["id"], "completed")
    assert dub["cost"] == pytest.approx(0.01)
    assert [(u["stage"], u["engine"], u["quantity"]) for u in dub["usage"]] == [
        ("translation", "deepl", 500)
    ]


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"lipsync": True}, "engine_unavailable", "lipsync"),
        ({"extras": ["gold"]}, "invalid_request", "extras"),
        ({"voice_over": True, "keep_background": False}, "invalid_request", "voice_over"),
        (
            {"fit_mode": "slow_picture", "extras": ["hls", "mkv"]},
            "invalid_request",
            "and hls needs",
        ),
        ({"fit_mode": "slow_picture", "extras": ["multitrack"]}, "invalid_request", "multitrack"),
        ({"min_quality": 101}, "invalid_request", "min_quality"),
        (
            {"subtitles": [{"language": "es", "text": "00:00:05,000 -> 00:00:06,000\nNo.\n"}]},
            "invalid_request",
            "Line 1",
        ),
        (
            {"clone_consent": {"given_by": "Ada", "statement": "yes"}},
            "engine_unavailable",
            "voices",
        ),
        ({"clone_consent": {"given_by": " ", "statement": "yes"}}, "invalid_request", "given_by"),
        ({"clone_consent": {"given_by": "Ada"}}, "invalid_request", "statement"),
        ({"glossary": [{"source": ""}]}, "invalid_request", "glossary"),
        (
            {"glossary": [{"source": "a", "target_language": "qqq-x"}]},
            "invalid_request",
            "language",
        ),
        ({"target_languages": ["ja"]}, "unsupported_language_pair", "es, fr"),
        ({"source_language": "de"}, "unsupported_language_pair", "it can from: en"),
        ({"source_language": "qqq-nonsense"}, "invalid_request", "language"),
        ({"target_languages": []}, "invalid_request", "target_languages"),
        ({"engines": {"asr": "nobody"}}, "invalid_request", "whisper, sphinx"),
        ({"engines": {"singing": "auto"}}, "invalid_request", "separation"),
        ({"engines": {"asr": "whisper"}}, "engine_unavailable", "no weights"),
        ({"speakers": -1}, "invalid_request", "speakers"),
        ({"colour": "red"}, "invalid_request", "colour"),
        ({"video_id": "vid_none"}, "not_found", "vid_none"),
    ],
)
async def test_what_cannot_be_done_is_refused_at_once(
    gateway: Any, asked: dict[str, Any], code: str, said: str
) -> None:
    video = (await gateway.upload()).json()
    body = {"video_id": video["id"], "target_languages": ["es"], **asked}
    answer = await gateway.http.post("/v1/dubs", json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert said in problem["detail"]
    assert (await gateway.http.get("/v1/dubs")).json()["dubs"] == []


async def test_an_idempotency_key_gives_the_same_dub(gateway: Any) -> None:
    video = (await gateway.upload()).json()
    body = {"video_id": video["id"], "target_languages": ["es"]}
    key = {"Idempotency-Key": "one"}
    first = await gateway.http.post("/v1/dubs", json=body, headers=key)
    again = await gateway.http.post("/v1/dubs", json=body, headers=key)
    other = await gateway.http.post(
        "/v1/dubs", json={**body, "target_languages": ["fr"]}, headers=key
    )
    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["location"] == f"/v1/dubs/{first.json()['id']}"
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def test_pages_hold_every_dub_once_newest_first(gateway: Any) -> None:
    made = [(await gateway.dub("es"))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await gateway.http.get("/v1/dubs", params=params)).json()
        seen += [dub["id"] for dub in page["dubs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    times = {dub_id: n for n, dub_id in enumerate(seen)}
    assert times[made[0]] > times[made[-1]]
    bad = await gateway.http.get("/v1/dubs", params={"cursor": "?!"})
    assert bad.json()["code"] == "invalid_request"


async def test_cancel(gateway: Any, story_of: Any, tell: Any) -> None:
    dub = await gateway.dub("es")
    told = await story_of(dub)
    await tell(told.shared()[1:3])
    canceled = await gateway.http.post(f"/v1/dubs/{dub['id']}/cancel")
    assert canceled.json()["state"] == "canceled"
    assert canceled.json()["languages"][0]["state"] == "canceled"
    assert (await gateway.http.post(f"/v1/dubs/{dub['id']}/cancel")).status_code == 200
    # What a stage still says about it changes nothing.
    await tell([told.completed("asr", part=0)])
    again = await gateway.http.post(f"/v1/dubs/{dub['id']}/retry")
    assert (again.json()["state"], again.json()["revision"]) == ("queued", 1)


async def test_retry_starts_a_failed_dub_again(gateway: Any, story_of: Any, tell: Any) -> None:
    dub = await gateway.dub("es")
    url = f"/v1/dubs/{dub['id']}"
    assert (await gateway.http.post(f"{url}/retry")).json()["code"] == "conflict"
    told = await story_of(dub)
    await tell([*told.shared()[1:3], told.failed("diarization", StageError("no_speech", "None."))])
    failed = await gateway.until(dub["id"], "failed")
    assert failed["error"]["code"] == "no_speech"
    assert failed["error"]["stage"] == "diarization"
    assert failed["error"]["hint"]
    assert (await gateway.http.post(f"{url}/cancel")).status_code == 409

    again = await gateway.http.post(f"{url}/retry")
    assert again.status_code == 202
    assert (again.json()["state"], again.json()["error"]) == ("queued", None)
    retold = await story_of(again.json())
    assert retold.accepted.envelope.revision == 1
    # A straggler of the first run is passed over.
    await tell([told.completed("asr", part=0), *retold.whole()[1:]])
    done = await gateway.until(dub["id"], "completed")
    assert done["revision"] == 1
    assert (await gateway.http.post(f"{url}/retry")).json()["code"] == "conflict"


async def test_a_restart_in_the_middle_of_a_job_loses_nothing(
    start_gateway: Any, tmp_path: Any, nats_url: str, stages: Any, story_of: Any, tell: Any
) -> None:
    async with start_gateway(tmp_path, nats_url, stages.address) as gateway:
        await gateway.ready()
        dub = await gateway.dub("es")
        told = await story_of(dub)
        await tell(told.shared()[1:3])
        before = await gateway.until(dub["id"], "processing")
    # Said while nobody listened.
    await tell(told.shared()[3:])
    async with start_gateway(tmp_path, nats_url, stages.address) as gateway:
        await gateway.ready()

        async def caught_up() -> bool:
            now = (await gateway.http.get(f"/v1/dubs/{dub['id']}")).json()
            return bool(now["stage"] == "translation" and now["progress"] > before["progress"])

        await poll_until(caught_up, "the projection to catch up")
        await tell([*told.spoken("es"), told.muxed("es")])
        done = await gateway.until(dub["id"], "completed")
        assert done["detected_language"] == "en"


async def test_a_job_that_was_written_but_not_published_is_published_at_start(
    start_gateway: Any,
    tmp_path: Any,
    nats_url: str,
    stages: Any,
    story_of: Any,
    tell: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from polydub_gateway.broker import BusLink

    async def lost(self: BusLink, event: object) -> int:
        return 1

    async with start_gateway(tmp_path, nats_url, stages.address) as gateway:
        await gateway.ready()
        with monkeypatch.context() as patched:
            # The process dies between the two steps.
            patched.setattr(BusLink, "publish", lost)
            dub = await gateway.dub("es")
    async with start_gateway(tmp_path, nats_url, stages.address) as gateway:
        await gateway.ready()
        told = await story_of(dub)
        await tell(told.whole()[1:])
        await gateway.until(dub["id"], "completed")


async def test_the_gateway_outlives_its_broker(
    start_gateway: Any, tmp_path: Any, stages: Any, story: Any
) -> None:
    port, folder = free_port(), tmp_path / "nats"
    address = f"nats://127.0.0.1:{port}"
    async with start_gateway(tmp_path, address, stages.address) as gateway:
        unready = await gateway.http.get("/readyz")
        assert unready.status_code == 503
        assert list(unready.json()["not_ready"]) == ["bus"]
        video = (await gateway.upload()).json()
        body = {"video_id": video["id"], "target_languages": ["es"]}
        refused = await gateway.http.post("/v1/dubs", json=body)
        assert refused.json()["code"] == "bus_unavailable"
        assert refused.headers["retry-after"]
        assert (await gateway.http.get("/v1/dubs")).json()["dubs"] == []

        async with nats_server(folder, port=port):
            await gateway.ready()
            dub = await gateway.dub("es")
        async with nats_server(folder, port=port):
            await gateway.ready()
            pipeline = await Bus.connect(CommonSettings(nats_url=address), "test")
            accepted = story.of(dub["id"], languages=["es"])
            for event in accepted.whole()[1:]:
                await pipeline.publish(event)
            await gateway.until(dub["id"], "completed")
            await pipeline.aclose()
