"""The whole API by schemathesis: what the description promises, over a gateway with real objects.

``POLYDUB_FUZZ_EXAMPLES`` and ``POLYDUB_FUZZ_SEED`` make a longer or another run.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from polydub.artifacts import dump_document
from polydub.bus import Bus
from polydub.pipeline import GATEWAY, Outcome, subject
from polydub.settings import CommonSettings
from polydub.store import ObjectStore, open_store
from polydub.testing import poll_until
from polydub.v1 import asr_pb2, events_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_gateway.accounts.settings import AccountSettings

pytestmark = pytest.mark.integration

EXAMPLES = os.environ.get("POLYDUB_FUZZ_EXAMPLES", "2")
SEED = os.environ.get("POLYDUB_FUZZ_SEED", "1")
PHASES = os.environ.get("POLYDUB_FUZZ_PHASES", "examples")
RUN_S = float(os.environ.get("POLYDUB_FUZZ_S", "300"))
REFUSED = (400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423, 428, 429, 460)
HOOKS = Path(__file__).with_name("fuzz_hooks.py")
PASSWORD = "a secret of the tests alone"


# --- a pipeline that plays every job to its end ----------------------------------------------


class Pipeline:
    """Answers each job that is accepted with documents, files, and a good end."""

    def __init__(self, bus: Bus, store: ObjectStore, story: Any) -> None:
        self._bus, self._store, self._story = bus, store, story

    async def play(self) -> None:
        async for recorded in self._bus.follow(subject(GATEWAY, Outcome.ACCEPTED)):
            for event in await self._story_of(recorded.event):
                await self._bus.publish(event)

    async def _story_of(self, accepted: events_pb2.Event) -> list[events_pb2.Event]:
        story = self._story(accepted, parts=1)
        root = f"videos/{accepted.envelope.video_id}"
        lines = [
            asr_pb2.TranscriptLine(
                id=f"u{n}", speaker_id=f"S{n % 2}", start_ms=n * 1000, end_ms=n * 1000 + 900,
                text="Where is the station?", confidence=0.5,
            )
            for n in range(40)
        ]  # fmt: skip
        heard = asr_pb2.TranscriptDocument(schema_version=1, language="en", lines=lines)
        key = await self._put(f"{root}/asr/d0/transcript.json", dump_document(heard))
        asr = asr_pb2.AsrProducts(document_key=key, language="en", digest="a0")
        told = [story.completed("separation"), story.completed("diarization", part=0),
                story.completed("asr", part=0, products=events_pb2.Products(asr=asr))]  # fmt: skip
        for language in story.languages:
            told += await self._in(language, story, root, lines)
        return told

    async def _in(
        self, language: str, story: Any, root: str, lines: list[asr_pb2.TranscriptLine]
    ) -> list[events_pb2.Event]:
        words = translation_pb2.TranslationDocument(
            schema_version=1, source_language="en", target_language=language,
            lines=[
                translation_pb2.TranslatedLine(
                    id=each.id, speaker_id=each.speaker_id, start_ms=each.start_ms,
                    end_ms=each.end_ms, source_text=each.text, text="¿Dónde?",
                    candidates=[translation_pb2.TranslationCandidate(text="¿Dónde?")],
                )
                for each in lines
            ],
        )  # fmt: skip
        key = await self._put(f"{root}/translation/{language}/t.json", dump_document(words))
        products = events_pb2.Products(
            translation=translation_pb2.TranslationProducts(document_key=key),
            tts=tts_pb2.TtsProducts(),
        )
        file = muxing_pb2.OutputFile(
            name=f"talk.{language}.mp4", kind="video", media_type="video/mp4", size_bytes=5,
            key=await self._put(f"{root}/muxing/{language}/talk.mp4", b"movie"),
            target_language=language,
        )  # fmt: skip
        spoken = [
            story.completed(stage, part=0, language=language, products=products)
            for stage in ("translation", "tts")
        ]
        return [*spoken, story.muxed(language, files=[file])]

    async def _put(self, key: str, data: bytes) -> str:
        await self._store.put_bytes(key, data)
        return key


# --- what there is ---------------------------------------------------------------------------


class Scene:
    """A gateway with one of everything, and one more of what may be deleted."""

    def __init__(self, running: Any, headers: dict[str, str]) -> None:
        self.running = running
        self.headers = headers
        self.ids: dict[str, str] = {}
        self.spare: dict[str, str] = {}

    async def ask(self, method: str, path: str, **asked: Any) -> httpx.Response:
        headers = self.headers | asked.pop("headers", {})
        answer: httpx.Response = await self.running.http.request(
            method, path, headers=headers, **asked
        )
        assert answer.status_code < 300, answer.text
        return answer

    async def set(self, *, accounts: bool) -> None:
        for ids in (self.ids, self.spare):
            await self._make(ids, str(len(self.ids)))
            if accounts:
                await self._make_of_accounts(ids, str(len(self.ids)))

    async def _make(self, ids: dict[str, str], mark: str) -> None:
        video = (
            await self.ask("PUT", "/v1/videos", params={"filename": "talk.mp4"},
                           content=f"video {mark}".encode())
        ).json()  # fmt: skip
        asked = {"video_id": video["id"], "target_languages": ["es"], "extras": ["hls"]}
        dub = (await self.ask("POST", "/v1/dubs", json=asked)).json()

        async def ended() -> bool:
            found = (await self.ask("GET", f"/v1/dubs/{dub['id']}")).json()
            return str(found["state"]).startswith("completed")

        await poll_until(ended, "the dub to end")
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "20"}
        upload = await self.ask("POST", "/v1/uploads", headers=tus)
        terms = [{"source": "bed", "target": "fondo", "target_language": "es"}]
        made = await self.ask("POST", "/v1/glossaries", json={"name": "Films", "terms": terms})
        speaker = await self.ask("POST", "/v1/speakers", json={"name": f"Katie {mark}"})
        line = f"/v1/dubs/{dub['id']}/segments/u7"
        words = {"translations": {"es": f"¿Dónde está {mark}?"}, "text": f"Where {mark}?"}
        await self.ask("PATCH", line, json=words, headers={"If-Match": '"1"'})
        memory = (await self.ask("GET", "/v1/memory", params={"target_language": "es"})).json()
        hook = {"url": "https://127.0.0.1:9/hook"}
        webhook = (await self.ask("POST", "/v1/webhooks", json=hook)).json()["webhook"]["id"]
        delivery = (await self.ask("POST", f"/v1/webhooks/{webhook}/test")).json()
        ids |= {
            "video_id": video["id"], "dub_id": dub["id"], "segment_id": "u3", "speaker_id": "S0",
            "upload_id": upload.headers["location"].rsplit("/", 1)[1],
            "glossary_id": made.json()["id"], "entry_id": memory["entries"][0]["id"],
            "registered_id": speaker.json()["id"], "webhook_id": webhook,
            "delivery_id": delivery["id"],
            "name": "talk.es.mp4", "rendition": "es",
        }  # fmt: skip

    async def _make_of_accounts(self, ids: dict[str, str], mark: str) -> None:
        invited = {"email": f"guest{mark}@example.com", "role": "viewer"}
        first = (await self.ask("POST", "/v1/organisation/invitations", json=invited)).json()
        body = {"token": first["token"], "password": PASSWORD}
        await self.ask("POST", "/v1/auth/invitations/accept", json=body)
        members = (await self.ask("GET", "/v1/organisation/members")).json()["members"]
        invited["email"] = f"later{mark}@example.com"
        open_one = (await self.ask("POST", "/v1/organisation/invitations", json=invited)).json()
        key = (await self.ask("POST", "/v1/organisation/keys", json={"name": "spare"})).json()
        user = next(each for each in members if each["email"] == f"guest{mark}@example.com")
        ids |= {"user_id": user["user_id"], "invitation_id": open_one["id"], "key_id": key["id"]}


@asynccontextmanager
async def scene(
    folder: Path, start_gateway: Any, nats_url: str, stages: Any, bus: Bus, story: Any, *,
    accounts: bool,
) -> AsyncIterator[Scene]:  # fmt: skip
    settings: dict[str, Any] = {"trusted_networks": (ipaddress.ip_network("127.0.0.1/32"),)}
    if accounts:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        settings["sign_in"] = AccountSettings(
            accounts=True, first_admin_email="ada@example.com", first_admin_password_file=secret,
            access_token_s=3600,
        )  # fmt: skip
    async with start_gateway(folder, nats_url, stages.address, **settings) as running:
        await running.ready()
        store = open_store(CommonSettings(store_dir=running.store_dir))
        playing = asyncio.create_task(Pipeline(bus, store, story).play())
        headers: dict[str, str] = {}
        if accounts:
            asked = {"email": "ada@example.com", "password": PASSWORD}
            tokens = (await running.http.post("/v1/auth/login", json=asked)).json()
            headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        found = Scene(running, headers)
        try:
            await found.set(accounts=accounts)
            yield found
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


# --- schemathesis ----------------------------------------------------------------------------


BEYOND_SCHEMAS = (
    # cursors, and places to go on from, that we did not give
    "list_dubs",
    "list_videos",
    "list_memory",
    "list_dub_usage",
    "list_deliveries",
    "list_audit",
    "list_segments",
    # languages, engines, addresses and sizes that this deployment can't do
    "create_dub",
    "add_languages",
    "create_share",
    "estimate_dub",
    "import_video",
    "create_webhook",
    "change_webhook",
    "create_direct_upload",
    "create_upload",
    "append_to_upload",
    "get_upload_offset",
    "upload_video",
    "upload_video_form",
    "complete_direct_upload",
    "create_glossary",
    "replace_glossary",
    "create_registered_speaker",
    "replace_registered_speaker",
    "delete_upload",
    "list_voices",
    # what does not fit the script as it stands
    "create_segment",
    "change_segment",
    "delete_segment",
    "split_segment",
    "merge_segments",
    "suggest_wordings",
    "preview_segment",
    "change_speaker",
    "merge_speakers",
    "register_speaker",
    # who is invited, and secrets that do not fit
    "create_invitation",
    "accept_invitation",
    "create_key",
    "sign_in",
    "change_password",
    "begin_oidc",
    "get_artifact",
    "get_hls_file",
)
"""Calls whose valid requests may be refused for what no schema can say."""
LENIENT = ("watch_dub", "watch_dubs", "create_upload", "append_to_upload")
"""Calls of which schemathesis holds that no other header may come with them."""


def configuration(found: Scene, *, accounts: bool) -> str:
    """Its settings, as TOML: the ids that there are, and what is right to answer."""
    ids = "\n".join(f'"path.{name}" = "{each}"' for name, each in found.ids.items())
    spare = ", ".join(f'"path.{name}" = "{each}"' for name, each in found.spare.items())
    return f"""
