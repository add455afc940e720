"""The commands besides ``dub``: what they ask of the server, and what they say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from polydub_client import FileSession
from polydub_client.cli import app
from polydub_client.terminal.arguments import time_ms

pytestmark = pytest.mark.contract

Run = Callable[..., Any]

LINE = {
    "id": "u1", "start_ms": 62500, "end_ms": 64000, "speaker_id": "S1", "revision": 4,
    "text": "Good morning.", "fit": {"tempo": 1.31, "flags": ["hard_cap"]},
    "translations": {
        "es": {"text": "Buenos días.", "origin": "person", "stale": False},
        "ca": {"text": "Bon dia.", "origin": "machine", "stale": True},
    },
}  # fmt: skip
SCRIPT = {
    "revision": 7, "language": "en", "stale_languages": ["es"], "total": 1, "segments": [LINE],
    "speakers": [{"id": "S1", "name": "Katie", "revision": 1}],
}  # fmt: skip
REGISTERED = {"id": "spk_1", "name": "Katie", "voices": {"es": "espeak/es"}, "revision": 2}
GLOSSARY = {"id": "glo_1", "name": "Products", "revision": 2,
            "terms": [{"source": "bed", "target": "fondo", "target_language": "es"}]}  # fmt: skip
WEBHOOK = {"id": "whe_1", "url": "https://example.org/hook", "events": [], "enabled": True}
DELIVERY = {"id": "msg_1", "type": "webhook.test", "state": "delivered", "tries": 1,
            "attempts": [{"number": 1, "status": 200}]}  # fmt: skip
MEMBER = {"user_id": "usr_1", "email": "ada@example.com", "role": "admin"}
ME = {**MEMBER, "organisation_id": "local",
      "organisations": [{"id": "local", "name": "Polydub", "role": "admin"}]}  # fmt: skip
USAGE = {"months": [{"month": "2026-01", "minutes": 63.4, "languages": 3,
                     "jobs": {"completed": 2}, "cost": 0.024}],
         "storage_bytes": 1024, "quotas": {"concurrent_jobs": 5}, "currency": "USD"}  # fmt: skip
DUB_USAGE = {"currency": "USD", "dubs": [{"dub_id": "dub_9", "month": "2026-01",
             "state": "completed", "minutes": 21.2, "languages": 2}]}  # fmt: skip
ESTIMATE = {"seconds": 65.0, "seconds_at_most": 80.0, "cost": None, "currency": "USD",
            "stages": [{"stage": "tts", "engines": ["espeak"], "seconds": 12.0}]}  # fmt: skip
VIDEO = {"id": "vid_7", "filename": "talk.mp4", "duration_s": 63.4, "size_bytes": 7340032,
         "storage_bytes": 25165824, "dubs": 2, "created_at": "2026-01-05T09:30:00Z"}  # fmt: skip
IMPORT = {
    "id": "imp_3",
    "host": "example.org",
    "state": "failed",
    "progress": 0.42,
    "created_at": "2026-01-05T09:30:00Z",
    "error": {"detail": "It is too large."},
}
LIMITS = {"own": {"concurrent_jobs": 5, "rates": {"write": {"quota": 60, "window_s": 60}},
                  "keys": {"key_1": {"read": {"quota": 30, "window_s": 10}}}},
          "quotas": {"minutes_per_month": 600.0, "concurrent_jobs": 5},
          "allowed": {"minutes_per_month": 600.0, "concurrent_jobs": 20},
          "default_rates": {"read": {"quota": 600, "window_s": 60}}}  # fmt: skip
LINE_PATH = "/v1/dubs/dub_1/segments/u1"


@pytest.fixture
def polydub(gateway: Any) -> Run:
    runner = CliRunner(env={"POLYDUB_URL": gateway.url, "COLUMNS": "200"})

    def run(*arguments: object, stdin: str | None = None) -> Any:
        given = [str(each) for each in arguments]
        return runner.invoke(app, given, input=stdin, catch_exceptions=False)

    return run


# command, the call that it comes down to, its answer, and what people read
CASES: list[tuple[str, str, Any, list[str]]] = [
    ("delete dub_1", "DELETE /v1/dubs/dub_1", {}, ["Deleted: dub_1"]),
    ("delete vid_1 --yes", "DELETE /v1/videos/vid_1", {}, ["Deleted: vid_1"]),
    ("videos --name talk", "GET /v1/videos", {"videos": [VIDEO], "next_cursor": None},
     ["vid_7", "talk.mp4", "1:03", "7.0 MiB", "24.0 MiB", "2", "2026-01-05 09:30 UTC"]),
    ("videos", "GET /v1/videos", {"videos": []}, ["No videos yet."]),
    ("videos --name talk", "GET /v1/videos", {"videos": []}, ["No video has such a name."]),
    ("imports --state failed", "GET /v1/imports", {"imports": [IMPORT], "next_cursor": None},
     ["imp_3", "example.org", "failed", "42%", "It is too large.", "2026-01-05 09:30 UTC"]),
    ("imports", "GET /v1/imports", {"imports": []}, ["No such imports.", "polydub import URL"]),
    ("limits", "GET /v1/organisation/limits", LIMITS,
     ["dubs at a time", "20", "600", "everyone", "60 in 60 s", "key_1", "30 in 10 s"]),
    ("script dub_1", "GET /v1/dubs/dub_1/segments", SCRIPT,
     ["1:02.500", "Katie", "Buenos días. [corrected]", "[to be translated anew]", "regenerate"]),
    ("script dub_1 --language es", "GET /v1/dubs/dub_1/segments", SCRIPT, ["x1.31, hard_cap"]),
    ("suggest dub_1 u1 --language es --ratio 0.8", f"POST {LINE_PATH}/suggestions",
     {"suggestions": [{"text": "Buenas.", "origin": "rephrased"}]}, ["Buenas.", "rephrased"]),
    ("voices --language es", "GET /v1/voices",
     {"voices": [{"id": "espeak/es", "name": "Spanish", "f0_hz": 118.0}]}, ["espeak/es", "118 Hz"]),
    ("estimate vid_1 --to es", "POST /v1/estimates", ESTIMATE,
     ["About 1:05, at most 1:20.", "no price is set", "speaking the lines", "espeak"]),
    ("usage", "GET /v1/usage", USAGE, ["63.4", "2 completed", "0.0240 USD", "5 dubs at a time"]),
    ("usage --dubs --month 2026-01", "GET /v1/usage/dubs", DUB_USAGE, ["dub_9", "21.2"]),
    ("share create dub_1 --to es --days 1", "POST /v1/dubs/dub_1/shares",
     {"id": "shr_1", "url": "/shared/pds_abc", "token": "pds_abc"}, ["/shared/pds_abc"]),
    ("share list dub_1", "GET /v1/dubs/dub_1/shares",
     {"shares": [{"id": "shr_1", "languages": ["es"], "downloads": True}]},
     ["shr_1", "es", "play and save"]),
    ("share list dub_1", "GET /v1/dubs/dub_1/shares", {"shares": []}, ["Nobody has a link"]),
    ("share revoke dub_1 shr_1", "DELETE /v1/dubs/dub_1/shares/shr_1", {}, ["Deleted: shr_1"]),
    ("glossary list", "GET /v1/glossaries", {"glossaries": [GLOSSARY]}, ["glo_1", "Products"]),
    ("glossary list", "GET /v1/glossaries", {"glossaries": []}, ["No glossaries yet."]),
    ("glossary show glo_1", "GET /v1/glossaries/glo_1", GLOSSARY, ["bed", "fondo"]),
    ("glossary create Products --term bed=fondo", "POST /v1/glossaries", GLOSSARY, ["glo_1"]),
    ("glossary delete glo_1", "DELETE /v1/glossaries/glo_1", {}, ["Deleted: glo_1"]),
    ("speakers list", "GET /v1/speakers", {"speakers": [REGISTERED]}, ["Katie", "es: espeak/es"]),
    ("speakers list", "GET /v1/speakers", {"speakers": []}, ["No registered speakers yet."]),
    ("speakers delete spk_1", "DELETE /v1/speakers/spk_1", {}, ["Deleted: spk_1"]),
    ("memory list --language es", "GET /v1/memory",
     {"entries": [{"id": "mem_1", "source_text": "Hi.", "text": "Hola."}]}, ["mem_1", "Hola."]),
    ("memory delete mem_1", "DELETE /v1/memory/mem_1", {}, ["Deleted: mem_1"]),
    ("webhooks list", "GET /v1/webhooks", {"webhooks": [WEBHOOK]}, ["whe_1", "all", "enabled"]),
    ("webhooks create https://example.org/hook --event dub.completed", "POST /v1/webhooks",
     {"webhook": WEBHOOK, "secret": "whsec_abc"}, ["whsec_abc"]),
    ("webhooks rotate whe_1", "POST /v1/webhooks/whe_1/rotate",
     {"webhook": WEBHOOK, "secret": "whsec_new"}, ["whsec_new"]),
    ("webhooks enable whe_1 --off", "PATCH /v1/webhooks/whe_1",
     {**WEBHOOK, "enabled": False}, ["disabled"]),
    ("webhooks test whe_1", "POST /v1/webhooks/whe_1/test", DELIVERY, ["msg_1"]),
    ("webhooks deliveries whe_1 --state delivered", "GET /v1/webhooks/whe_1/deliveries",
     {"deliveries": [DELIVERY]}, ["webhook.test", "delivered", "200"]),
    ("webhooks replay whe_1 msg_1", "POST /v1/webhooks/whe_1/deliveries/msg_1/replay",
     DELIVERY, ["msg_1"]),
    ("webhooks delete whe_1", "DELETE /v1/webhooks/whe_1", {}, ["Deleted: whe_1"]),
    ("whoami", "GET /v1/auth/me", ME, ["ada@example.com: admin of Polydub"]),
    ("members list", "GET /v1/organisation/members", {"members": [MEMBER]}, ["usr_1", "admin"]),
    ("members invite grace@example.com --role editor", "POST /v1/organisation/invitations",
     {"id": "inv_1", "token": "pdi_abc"}, ["pdi_abc"]),
    ("members role usr_1 editor", "PATCH /v1/organisation/members/usr_1",
     {**MEMBER, "role": "editor"}, ["editor"]),
    ("members remove usr_1", "DELETE /v1/organisation/members/usr_1", {}, ["Deleted: usr_1"]),
    ("keys list", "GET /v1/organisation/keys",
     {"keys": [{"id": "k1", "name": "nightly", "scope": "read"}]}, ["nightly", "never", "not yet"]),
    ("keys create nightly --expires 2027-01-05", "POST /v1/organisation/keys",
     {"id": "k1", "key": "pdk_abc"}, ["pdk_abc"]),
    ("keys revoke k1", "DELETE /v1/organisation/keys/k1", {}, ["Deleted: k1"]),
]  # fmt: skip
NAMES = [f"{number} {case[0]}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize(("command", "call", "answer", "words"), CASES, ids=NAMES)
def test_commands_ask_and_say(
    polydub: Run, gateway: Any, command: str, call: str, answer: Any, words: list[str]
) -> None:
    gateway.answers[call] = (200, answer)
    run = polydub(*command.split())
    assert run.exit_code == 0, run.output
    assert len(gateway.asked(call)) == 1
    for word in words:
        assert word in run.stdout
    told = polydub(*command.split(), "--json")
    [line] = told.stdout.splitlines()
    assert json.loads(line)["type"]


def test_filters_of_status_go_to_the_server(polydub: Run, gateway: Any) -> None:
    assert polydub("status", "--state", "failed", "--name", "talk", "--to", "es").exit_code == 0
    asked = gateway.asked("GET /v1/dubs")[-1].query
    assert (asked["state"], asked["q"], asked["target_language"]) == ("failed", "talk", "es")


def test_a_script_as_csv(polydub: Run, gateway: Any) -> None:
    gateway.answers["GET /v1/dubs/dub_1/segments"] = (200, SCRIPT)
    rows = list(csv.reader(io.StringIO(polydub("script", "dub_1", "--csv").stdout)))
    assert rows == [
        ["id", "start_ms", "end_ms", "speaker_id", "en", "es", "ca"],
        ["u1", "62500", "64000", "S1", "Good morning.", "Buenos días.", "Bon dia."],
    ]
    assert polydub("script", "dub_1", "--csv", "--json").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (["--text", "Good day."], {"text": "Good day."}),
        (["--language", "es", "--text", "Hola."], {"translations": {"es": "Hola."}}),
        (["--language", "es", "--retranslate"], {"translations": {"es": None}}),
        (["--start", "1:02.5", "--end", "64", "--speaker", "S2"],
         {"start_ms": 62500, "end_ms": 64000, "speaker_id": "S2"}),
    ],
)  # fmt: skip
def test_a_line_is_corrected_from_the_revision_that_is_there(
    polydub: Run, gateway: Any, arguments: list[str], body: dict[str, Any]
) -> None:
    gateway.answers["GET /v1/dubs/dub_1/segments"] = (200, SCRIPT)
    gateway.answers[f"PATCH {LINE_PATH}"] = (200, LINE)
    run = polydub("correct", "dub_1", "u1", *arguments)
    assert run.exit_code == 0, run.output
    assert "polydub regenerate dub_1" in run.stderr
    [asked] = gateway.asked(f"PATCH {LINE_PATH}")
    assert json.loads(asked.body) == body
    assert asked.headers["if-match"] == '"4"'


@pytest.mark.parametrize(
    "arguments",
    [
        ["correct", "dub_1", "u1"],
        ["correct", "dub_1", "u1", "--retranslate"],
        ["correct", "dub_1", "u1", "--start", "soon"],
        ["import", "ftp://example.org/talk.mp4"],
        ["dub", "http://", "--to", "es"],
    ],
)
def test_wrong_usage_ends_with_2(polydub: Run, gateway: Any, arguments: list[str]) -> None:
    assert polydub(*arguments).exit_code == 2
    assert gateway.seen == []


def test_who_was_slower_is_told_so(polydub: Run, gateway: Any) -> None:
    problem = {"code": "revision_mismatch", "detail": "It was changed.", "hint": "Look again."}
    gateway.answers[f"PATCH {LINE_PATH}"] = (412, problem)
    run = polydub("correct", "dub_1", "u1", "--text", "x", "--revision", 3)
    assert run.exit_code == 3
    assert "What to do: Look again." in run.stderr


def test_a_line_that_is_not_there_is_said_so(polydub: Run, gateway: Any) -> None:
    gateway.answers["GET /v1/dubs/dub_1/segments"] = (200, SCRIPT)
    run = polydub("correct", "dub_1", "u9", "--text", "x")
    assert run.exit_code == 3
    assert "has no line u9" in run.stderr


def test_a_dub_is_made_again_and_saved(polydub: Run, gateway: Any, tmp_path: Path) -> None:
    gateway.files = {"talk.es.mp4": b"mp4"}
    made = {"dub": gateway.dub(), "affected": {"es": ["u1", "u2"]}}
    gateway.answers["POST /v1/dubs/dub_1/regenerate"] = (202, made)
    run = polydub("regenerate", "dub_1", "-o", tmp_path)
    assert run.exit_code == 0, run.output
    assert "es: 2 lines are made anew." in run.stderr
    assert (tmp_path / "talk.es.mp4").read_bytes() == b"mp4"


def test_languages_are_added_and_saved(polydub: Run, gateway: Any, tmp_path: Path) -> None:
    gateway.files = {"talk.fr.mp4": b"mp4"}
    gateway.answers["POST /v1/dubs/dub_1/languages"] = (202, gateway.dub())
    run = polydub("add-language", "dub_1", "--to", "fr,de", "-o", tmp_path)
    assert run.exit_code == 0, run.output
    [asked] = gateway.asked("POST /v1/dubs/dub_1/languages")
    assert json.loads(asked.body) == {"target_languages": ["fr", "de"]}
    assert (tmp_path / "talk.fr.mp4").exists()


def test_an_upload_prints_the_video_s_id(polydub: Run, tmp_path: Path) -> None:
    (tmp_path / "talk.mp4").write_bytes(b"moving")
    run = polydub("upload", tmp_path / "talk.mp4")
    assert run.stdout.splitlines()[0] == "vid_1"


def test_an_address_is_dubbed(polydub: Run, gateway: Any, tmp_path: Path) -> None:
    found = {"id": "imp_1", "state": "completed", "host": "example.org", "video": {"id": "vid_7"}}
    gateway.answers["POST /v1/videos/import"] = (202, {**found, "state": "queued", "video": None})
    gateway.answers["GET /v1/imports/imp_1"] = (200, found)
    run = polydub("dub", "https://example.org/talk.mp4", "--to", "es", "-o", tmp_path)
    assert run.exit_code == 0, run.output
    assert json.loads(gateway.asked("POST /v1/dubs")[0].body)["video_id"] == "vid_7"
    assert polydub("import", "https://example.org/talk.mp4").stdout.splitlines()[0] == "vid_7"


def test_an_address_that_leads_nowhere_ends_with_3(polydub: Run, gateway: Any) -> None:
    why = {"code": "import_failed", "detail": "Nobody answers there.", "hint": "Look yourself."}
    gateway.answers["POST /v1/videos/import"] = (202, {"id": "imp_1", "state": "queued"})
    gateway.answers["GET /v1/imports/imp_1"] = (200, {"state": "failed", "error": why})
    run = polydub("import", "https://example.org/talk.mp4")
    assert run.exit_code == 3
    assert "could not be fetched from example.org" in run.stderr
    assert "Why: Nobody answers there." in run.stderr


def test_a_glossary_comes_from_a_file_and_is_written_anew(
    polydub: Run, gateway: Any, tmp_path: Path
) -> None:
    (tmp_path / "words.csv").write_text("bed,fondo,es\nPolydub\n")
    gateway.answers["POST /v1/glossaries"] = (201, GLOSSARY)
    gateway.answers["GET /v1/glossaries/glo_1"] = (200, GLOSSARY)
    gateway.answers["PUT /v1/glossaries/glo_1"] = (200, GLOSSARY)
    assert polydub("glossary", "import", tmp_path / "words.csv").exit_code == 0
    made = json.loads(gateway.asked("POST /v1/glossaries")[0].body)
    assert made["name"] == "words"
    assert made["terms"][1] == {"source": "Polydub", "target": "", "target_language": ""}
    polydub("glossary", "import", tmp_path / "words.csv", "--into", "glo_1")
    assert gateway.asked("PUT /v1/glossaries/glo_1")[0].headers["if-match"] == '"2"'


def test_a_preview_is_a_wav_file(polydub: Run, gateway: Any, tmp_path: Path) -> None:
    def sound(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "8")
        handler.send_header("X-Duration-Ms", "1500")
        handler.end_headers()
        handler.wfile.write(b"RIFF1234")

    gateway.next_time(f"POST {LINE_PATH}/preview", sound)
    out = tmp_path / "new" / "line.wav"
    run = polydub("preview", "dub_1", "u1", "--language", "es", "-o", out)
    assert run.exit_code == 0, run.output
    assert out.read_bytes() == b"RIFF1234"
    assert "1.50 s" in run.stdout


def test_login_keeps_a_session_that_other_commands_use(polydub: Run, gateway: Any) -> None:
    gateway.access, gateway.refresh = "access-1", "refresh-1"
    tokens = {"access_token": "access-1", "expires_in": 900, "refresh_token": "refresh-1"}
    gateway.answers |= {
        "POST /v1/auth/login": (200, tokens),
        "POST /v1/auth/logout": (200, {}),
        "GET /v1/auth/me": (200, ME),
    }
    assert polydub("status").exit_code == 3
    run = polydub("login", "--email", "ada@example.com", "--password-stdin", stdin="secret\n")
    assert run.exit_code == 0, run.output
    assert json.loads(gateway.asked("POST /v1/auth/login")[0].body)["password"] == "secret"
    assert "secret" not in run.output
    assert polydub("status").exit_code == 0
    assert polydub("logout").exit_code == 0
    assert FileSession.of_server(gateway.url).read() is None
    assert polydub("status").exit_code == 3


@pytest.mark.parametrize(
    ("text", "expected"), [("62.5", 62500), ("1:02.5", 62500), ("1:00:00", 3_600_000), ("0", 0)]
)
def test_times(text: str, expected: int) -> None:
    assert time_ms(text) == expected


def test_limits_are_set_and_the_others_left_as_they_are(polydub: Run, gateway: Any) -> None:
    path = "/v1/organisation/limits"
    gateway.answers[f"GET {path}"] = gateway.answers[f"PUT {path}"] = (200, LIMITS)
    done = polydub("limits", "--minutes", 60, "--dubs", "none", "--rate", "write=none")
    assert done.exit_code == 0, done.output
    done = polydub("limits", "--key", "key_1", "--rate", "read=none", "--rate", "upload=1/2")
    assert done.exit_code == 0, done.output
    first, second = (json.loads(each.body) for each in gateway.asked(f"PUT {path}"))
    kept = {"storage_bytes": None, "keys": LIMITS["own"]["keys"]}
    assert first == {"minutes_per_month": 60, "concurrent_jobs": None, "rates": {}, **kept}
    assert second["keys"] == {"key_1": {"upload": {"quota": 1, "window_s": 2}}}
    assert (second["rates"], second["concurrent_jobs"]) == (LIMITS["own"]["rates"], 5)


@pytest.mark.parametrize("wrong", ["--minutes=some", "--dubs=-1", "--rate=write", "--rate=a=1/x"])
def test_limits_that_are_none_are_refused_before_anything_is_asked(
    polydub: Run, gateway: Any, wrong: str
) -> None:
    assert polydub("limits", wrong).exit_code == 2
    assert gateway.asked("PUT /v1/organisation/limits") == []
