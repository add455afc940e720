"""The protocol's own client over stdio, against a gateway on loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters

pytestmark = pytest.mark.contract

SCRIPT = {
    "revision": 3,
    "language": "en",
    "total": 1,
    "segments": [
        {
            "id": "u1", "start_ms": 0, "end_ms": 900, "speaker_id": "S1", "text": "Good morning.",
            "revision": 2, "fit": {"tempo": 1.4, "flags": ["hard_cap"]},
            "translations": {"es": {"text": "Muy buenos días.", "origin": "machine"}},
        }
    ],
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "talk.mp4").write_bytes(b"moving")
    return folder


@asynccontextmanager
async def assistant(gateway: Any, root: Path) -> AsyncIterator[Client]:
    """A client of the server that it starts, as an assistant does."""
    served = StdioServerParameters(
        command=sys.executable,
        args=["-m", "polydub_client", "mcp", "--root", str(root), "--server", gateway.url],
        env={"POLYDUB_STATE_DIR": str(root.parent / "state")},
    )
    async with Client(served) as client:
        yield client


def told(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    structured: dict[str, Any] = result.structured_content
    return structured


async def test_from_a_file_to_files(gateway: Any, root: Path) -> None:
    gateway.files = {"talk.es.mp4": b"mp4"}
    async with assistant(gateway, root) as client:
        asked = {"source": "talk.mp4", "target_languages": ["es"], "speakers": 2}
        dub = told(await client.call_tool("dub_video", asked))
        assert dub["id"] == "dub_1"
        progress: list[tuple[float, str | None]] = []

        async def moved(done: float, total: float | None, message: str | None) -> None:
            progress.append((done, message))

        waited = await client.call_tool(
            "wait_for_dub", {"dub_id": "dub_1"}, progress_callback=moved
        )
        assert told(waited)["has_ended"]
        assert told(waited)["languages"][0]["figures"]["onset_offset_p95_ms"] == 48.0
        assert [done for done, _ in progress] == [0.25, 0.75, 1.0]
        assert progress[0][1] == "asr, about 90 s left"
        saved = {"dub_id": "dub_1", "folder": "results"}
        [file] = told(await client.call_tool("download_results", saved))["files"]
        assert Path(file["path"]) == root / "results" / "talk.es.mp4"
        assert Path(file["path"]).read_bytes() == b"mp4"
    [order] = gateway.asked("POST /v1/dubs")
    assert json.loads(order.body)["speakers"] == 2


async def test_a_line_is_read_corrected_and_made_again(gateway: Any, root: Path) -> None:
    [line] = SCRIPT["segments"]  # type: ignore[misc]
    gateway.answers["GET /v1/dubs/dub_1/segments"] = (200, SCRIPT)
    gateway.answers["PATCH /v1/dubs/dub_1/segments/u1"] = (200, {**line, "revision": 3})
    gateway.answers["POST /v1/dubs/dub_1/segments/u1/suggestions"] = (
        200,
        {"suggestions": [{"text": "Buenas.", "origin": "rephrased"}]},
    )
    gateway.answers["POST /v1/dubs/dub_1/regenerate"] = (
        202,
        {"dub": gateway.dub(), "affected": {"es": ["u1"]}},
    )
    at = {"dub_id": "dub_1", "line_id": "u1", "language": "es"}
    async with assistant(gateway, root) as client:
        [read] = told(await client.call_tool("get_script", {"dub_id": "dub_1", "language": "es"}))[
            "lines"
        ]
        assert (read["translation"], read["tempo"], read["flags"]) == (
            "Muy buenos días.", 1.4, ["hard_cap"],
        )  # fmt: skip
        wordings = told(await client.call_tool("suggest_wordings", {**at, "ratio": 0.7}))
        assert wordings["suggestions"][0]["text"] == "Buenas."
        change = {**at, "revision": read["revision"], "translation": "Buenas."}
        assert told(await client.call_tool("correct_line", change))["revision"] == 3
        made = told(await client.call_tool("regenerate", {"dub_id": "dub_1"}))
        assert made["affected"] == {"es": ["u1"]}
    [sent] = gateway.asked("PATCH /v1/dubs/dub_1/segments/u1")
    assert json.loads(sent.body) == {"translations": {"es": "Buenas."}}
    assert sent.headers["if-match"] == '"2"'


async def test_errors_have_a_code_and_say_what_to_do(gateway: Any, faults: Any, root: Path) -> None:
    problem = {"code": "revision_mismatch", "detail": "It was changed.", "hint": "Read it again."}
    gateway.next_time("PATCH /v1/dubs/dub_1/segments/u1", faults.status(412, **problem))
    async with assistant(gateway, root) as client:
        elsewhere = {"source": "/etc/passwd", "target_languages": ["es"]}
        refused = await client.call_tool("dub_video", elsewhere)
        assert refused.is_error
        assert "[path_not_allowed]" in refused.content[0].text  # type: ignore[union-attr]
        change = {"dub_id": "dub_1", "line_id": "u1", "revision": 1, "text": "x"}
        refused = await client.call_tool("correct_line", change)
        assert refused.is_error
        said = refused.content[0].text  # type: ignore[union-attr]
        assert "[revision_mismatch] It was changed. What to do: Read it again." in said
    assert gateway.asked("PUT /v1/videos") == []


async def test_texts_are_resources_and_other_files_are_not(gateway: Any, root: Path) -> None:
    gateway.files = {"talk.es.srt": "1\nBuenos días.".encode(), "talk.es.mp4": b"mp4"}
    text = {"name": "talk.es.srt", "kind": "subtitles", "url": "/files/talk.es.srt"}
    film = {"name": "talk.es.mp4", "kind": "video", "url": "/files/talk.es.mp4"}
    gateway.answers["GET /v1/dubs/dub_1/artifacts"] = (200, {"artifacts": [text, film]})
    async with assistant(gateway, root) as client:
        listed = told(await client.call_tool("download_results", {"dub_id": "dub_1"}))["files"]
        assert [(each["resource"] != "", each["path"]) for each in listed] == [
            (True, ""), (False, ""),
        ]  # fmt: skip
        read = await client.read_resource(listed[0]["resource"])
        assert "Buenos días." in read.contents[0].text  # type: ignore[union-attr]
        with pytest.raises(MCPError, match="not_found"):
            await client.read_resource("polydub://dubs/dub_1/files/talk.es.mp4")


async def test_the_rest_of_the_tools_answer(gateway: Any, root: Path) -> None:
    gateway.answers["POST /v1/estimates"] = (200, {"seconds": 60.0, "cost": None})
    gateway.answers["POST /v1/dubs/dub_1/languages"] = (202, gateway.dub())
    gateway.answers["GET /v1/usage"] = (200, {"months": [{"month": "2026-01", "minutes": 2.0}]})
    gateway.answers["POST /v1/videos/import"] = (202, {"id": "imp_1", "state": "queued"})
    fetched = {"id": "imp_1", "state": "completed", "video": {"id": "vid_9"}}
    gateway.answers["GET /v1/imports/imp_1"] = (200, fetched)
    async with assistant(gateway, root) as client:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert all(each.description and each.output_schema for each in tools.values())
        calls: dict[str, dict[str, Any]] = {
            "list_languages": {},
            "estimate_dub": {"source": "https://example.org/a.mp4", "target_languages": ["es"]},
            "get_dub": {"dub_id": "dub_1"},
            "list_dubs": {"state": "completed"},
            "cancel_dub": {"dub_id": "dub_1"},
            "add_language": {"dub_id": "dub_1", "target_languages": ["fr"]},
            "usage": {},
        }
        answers = {name: told(await client.call_tool(name, asked)) for name, asked in calls.items()}
        assert answers["list_languages"]["pairs"][0]["via"] == ["es"]
        assert answers["estimate_dub"]["video_id"] == "vid_9"
        assert answers["cancel_dub"]["state"] == "canceled"
        assert answers["usage"]["months"][0]["minutes"] == 2.0
        tried = {*calls, "dub_video", "wait_for_dub", "download_results", "get_script"}
        assert set(tools) == tried | {"correct_line", "suggest_wordings", "regenerate"}
