"""A finished dub is played as a stream, corrected in one line, and made again."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from running import RunningStack

from polydub.bus import Bus
from polydub.pipeline import job_subjects
from polydub.settings import CommonSettings
from polydub.v1 import events_pb2
from polydub_client import Dub, Polydub

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SAID = "Esto lo ha escrito una persona."


def finished(client: Polydub, dub_id: str) -> Dub:
    for _ in client.watch(dub_id):
        pass
    return client.get_dub(dub_id)


def fetched(client: Polydub, dub: Dub, ending: str, folder: Path) -> Path:
    file = next(each for each in client.list_artifacts(dub.id) if each.name.endswith(ending))
    return client.download(file, folder)


@pytest.fixture(scope="module")
def client(stack: RunningStack) -> Iterator[Polydub]:
    with Polydub(stack.stack.url) as polydub:
        yield polydub


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.stack.url, timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture(scope="module")
def dub(client: Polydub, clip: Path) -> Dub:
    video = client.upload_video(clip)
    made = finished(client, client.create_dub(video.id, ["es"], extras=["hls"]).id)
    assert made.state.startswith("completed"), made
    return made


async def _history(url: str, job_id: str) -> list[events_pb2.Event]:
    bus = await Bus.connect(CommonSettings(nats_url=url), "test")
    told = []
    with suppress(TimeoutError):
        async with asyncio.timeout(3):
            async for recorded in bus.follow(job_subjects(job_id)):
                told.append(recorded.event)
    await bus.aclose()
    return told


def decoded(source: str | Path, *mapped: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-i", str(source), *mapped]
    return subprocess.run([*command, "-f", "md5", "-"], capture_output=True, check=True).stdout


def test_it_plays_as_a_stream(
    dub: Dub, client: Polydub, stack: RunningStack, tmp_path: Path
) -> None:
    assert dub.hls_url
    stream = f"{stack.stack.url}{dub.hls_url}"
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", stream]
    streams = json.loads(subprocess.check_output(command))["streams"]
    kinds = [each["codec_type"] for each in streams]
    assert (kinds.count("video"), kinds.count("audio")) == (1, 2)
    path = fetched(client, dub, ".mp4", tmp_path)
    assert decoded(stream, "-map", "0:v:0", "-fps_mode", "passthrough") == decoded(
        path, "-map", "0:v:0", "-fps_mode", "passthrough"
    )


def test_a_line_is_corrected_and_only_that_line_spoken_again(
    dub: Dub, client: Polydub, api: httpx.Client, stack: RunningStack, tmp_path: Path
) -> None:
    script = api.get(f"/v1/dubs/{dub.id}/segments", params={"language": "es"}).json()
    line = script["segments"][2]
    assert line["fit"]["tempo"] > 0
    path = f"/v1/dubs/{dub.id}/segments/{line['id']}"
    preview = api.post(f"{path}/preview", json={"language": "es", "text": SAID})
    assert preview.status_code == 200, preview.text
    (tmp_path / "preview.wav").write_bytes(preview.content)
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format"]
    heard = json.loads(subprocess.check_output([*command, str(tmp_path / "preview.wav")]))
    assert 0.5 < float(heard["format"]["duration"]) < 6

    body = {"translations": {"es": SAID}}
    changed = api.patch(path, json=body, headers={"If-Match": f'"{line["revision"]}"'})
    assert changed.status_code == 200, changed.text
    assert client.get_dub(dub.id).languages[0].state == "stale"
    made = api.post(f"/v1/dubs/{dub.id}/regenerate")
    assert made.status_code == 202, made.text
    assert made.json()["affected"] == {"es": [line["id"]]}
    again = finished(client, dub.id)
    assert again.state.startswith("completed"), again

    told = asyncio.run(_history(f"nats://127.0.0.1:{stack.stack.ports()['nats']}", dub.id))
    ours = [each for each in told if each.envelope.revision == 1 and each.HasField("completed")]
    assert {each.envelope.stage for each in ours if not each.completed.reused} == {"tts", "muxing"}
    spoken = [each.products.tts for each in ours if each.envelope.stage == "tts"]
    assert sum(each.spoken for each in spoken) == 1
    assert sum(each.reused for each in spoken) == len(script["segments"]) - 1

    report = json.loads(fetched(client, again, ".report.json", tmp_path).read_text())
    texts = {each["id"]: each["text"] for each in report["line_reports"]}
    assert texts[line["id"]] == SAID
    after = api.get(f"/v1/dubs/{dub.id}/segments").json()
    assert after["stale_languages"] == []
    assert after["segments"][2]["translations"]["es"]["origin"] == "person"
