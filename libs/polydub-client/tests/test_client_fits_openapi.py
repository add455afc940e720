"""Every call of the client against the gateway's own description of its API.

For each: there is such a call, its parameters and body are taken, and the documented example of
its answer is read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import httpx
import pytest

from polydub_client import AsyncPolydub, OwnLimits, Polydub, Rate, Term
from polydub_client.calls import (
    accounts,
    deployment,
    dubs,
    scripts,
    sharing,
    speakers,
    usage,
    videos,
    webhooks,
    words,
)
from polydub_client.calls.call import Call
from polydub_client.options import DubFilter, DubOptions, SegmentChange

pytestmark = pytest.mark.contract

jsonschema = pytest.importorskip("jsonschema")
app = pytest.importorskip("polydub_gateway.app")
settings = pytest.importorskip("polydub_gateway.settings")

DESCRIBED: dict[str, Any] = app.create_app(settings.GatewaySettings()).openapi()
TERMS = [Term("bed", "fondo", "es")]
JSON = "application/json"

CALLS: dict[str, Call[Any]] = {
    "create_dub": dubs.create_dub("vid_1", ["es"], DubOptions(), idempotency_key="k"),
    "estimate": dubs.estimate("vid_1", ["es"], DubOptions(speakers=2)),
    "get_dub": dubs.get_dub("dub_1"),
    "get_dub_trace": dubs.get_dub_trace("dub_1"),
    "list_dubs": dubs.list_dubs(
        5,
        "c",
        DubFilter(
            states=["failed"], video_id="v", target_language="es", text="talk", oldest_first=True,
            created_from="2026-01-01T00:00:00Z", created_before="2026-02-01T00:00:00Z",
        ),
    ),
    "add_languages": dubs.add_languages("dub_1", ["fr"]),
    "cancel_dub": dubs.cancel_dub("dub_1"),
    "retry_dub": dubs.retry_dub("dub_1"),
    "delete_dub": dubs.delete_dub("dub_1"),
    "list_artifacts": dubs.list_artifacts("dub_1"),
    "list_engines": deployment.list_engines(),
    "list_languages": deployment.list_languages(),
    "list_voices": deployment.list_voices("es"),
    "upload_video": videos.upload_video("talk.mp4", 6),
    "get_video": videos.get_video("vid_1"),
    "list_videos": videos.list_videos("talk", 5, "c"),
    "delete_video": videos.delete_video("vid_1"),
    "import_video": videos.import_video("https://example.org/talk.mp4"),
    "get_import": videos.get_import("imp_1"),
    "list_imports": videos.list_imports(["failed", "canceled"], 5, "c"),
    "cancel_import": videos.cancel_import("imp_1"),
    "get_upload": videos.get_upload("upl_1"),
    "get_script": scripts.get_script("dub_1", "es", "u1", 10),
    "change_segment": scripts.change_segment(
        "dub_1", "u1", 2, SegmentChange(text="a", start_ms=1, translations={"es": None})
    ),
    "insert_segment": scripts.insert_segment(
        "dub_1", {"start_ms": 0, "end_ms": 9, "speaker_id": "S1", "text": "a", "translations": {}}
    ),
    "delete_segment": scripts.delete_segment("dub_1", "u1", 2),
    "split_segment": scripts.split_segment("dub_1", "u1", 2, 5, 1),
    "merge_segment": scripts.merge_segment("dub_1", "u1", 2),
    "suggest": scripts.suggest("dub_1", "u1", "es", 0.8),
    "preview": scripts.preview("dub_1", "u1", "es", None, "espeak/es"),
    "change_speaker": scripts.change_speaker("dub_1", "S1", 1, "Katie", {"es": None}, "spk_1"),
    "register_speaker": scripts.register_speaker("dub_1", "S1", 1, "Katie"),
    "merge_speakers": scripts.merge_speakers("dub_1", "S1", 1, "S2"),
    "regenerate": scripts.regenerate("dub_1"),
    "create_share": sharing.create_share("dub_1", 3600, ["es"], downloads=True),
    "list_shares": sharing.list_shares("dub_1"),
    "revoke_share": sharing.revoke_share("dub_1", "shr_1"),
    "list_speakers": speakers.list_speakers(),
    "get_speaker": speakers.get_speaker("spk_1"),
    "create_speaker": speakers.create_speaker("Katie", {"es": "espeak/es"}),
    "replace_speaker": speakers.replace_speaker("spk_1", 1, "Katie", {}),
    "delete_speaker": speakers.delete_speaker("spk_1"),
    "list_glossaries": words.list_glossaries(),
    "get_glossary": words.get_glossary("glo_1"),
    "create_glossary": words.create_glossary("Products", TERMS),
    "replace_glossary": words.replace_glossary("glo_1", 1, "Products", TERMS),
    "delete_glossary": words.delete_glossary("glo_1"),
    "list_memory": words.list_memory("es", 10, ""),
    "forget": words.forget("mem_1"),
    "get_usage": usage.get_usage(),
    "list_dub_usage": usage.list_dub_usage("2026-01", 10, "c"),
    "list_webhooks": webhooks.list_webhooks(),
    "get_webhook": webhooks.get_webhook("whe_1"),
    "create_webhook": webhooks.create_webhook("https://example.org", ["dub.completed"], "d"),
    "change_webhook": webhooks.change_webhook("whe_1", None, [], None, False),
    "delete_webhook": webhooks.delete_webhook("whe_1"),
    "rotate_secret": webhooks.rotate_secret("whe_1"),
    "test_webhook": webhooks.test_webhook("whe_1"),
    "list_deliveries": webhooks.list_deliveries("whe_1", "failed", 10, ""),
    "replay": webhooks.replay("whe_1", "msg_1"),
    "ways": accounts.ways(),
    "login": accounts.login("ada@example.com", "secret", ""),
    "accept_invitation": accounts.accept_invitation("pdi_1", "secret"),
    "switch": accounts.switch("org_1"),
    "logout": accounts.logout("pdr_1"),
    "change_password": accounts.change_password("old one", "a new one"),
    "me": accounts.me(),
    "list_members": accounts.list_members(),
    "change_role": accounts.change_role("usr_1", "editor"),
    "remove_member": accounts.remove_member("usr_1"),
    "list_invitations": accounts.list_invitations(),
    "invite": accounts.invite("grace@example.com", "viewer"),
    "withdraw_invitation": accounts.withdraw_invitation("inv_1"),
    "list_keys": accounts.list_keys(),
    "create_key": accounts.create_key("nightly", "read", None),
    "revoke_key": accounts.revoke_key("key_1"),
    "get_limits": accounts.get_limits(),
    "set_limits": accounts.set_limits(OwnLimits(600, rates={"write": Rate(60, 60)})),
    "audit": accounts.audit(10, ""),
}  # fmt: skip


def described(call: Call[Any]) -> dict[str, Any]:
    """The gateway's description of a call; paths with a fixed word go before those with an id."""
    asked = call.path.split("/")
    found = [
        (path.count("{"), item[call.method.lower()])
        for path, item in DESCRIBED["paths"].items()
        if call.method.lower() in item and fits(path.split("/"), asked)
    ]
    assert found, f"the gateway has no {call.method} {call.path}"
    operation: dict[str, Any] = min(found, key=lambda each: each[0])[1]
    return operation


