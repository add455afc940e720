"""The pure parts: languages, ranges, names, forms, problems, settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from starlette.websockets import WebSocketDisconnect

from polydub.errors import TABLE, EngineUnavailable, StageError
from polydub.pipeline import STAGES
from polydub_gateway.accounts.settings import AccountSettings
from polydub_gateway.app import create_app
from polydub_gateway.jobs.asking import DubRequest, normalized
from polydub_gateway.languages import (
    DubbablePair,
    StageEngines,
    check_engines,
    check_pairs,
    dubbable_pairs,
)
from polydub_gateway.numbers import Whole
from polydub_gateway.problems import add_problem_handlers, problem_response
from polydub_gateway.routes.ranges import (
    ByteRange,
    etag_of,
    matches,
    parse_range,
    range_still_stands,
)
from polydub_gateway.settings import GatewaySettings
from polydub_gateway.uploads.multipart import MultipartFile
from polydub_gateway.uploads.names import MAX_CHARACTERS, display_name, extension_of, source_key

pytestmark = pytest.mark.unit

# --- languages -------------------------------------------------------------------------------


def catalog(engines: dict[str, list[Any]]) -> dict[str, StageEngines]:
    return {name: StageEngines(name, True, tuple(each)) for name, each in engines.items()}


def test_a_pair_is_heard_translated_and_spoken(engines: Any) -> None:
    assert dubbable_pairs(catalog(engines)) == (
        DubbablePair("en", "es"),
        DubbablePair("en", "fr", ("es",)),
    )


def test_engines_that_are_not_available_do_not_count(engines: Any, make_engine: Any) -> None:
    engines["tts"] = [make_engine("espeak", languages=["es"], available=False)]
    assert dubbable_pairs(catalog(engines)) == ()


def test_an_engine_without_languages_does_all(engines: Any, make_engine: Any) -> None:
    engines["asr"] = [make_engine("whisper")]
    assert ("es", "en") in {(p.source, p.target) for p in dubbable_pairs(catalog(engines))}


def test_the_chosen_engine_decides(engines: Any, make_engine: Any, make_pair: Any) -> None:
    engines["translation"].append(make_engine("nllb", pairs=[make_pair("en", "de")]))
    pairs = dubbable_pairs(catalog(engines), {"translation": "nllb"})
    assert pairs == (DubbablePair("en", "de"),)


def test_the_shortest_way_wins(engines: Any, make_engine: Any, make_pair: Any) -> None:
    engines["translation"].append(make_engine("nllb", pairs=[make_pair("en", "fr")]))
    assert DubbablePair("en", "fr") in dubbable_pairs(catalog(engines))


def test_a_pair_serves_its_regions(engines: Any) -> None:
    check_pairs(dubbable_pairs(catalog(engines)), "en-GB", ["es-MX"])
    check_pairs(dubbable_pairs(catalog(engines)), "auto", ["es", "fr"])


def test_a_refusal_names_what_is_possible(engines: Any) -> None:
    pairs = dubbable_pairs(catalog(engines))
    with pytest.raises(StageError, match="into ja; it can into: es, fr") as target:
        check_pairs(pairs, "en", ["es", "ja"])
    assert target.value.code == "unsupported_language_pair"
    with pytest.raises(StageError, match="from de; it can from: en"):
        check_pairs(pairs, "de", ["es"])
    with pytest.raises(StageError, match="any language it hears into ja"):
        check_pairs(pairs, "auto", ["ja"])


def test_a_stage_that_does_not_answer_is_no_reason_to_guess(engines: Any) -> None:
    silent = {**catalog(engines), "tts": StageEngines("tts", answers=False)}
    with pytest.raises(StageError, match="tts service") as refused:
        check_engines(silent, {}, ["separation", "asr", "tts"])
    assert refused.value.code == "stage_unavailable"


def test_a_stage_without_any_available_engine_says_what_to_do(
    engines: Any, make_engine: Any
) -> None:
    engines["asr"] = [
        make_engine("sphinx", available=False, unavailable_reason="no model", remedy="Run setup.")
    ]
    with pytest.raises(EngineUnavailable, match="sphinx: no model") as refused:
        check_engines(catalog(engines), {}, ["separation", "asr"])
    assert refused.value.hint == "Run setup."


def test_requests_are_normalized() -> None:
    asked = DubRequest("vid_1", ("ES", "spa", "pt-br"), "EN_us", engines={"tts": "", "asr": "x"})
    found = normalized(asked)
    assert found.target_languages == ("es", "pt-BR")
    assert found.source_language == "en-US"
    assert found.engines == {"asr": "x", "tts": "auto"}
    assert found.digest() == normalized(found).digest()


@pytest.mark.parametrize(
    "asked",
    [
        DubRequest("v", ()),
        DubRequest("v", ("not a tag",)),
        DubRequest("v", ("es",), fit_mode="loose"),
        DubRequest("v", ("es",), speakers=99),
    ],
)
def test_requests_that_make_no_sense_are_refused(asked: DubRequest) -> None:
    with pytest.raises(StageError) as refused:
        normalized(asked)
    assert refused.value.code == "invalid_request"


# --- ranges ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=2-", ByteRange(2, 10)),
        ("bytes=-3", ByteRange(7, 10)),
        ("bytes=-99", ByteRange(0, 10)),
        ("bytes=4-999", ByteRange(4, 10)),
        ("BYTES = 1 - 2", ByteRange(1, 3)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges(header: str | None, expected: ByteRange | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_ranges_beyond_the_file(header: str) -> None:
    with pytest.raises(StageError) as refused:
        parse_range(header, 10)
    assert refused.value.row.http == 416


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_a_range_never_leaves_the_file(first: int, last: int, size: int) -> None:
    try:
        found = parse_range(f"bytes={first}-{last}", size)
    except StageError:
        assert first >= size
    else:
        assert found is None or 0 <= found.start < found.end <= size


def test_validators() -> None:
    etag = etag_of("videos/v/muxing/d/a.mp4")
    assert etag != etag_of("videos/v/muxing/e/a.mp4")
    assert matches(f'"x", W/{etag}', etag)
    assert matches("*", etag)
    assert not matches(None, etag)
    assert range_still_stands(None, etag)
    assert range_still_stands(etag, etag)
    assert not range_still_stands('"old"', etag)


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown", "extension"),
    [
        ("talk.MP4", "talk.MP4", "mp4"),
        ("../../etc/passwd", "passwd", "bin"),
        ("C:\\films\\año nuevo.mkv", "año nuevo.mkv", "mkv"),
        ("a\x00b\n.wav", "ab.wav", "wav"),
        ("evil\u202egpj.mp4", "evilgpj.mp4", "mp4"),
        ("...", "upload", "bin"),
        ("", "upload", "bin"),
        ("x.tar.gz;rm", "x.tar.gz;rm", "bin"),
    ],
)
def test_names(raw: str, shown: str, extension: str) -> None:
    assert display_name(raw) == shown
    assert extension_of(shown) == extension
    assert source_key("vid_1", shown) == f"videos/vid_1/source/original.{extension}"


@given(st.text(max_size=400))
def test_any_name_is_made_harmless(raw: str) -> None:
    from polydub.store.base import valid_key

    name = display_name(raw)
    assert 0 < len(name) <= MAX_CHARACTERS + 9
    assert not set(name) & set("/\\\x00\n\r")
    assert valid_key(source_key("vid_1", name))


# --- forms -----------------------------------------------------------------------------------

FORM = (
    b'--xx\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a\xc3\xb1o.mp4"\r\n'
    b"Content-Type: video/mp4\r\n\r\n"
    b"the\r\n--bytes\r\n"
    b'--xx\r\nContent-Disposition: form-data; name="b"; filename="b.mp4"\r\n\r\nother\r\n--xx--\r\n'
)


async def _in_pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
async def test_a_form_gives_its_first_file(size: int) -> None:
    form = MultipartFile("multipart/form-data; boundary=xx", _in_pieces(FORM, size))
    assert await form.filename() == "año.mp4"
    assert b"".join([chunk async for chunk in form.chunks()]) == b"the\r\n--bytes"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", FORM),
        ("multipart/form-data; boundary=xx", FORM[:-10]),
        ("multipart/form-data; boundary=xx", b"nonsense" * 5),
        ("multipart/form-data; boundary=xx", FORM[:62] + b"--xx--\r\n"),
        ("multipart/form-data; boundary=xx", b""),
    ],
)
async def test_a_form_that_is_none_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(StageError) as refused:
        form = MultipartFile(kind, _in_pieces(body, 16))
        await form.filename()
        assert [chunk async for chunk in form.chunks()]
    assert refused.value.code == "invalid_request"


# --- problems --------------------------------------------------------------------------------


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_every_code_is_a_problem(row: Any) -> None:
    answer = problem_response(StageError(row.code, "It is so."))
    assert answer.status_code == row.http
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) == (row.http == 503 and row.retryable)


def test_whatever_goes_wrong_is_a_problem() -> None:
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/number/{n}")
    def number(n: int) -> int:
        return 1 // n

    client = TestClient(app, raise_server_exceptions=False)
    for answer, status, code in (
        (client.get("/nowhere"), 404, "not_found"),
        (client.post("/number/1"), 405, "invalid_request"),
        (client.get("/number/one"), 422, "invalid_request"),
        (client.get("/number/0"), 500, "internal"),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["status"] == status
        assert answer.json()["hint"]
    assert "ZeroDivision" not in client.get("/number/0").text


def test_a_refused_method_names_those_that_the_address_takes() -> None:
    client = TestClient(create_app(GatewaySettings()), base_url="http://127.0.0.1:7700")
    for path, allowed in (
        ("/v1/glossaries/glo_1", "DELETE, GET, PUT"),
        ("/v1/videos/vid_1", "DELETE, GET"),
        ("/v1/videos/import", "POST"),
    ):
        answer = client.request("OPTIONS", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(("said", "meant"), [(3, 3), (3.0, 3), (3.5, None), ("3", None)])
def test_a_whole_number_is_one_however_it_is_written(said: object, meant: int | None) -> None:
    try:
        assert TypeAdapter(Whole).validate_python(said) == meant
    except ValidationError:
        assert meant is None


OPEN = {"host": "0.0.0.0", "allow_unauthenticated": True}


@pytest.mark.parametrize("settings", [{}, OPEN], ids=["on loopback", "for the network"])
@pytest.mark.parametrize(
    "foreign",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
     {"Origin": "https://evil.example"}, {"Origin": "http://127.0.0.1:3000"},
     {"Origin": "http://[nonsense"}],
)  # fmt: skip
def test_pages_of_other_sites_change_nothing_without_accounts(
    settings: dict[str, Any], foreign: dict[str, str]
) -> None:
    client = TestClient(create_app(GatewaySettings(**settings)), base_url="http://127.0.0.1:7700")
    refused = client.post("/v1/dubs", json={}, headers=foreign)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/v1/events", headers=foreign),
    ):
        raise AssertionError("unreachable")
    assert client.get("/healthz", headers=foreign).status_code == 200


@pytest.mark.parametrize(
    ("settings", "host", "known"),
    [
        ({}, "127.0.0.1:7700", True),
        ({}, "[::1]:7700", True),
        ({}, "LocalHost:7700", True),
        ({}, "evil.example", False),
        ({}, "[nonsense", False),
        # Whoever opens it to the network may not know all of its names.
        (OPEN, "dubs.lan", True),
        (OPEN | {"allowed_hosts": "dubs.lan, gateway"}, "Dubs.lan.:8080", True),
        (OPEN | {"allowed_hosts": "dubs.lan, gateway"}, "gateway", True),
        (OPEN | {"allowed_hosts": "dubs.lan"}, "10.1.2.3:8080", True),  # what probes say
        (OPEN | {"allowed_hosts": "dubs.lan"}, "localhost:7700", True),
        (OPEN | {"allowed_hosts": "dubs.lan"}, "evil.example", False),
        ({"allowed_hosts": "dubs.lan"}, "dubs.lan", True),
        ({"sign_in": AccountSettings(public_url="https://dub.example")}, "dub.example", True),
        ({"sign_in": AccountSettings(accounts=True)}, "evil.example", True),
    ],
)
def test_it_answers_under_its_own_names(settings: dict[str, Any], host: str, known: bool) -> None:
    client = TestClient(create_app(GatewaySettings(**settings)), base_url="http://127.0.0.1:7700")
    answer = client.get("/healthz", headers={"Host": host})
    assert answer.status_code == (200 if known else 403)
    if not known:
        assert "ALLOWED_HOSTS" in answer.json()["hint"]
        feed = client.websocket_connect("/v1/events", headers={"Host": host})
        with pytest.raises(WebSocketDisconnect), feed:
            raise AssertionError("unreachable")


def test_the_description_is_whole() -> None:
    described = create_app(GatewaySettings()).openapi()
    assert described["openapi"].startswith("3.1")
    text = str(described)
    for name in {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in described["components"]["schemas"]
    assert "HTTPValidationError" not in text


# --- settings --------------------------------------------------------------------------------


def test_every_stage_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYDUB_TTS_ADDRESS", "tts.svc:50051")
    addresses = GatewaySettings().stage_addresses
    assert list(addresses) == [stage.name for stage in STAGES]
    assert addresses["separation"] == "127.0.0.1:7710"
    assert addresses["muxing"] == "127.0.0.1:7715"
    assert addresses["tts"] == "tts.svc:50051"
    monkeypatch.setenv("POLYDUB_TTS_ADDRESS", "nonsense")
    with pytest.raises(ValidationError, match="POLYDUB_TTS_ADDRESS"):
        GatewaySettings()


def test_it_does_not_open_itself_to_the_network() -> None:
    with pytest.raises(ValidationError, match="no accounts"):
        GatewaySettings(host="0.0.0.0")
    assert GatewaySettings(host="0.0.0.0", allow_unauthenticated=True).on_loopback is False
    assert GatewaySettings(host="::1").on_loopback