max-stream-events = 3

[parameters]
{ids}

[checks]
ignored_auth.enabled = {str(accounts).lower()}
negative_data_rejection.expected-statuses = [{", ".join(f'"{each}"' for each in REFUSED)}]
missing_required_header.expected-statuses = [{", ".join(f'"{each}"' for each in REFUSED)}]

[[operations]]
include-method = "DELETE"
parameters = {{ {spare} }}

[[operations]]
include-operation-id = {json.dumps(BEYOND_SCHEMAS)}
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = {json.dumps(LENIENT)}
checks.negative_data_rejection.enabled = false

[[operations]]
include-path = "/v1/uploads/{{upload_id}}"  # POST is there for networks that know no PATCH
checks.unsupported_method.enabled = false
checks.allow_header_conformance.enabled = false
"""


async def run_schemathesis(found: Scene, folder: Path, *, accounts: bool) -> tuple[int, str]:
    """Its exit status, and what it said, which also lies in the folder while it runs."""
    config = folder / "schemathesis.toml"
    config.write_text(configuration(found, accounts=accounts))
    # Made at the first call and kept: schemathesis does not wait as long as that may take.
    await found.running.http.get("/openapi.json", timeout=120)
    url = str(found.running.http.base_url).rstrip("/")
    told = {"url": url, "headers": found.headers, "dub": found.ids["dub_id"]}
    shown = [part for name, each in found.headers.items() for part in ("-H", f"{name}: {each}")]
    log = folder / "schemathesis.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
            f"{url}/openapi.json", *shown, "--phases", PHASES, "--max-examples", EXAMPLES,
            "--seed", SEED, "--workers", "1", "--continue-on-failure", "--request-timeout", "20",
            "--max-redirects", "0", *(("--exclude-path", "/v1/auth/logout") if accounts else ()),
            env={
                **os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "NO_COLOR": "1",
                "POLYDUB_FUZZ_SCENE": json.dumps(told),
            },
            cwd=folder, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            await asyncio.wait_for(process.wait(), RUN_S)
        except TimeoutError:
            out.write(b"It took too long.")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return process.returncode or 0, log.read_text("utf-8", "replace")


@pytest.mark.timeout(RUN_S + 60)
@pytest.mark.parametrize("accounts", [False, True], ids=["open", "accounts"])
async def test_the_gateway_does_what_its_description_says(
    tmp_path: Path, start_gateway: Any, nats_url: str, stages: Any, bus: Bus, story: Any,
    accounts: bool,
) -> None:  # fmt: skip
    async with scene(
        tmp_path, start_gateway, nats_url, stages, bus, story, accounts=accounts
    ) as found:
        code, said = await run_schemathesis(found, tmp_path, accounts=accounts)
    assert code == 0, said