def fits(path: list[str], asked: list[str]) -> bool:
    return len(path) == len(asked) and all(
        step.startswith("{") or step == word for step, word in zip(path, asked, strict=True)
    )


def answer_of(operation: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status and the content of an answer in good order."""
    status = next(int(each) for each in operation["responses"] if each.startswith("2"))
    return status, operation["responses"][str(status)].get("content", {})


def example_of(content: dict[str, Any]) -> Any:
    if "example" in content:
        return content["example"]
    schema = content["schema"]
    while "$ref" in schema:
        schema = DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema["example"] if "example" in schema else schema["examples"][0]


@pytest.mark.parametrize("name", CALLS)
def test_the_gateway_takes_the_call(name: str) -> None:
    call = CALLS[name]
    operation = described(call)
    taken = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    assert set(call.params) <= taken
    if call.body is not None:
        schema = operation["requestBody"]["content"][JSON]["schema"]
        whole = {**schema, "components": DESCRIBED["components"]}
        jsonschema.Draft202012Validator(whole).validate(call.body)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "preview"])
def test_the_documented_answer_is_read(name: str) -> None:
    call = CALLS[name]
    status, content = answer_of(described(call))
    if JSON not in content:
        assert call.read(httpx.Response(status)) is None
        return
    example = example_of(content[JSON])
    read = call.read(httpx.Response(status, json=example))
    models = read if isinstance(read, tuple) else (read,)
    assert models
    lists = [value for value in example.values() if isinstance(value, list)] or [[example]]
    told = lists[0][0] if isinstance(read, tuple) else example
    for model in models:
        assert is_dataclass(model)
        # A field under another name than the gateway's would always have its default.
        assert {each.name for each in fields(model)} - ONLY_ONCE <= set(told)


ONLY_ONCE = {"token", "key"}
"""Told when it is made and not in lists."""


def test_every_call_is_tried_here() -> None:
    modules = (
        accounts, deployment, dubs, scripts, sharing, speakers, usage, videos, webhooks, words,
    )  # fmt: skip
    made = {
        name
        for module in modules
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
        if "Call" in str(value.__annotations__.get("return")) and not name.startswith("_")
    }
    assert made - {"read_artifact"} == set(CALLS)  # its address is the server's own


def methods(of: type[Any]) -> dict[str, str]:
    """Public methods and how they are called, as text in which both clients look the same."""
    return {
        name: str(inspect.signature(value)).replace("Async", "")
        for name, value in vars(of).items()
        if callable(value) and not name.startswith("_")
    }


def test_both_clients_can_do_the_same() -> None:
    ordinary, asynchronous = Polydub("http://127.0.0.1:9"), AsyncPolydub("http://127.0.0.1:9")
    assert methods(type(ordinary)) == methods(type(asynchronous))
    topics = {name for name in vars(ordinary) if not name.startswith("_")}
    assert topics == {name for name in vars(asynchronous) if not name.startswith("_")}
    for topic in topics:
        ours, theirs = getattr(ordinary, topic), getattr(asynchronous, topic)
        assert methods(type(ours)) == methods(type(theirs)), topic
    ordinary.close()


def test_a_preview_is_sound_or_an_error() -> None:
    read: Callable[[httpx.Response], Any] = CALLS["preview"].read
    heard = read(httpx.Response(200, content=b"RIFF....", headers={"X-Duration-Ms": "1200"}))
    assert (heard.wav, heard.duration_ms) == (b"RIFF....", 1200)
