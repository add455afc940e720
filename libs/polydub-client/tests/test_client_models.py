"""Answers as dataclasses, and problems as errors."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from polydub_client.calls.deployment import list_engines
from polydub_client.calls.dubs import create_dub, get_dub
from polydub_client.calls.scripts import change_speaker
from polydub_client.connection import Connection
from polydub_client.decode import decode
from polydub_client.errors import PolydubError, ServerUnreachable, from_response, from_transport
from polydub_client.files import target_in
from polydub_client.models import (
    CloneConsent,
    Dub,
    DubState,
    Extra,
    Progress,
    Report,
    SubtitleFile,
    Term,
    Video,
)
from polydub_client.options import DubOptions
from polydub_client.retry import Attempts, RetryPolicy

pytestmark = pytest.mark.unit


def test_a_dub_with_everything() -> None:
    dub = decode(
        Dub,
        {
            "id": "d",
            "state": "completed_with_warnings",
            "progress": 1,
            "languages": [
                {"language": "es", "state": "failed", "error": {"code": "engine_failed"}},
                {"language": "ca", "report": {"tempo": {"p95": 1.5}, "dub_lufs": "-Infinity"}},
            ],
            "warnings": [{"code": "clash", "line_id": "l1"}],
        },
    )
    assert dub.state is DubState.COMPLETED_WITH_WARNINGS
    assert isinstance(dub.progress, float)
    failed, spoken = dub.languages
    assert failed.error is not None
    assert failed.error.code == "engine_failed"
    assert spoken.report is not None
    assert spoken.report.tempo.p95 == 1.5
    assert spoken.report.dub_lufs == float("-inf")
    assert dub.warnings[0].line_id == "l1"


def test_missing_null_and_unknown_fields_are_forgiven() -> None:
    assert decode(Progress, {"eta_s": None, "metrics": {}, "stage": None}) == Progress()


def test_a_state_of_a_newer_server_is_unknown_and_has_not_ended() -> None:
    assert decode(Dub, {"state": "resting"}).state is DubState.UNKNOWN
    assert not DubState.UNKNOWN.has_ended


@pytest.mark.parametrize("data", [[], None, "x", {"width": "wide"}, {"id": 3}, {"size_bytes": 1.5}])
def test_values_of_another_type_are_refused(data: object) -> None:
    with pytest.raises(PolydubError) as caught:
        decode(Video, data)
    assert caught.value.code == "bad_answer"


def test_measures_that_were_not_made_are_none() -> None:
    assert decode(Report, {"loudness_delta_lu": None}).loudness_delta_lu is None


def test_a_problem_document_becomes_an_error() -> None:
    body = {
        "detail": "No pair.", "code": "unsupported_language_pair", "hint": "Choose.",
        "stage": "asr", "retryable": False,
    }  # fmt: skip
    error = from_response(httpx.Response(503, json=body, headers={"Retry-After": "7"}))
    assert (error.message, error.code, error.hint) == ("No pair.", body["code"], "Choose.")
    assert (error.stage, error.retryable, error.status) == ("asr", False, 503)
    assert error.retry_after_s == 7.0


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [(502, "http_502", True), (413, "media_too_large", False), (429, "too_many_requests", True)],
)
def test_a_proxys_page_becomes_an_error_too(status: int, code: str, retryable: bool) -> None:
    error = from_response(httpx.Response(status, text="<html>"))
    assert (error.code, error.retryable) == (code, retryable)


def test_no_connection_is_told_apart_from_a_lost_one() -> None:
    refused = from_transport(httpx.ConnectError("refused"), "http://x")
    assert isinstance(refused, ServerUnreachable)
    assert "make up" in refused.hint
    assert from_transport(httpx.ReadError("cut"), "http://x").code == "connection_lost"


def test_a_page_that_is_not_json_is_an_error() -> None:
    with pytest.raises(PolydubError) as caught:
        list_engines().answer(httpx.Response(200, text="<html>"))
    assert caught.value.code == "bad_answer"


def test_the_body_of_a_new_dub() -> None:
    call = create_dub(
        "v",
        ["es"],
        DubOptions(
            source_language="auto",
            speakers=2,
            fit_mode="strict",
            engines={"tts": "x"},
            glossary=[Term("bed", "fondo", "es")],
            clone_consent=CloneConsent("Ada", "Yes.", id="con_1"),
            lipsync=True,
            extras=[Extra.MKV],
            min_quality=50,
            subtitles=[SubtitleFile("es", "1")],
            voice_over=True,
        ),
        idempotency_key="k",
    )
    assert call.body == {
        "video_id": "v", "source_language": "auto", "target_languages": ["es"], "speakers": 2,
        "fit_mode": "strict", "engines": {"tts": "x"}, "lipsync": True,
        "extras": ["mkv"], "min_quality": 50,
        "subtitles": [{"language": "es", "text": "1"}], "voice_over": True,
        "glossary": [{"source": "bed", "target": "fondo", "target_language": "es"}],
        "clone_consent": {"given_by": "Ada", "statement": "Yes."},
    }  # fmt: skip
    assert call.headers["Idempotency-Key"] == "k"


def test_what_is_left_out_is_the_server_s_to_choose() -> None:
    left_out = DubOptions(engines=None, clone_consent=None)
    call = create_dub("v", ("es",), left_out, idempotency_key="k")
    assert call.body == {"video_id": "v", "target_languages": ["es"]}


@pytest.mark.parametrize(
    ("registered_id", "said"),
    [(None, {}), ("", {"registered_id": None}), ("spk_1", {"registered_id": "spk_1"})],
)
def test_a_speaker_is_linked_unlinked_or_left_as_it_is(
    registered_id: str | None, said: dict[str, Any]
) -> None:
    call = change_speaker("dub_1", "S1", 3, None, {}, registered_id)
    assert (call.body, call.headers) == ({"voices": {}, **said}, {"If-Match": '"3"'})


def test_an_option_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="no option fitmode"):
        create_dub("v", ["es"], {"fitmode": "strict"}, idempotency_key="k")  # type: ignore[typeddict-unknown-key]


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    assert get_dub("../engines?x").path == "/v1/dubs/..%2Fengines%3Fx"


def test_delays_grow_to_a_cap() -> None:
    policy = RetryPolicy(base_s=1.0, cap_s=5.0)
    assert [policy.delay_s(n, lambda: 1.0) for n in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 5.0]
    assert policy.delay_s(1, lambda: 0.0) == 0.5


def test_the_server_says_how_long_to_wait() -> None:
    busy = PolydubError("busy", code="x", retryable=True, retry_after_s=30.0)
    assert Attempts(RetryPolicy()).delay_after(busy) == 30.0


def test_what_may_have_been_done_is_not_done_again() -> None:
    lost = PolydubError("lost", code="connection_lost", retryable=True)
    with pytest.raises(PolydubError):
        Attempts(RetryPolicy(), idempotent=False).delay_after(lost)
    Attempts(RetryPolicy(), idempotent=False).delay_after(ServerUnreachable("u", "refused"))


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a\0"])
def test_a_files_name_cannot_leave_the_folder(name: str, tmp_path: object) -> None:
    with pytest.raises(PolydubError) as caught:
        target_in(tmp_path, name)  # type: ignore[arg-type]
    assert caught.value.code == "unsafe_name"


@pytest.mark.parametrize("url", ["", "foo", "ftp://x", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(PolydubError) as caught:
        Connection(url, None, 1.0)
    assert caught.value.code == "invalid_server"


def test_the_key_goes_to_its_own_server_only() -> None:
    connection = Connection("http://a:1", "secret", 1.0)
    own, other = httpx.Request("GET", "http://a:1/x"), httpx.Request("GET", "http://a:2/x")
    other.headers["X-Api-Key"] = "secret"  # as a redirect carries it on
    connection.sign(own)
    connection.sign(other)
    assert own.headers["X-Api-Key"] == "secret"
    assert "X-Api-Key" not in other.headers
