"""Rates and quotas, under requests that come at once and from several replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from sqlalchemy import select

from polydub.events import now_ms
from polydub.testing import poll_until
from polydub.v1 import common_pb2, dubbing_pb2, dubbing_pb2_grpc
from polydub_gateway.accounts.commands import run_command
from polydub_gateway.db import Database
from polydub_gateway.db.accounts import AuditRow
from polydub_gateway.limits import admission
from polydub_gateway.limits.rates import CallClass, Rate
from polydub_gateway.limits.settings import LimitSettings

pytestmark = pytest.mark.integration

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
async def limited(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any
) -> AsyncIterator[Callable[..., Any]]:
    """Starts gateways with limits, replicas of each other."""
    async with AsyncExitStack() as stack:

        async def start(url: str = "", **limits: Any) -> Any:
            settings: dict[str, Any] = {"limits": LimitSettings(**limits)}
            if url:
                settings["database_url"] = url
            gateway = await stack.enter_async_context(
                start_gateway(tmp_path, nats_url, stages.address, **settings)
            )
            await gateway.ready()
            return gateway

        yield start


def rates(**quotas: int) -> dict[CallClass, Rate]:
    return {CallClass(name): Rate(quota=quota, window_s=3600) for name, quota in quotas.items()}


async def test_nothing_is_limited_by_default(gateway: Any) -> None:
    answers = [await gateway.http.get("/v1/dubs") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("ratelimit" in answer.headers for answer in answers)


async def test_replicas_count_together_whatever_comes_at_once(
    limited: Any, database_url: str
) -> None:
    one = await limited(database_url, rate_limits=rates(read=10))
    other = await limited(database_url, rate_limits=rates(read=10))
    answers = await asyncio.gather(
        *((one, other)[n % 2].http.get("/v1/dubs") for n in range(20)),
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 10
    last = await one.http.get("/v1/dubs/none")
    assert (last.status_code, last.json()["code"]) == (429, "rate_limited")
    assert 300 < int(last.headers["retry-after"]) <= 360
    assert last.headers["ratelimit-policy"] == '"read";q=10;w=3600'
    assert last.headers["ratelimit"].startswith('"read";r=0;t=')
    # Of other classes, and without a class, all is left.
    assert (await one.upload()).status_code == 201
    assert (await one.http.get("/healthz")).status_code == 200


async def test_errors_carry_the_fields_too(limited: Any) -> None:
    gateway = await limited(rate_limits=rates(read=10, write=10, sign_in=2))
    missing = await gateway.http.get("/v1/dubs/none")
    assert (missing.status_code, missing.headers["ratelimit"][:10]) == (404, '"read";r=9')
    tries = [await gateway.http.post("/v1/auth/login", json={}) for _ in range(3)]
    assert [each.status_code for each in tries][2] == 429
    assert tries[2].headers["ratelimit-policy"].startswith('"sign_in"')
    assert tries[0].status_code != 429


async def test_admins_set_rates_and_quotas(limited: Any) -> None:
    gateway = await limited(quota_minutes=10)
    shown = (await gateway.http.get("/v1/organisation/limits")).json()
    assert shown["quotas"] == {
        "minutes_per_month": 10, "storage_bytes": None, "concurrent_jobs": None,
    }  # fmt: skip
    own = {"concurrent_jobs": 0, "rates": {"write": {"quota": 3, "window_s": 3600}}}
    answer = await gateway.http.put("/v1/organisation/limits", json=own)
    assert answer.json()["quotas"]["concurrent_jobs"] == 0
    video = (await gateway.upload()).json()
    body = {"video_id": video["id"], "target_languages": ["es"]}
    codes = [(await gateway.http.post("/v1/dubs", json=body)).json()["code"] for _ in range(4)]
    assert codes == ["quota_exceeded"] * 3 + ["rate_limited"]


async def test_admins_only_tighten_what_the_operator_lets_them_use(
    limited: Any, database_url: str
) -> None:
    gateway = await limited(database_url, quota_minutes=10, rate_limits=rates(write=3))
    wide = {"quota": 1_000_000, "window_s": 1}
    most = {
        "minutes_per_month": 1e9,
        "concurrent_jobs": 4,
        "rates": {"write": wide},
        "keys": {"key_0": {"write": wide}},
    }
    answer = (await gateway.http.put("/v1/organisation/limits", json=most)).json()
    held = {"minutes_per_month": 10, "storage_bytes": None, "concurrent_jobs": 4}
    assert (answer["quotas"], answer["own"]["minutes_per_month"]) == (held, 1e9)
    assert answer["allowed"] == {**held, "concurrent_jobs": None}
    limited_still = [await gateway.http.put("/v1/organisation/limits", json={}) for _ in range(4)]
    assert [each.status_code for each in limited_still] == [200, 200, 429, 429]


async def test_the_operator_lets_one_organisation_use_more(
    limited: Any, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("POLYDUB_GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("POLYDUB_GATEWAY_SECRET", "the secret does not matter to this command")
    monkeypatch.setenv("POLYDUB_GATEWAY_QUOTA_MINUTES", "10")
    gateway = await limited(
        database_url, quota_minutes=10, quota_jobs=1, rate_limits=rates(write=1)
    )

    async def operate(*options: str) -> None:
        arguments = ["limits", "--organisation", "local", *options]
        await asyncio.to_thread(run_command, arguments)

    async def shown() -> Any:
        return (await gateway.http.get("/v1/organisation/limits")).json()

    await operate("--minutes", "600", "--jobs", "none", "--rate", "write=1000/60")
    found = await shown()
    assert (found["quotas"]["minutes_per_month"], found["quotas"]["concurrent_jobs"]) == (600, None)
    assert found["default_rates"] == {"write": {"quota": 1000, "window_s": 60}}

    async def granted() -> bool:
        answer = await gateway.http.put("/v1/organisation/limits", json={"concurrent_jobs": 7})
        return bool(answer.status_code == 200)

    assert await granted()
    assert await granted()  # the default's one call an hour is not what holds
    assert (await shown())["quotas"]["concurrent_jobs"] == 7
    await operate("--minutes", "default", "--rate", "write=default")
    found = await shown()
    assert (found["quotas"]["minutes_per_month"], found["quotas"]["concurrent_jobs"]) == (10, 7)
    assert found["default_rates"] == {"write": {"quota": 1, "window_s": 3600}}
    capsys.readouterr()
    await operate()
    said = capsys.readouterr().out.splitlines()  # the gateway's log may be among it
    first = said.index("local")
    assert said[first + 1 : first + 4] == [
        "  minutes_per_month: 10", "  storage_bytes: none", "  concurrent_jobs: none",
    ]  # fmt: skip
    database = Database(database_url)
    async with database.session() as session:
        entries = list(await session.scalars(select(AuditRow)))
    await database.aclose()
    told = [each for each in entries if "granted" in each.details]
    assert [(each.action, each.organisation_id) for each in told] == [("limits_set", "local")] * 2


async def test_only_the_operator_sets_limits_where_they_say_so(limited: Any) -> None:
    gateway = await limited(limits_by_admins=False)
    answer = await gateway.http.put("/v1/organisation/limits", json={"concurrent_jobs": 99})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_two_at_once_do_not_both_take_the_last_place(
    limited: Any, database_url: str, story_of: Any, tell: Any
) -> None:
    one, other = [await limited(database_url, quota_jobs=2) for _ in range(2)]
    video = (await one.upload()).json()
    body = {"video_id": video["id"], "target_languages": ["es"]}
    answers = await asyncio.gather(
        *((one, other)[n % 2].http.post("/v1/dubs", json=body) for n in range(8))
    )
    taken = [answer.json() for answer in answers if answer.status_code == 202]
    refused = [answer.json() for answer in answers if answer.status_code == 429]
    assert (len(taken), len(refused)) == (2, 6)
    assert refused[0]["code"] == "quota_exceeded"
    assert refused[0]["detail"] == "2 dubs are running, and 2 may run at a time."
    await tell((await story_of(taken[0])).whole()[1:])
    await one.until(taken[0]["id"], "completed")
    again = await one.http.post("/v1/dubs", json=body)
    assert again.status_code == 202


async def test_minutes_are_counted_by_language_and_given_back_on_failure(limited: Any) -> None:
    # The probe says 12.5 s.
    gateway = await limited(quota_minutes=0.5)
    dub = await gateway.dub("es", "fr")
    body = {"video_id": dub["video_id"], "target_languages": ["es"]}
    refused = await gateway.http.post("/v1/dubs", json=body)
    assert refused.json()["detail"] == (
        "0.4 of 0.5 minutes of this month are used; this needs 0.2 (minutes of source, times "
        "languages)."
    )
    await gateway.http.post(f"/v1/dubs/{dub['id']}/cancel")
    assert (await gateway.http.post("/v1/dubs", json=body)).status_code == 202
    # Started again, its two languages would be too many now.
    again = await gateway.http.post(f"/v1/dubs/{dub['id']}/retry")
    assert (again.status_code, again.json()["code"]) == (429, "quota_exceeded")
    assert (await gateway.http.get(f"/v1/dubs/{dub['id']}")).json()["state"] == "canceled"


async def test_storage_is_limited_when_it_is_announced_and_when_it_is_there(limited: Any) -> None:
    gateway = await limited(quota_storage_bytes=10)
    assert (await gateway.upload(b"1234567")).status_code == 201
    announced = await gateway.upload(b"12345678")
    assert announced.json()["detail"] == "7 B of 10 B are used; this needs 8 B."

    async def slowly(data: bytes) -> AsyncIterator[bytes]:
        yield data

    answers = await asyncio.gather(
        *(
            gateway.http.put("/v1/videos", params={"filename": "a.mp4"}, content=slowly(data))
            for data in (b"abc", b"def", b"ghi")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 429, 429]
    assert len(list(gateway.store_dir.rglob("original.*"))) == 2


async def test_uploads_under_way_hold_the_room_they_announced(
    limited: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await limited(quota_storage_bytes=10)

    async def begin(length: int | None) -> httpx.Response:
        said = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        answer: httpx.Response = await gateway.http.post("/v1/uploads", headers=TUS | said)
        return answer

    first = await begin(6)
    assert first.status_code == 201
    answers = await asyncio.gather(*(begin(3) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 429, 429]
    assert (await gateway.upload(b"12")).json()["code"] == "quota_exceeded"
    # Who says later how long it is, is asked then.
    unknown = (await begin(None)).headers["location"]
    more = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    told = TUS | more | {"Upload-Length": "2"}
    assert (await gateway.http.patch(unknown, headers=told)).status_code == 429
    # Its own bytes do not count twice when it becomes a video.
    finished = await gateway.http.patch(
        first.headers["location"], headers=TUS | more, content=b"123456"
    )
    assert finished.headers.get("upload-video"), finished.headers
    assert (await begin(2)).status_code == 429
    # What is ended, or expires, lets go of its room.
    waiting = next(each for each in answers if each.status_code == 201).headers["location"]
    assert (await gateway.http.delete(waiting, headers=TUS)).status_code == 204
    assert (await begin(4)).status_code == 201
    assert (await begin(1)).status_code == 429
    later = now_ms() + 48 * 3600 * 1000
    monkeypatch.setattr(admission, "now_ms", lambda: later)
    assert (await begin(1)).status_code == 201


async def test_grpc_counts_with_http(limited: Any) -> None:
    gateway = await limited(rate_limits=rates(read=3))
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(gateway.grpc_address, options=options) as channel:
        dubbing = dubbing_pb2_grpc.DubbingStub(channel)
        await dubbing.ListDubs(dubbing_pb2.ListDubsRequest())
        assert (await gateway.http.get("/v1/dubs")).headers["ratelimit"].startswith('"read";r=1;')
        await dubbing.ListDubs(dubbing_pb2.ListDubsRequest())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await dubbing.ListDubs(dubbing_pb2.ListDubsRequest())
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    told = dict(refused.value.trailing_metadata() or ())
    assert 0 < int(told["grpc-retry-pushback-ms"]) <= 3_600_000


# --- what was used ---------------------------------------------------------------------------


async def test_usage_is_summed_up_and_outlives_the_job(
    start_gateway: Any, tmp_path: Path, nats_url: str, stages: Any, story_of: Any, tell: Any
) -> None:
    prices = {"deepl": {"characters": 0.01}}
    async with start_gateway(tmp_path, nats_url, stages.address, prices=prices) as gateway:
        await gateway.ready()
        dub = await gateway.dub("es", "fr")
        told = await story_of(dub)
        billed = [common_pb2.Usage(engine="deepl", unit="characters", quantity=150)]
        await tell([*told.shared()[1:], told.completed("translation", part=0, language="es",
                                                       usage=billed)])  # fmt: skip
        await tell([*told.spoken("es")[1:], *told.spoken("fr"), told.muxed("es"), told.muxed("fr")])
        await gateway.until(dub["id"], "completed")
        failed = await gateway.dub("es")
        await gateway.http.post(f"/v1/dubs/{failed['id']}/cancel")
        usage = (await gateway.http.get("/v1/usage")).json()
        [month] = usage["months"]
        assert month["minutes"] == round(2 * 12.5 / 60, 3)
        assert (month["languages"], month["jobs"]) == (2, {"completed": 1, "canceled": 1})
        assert month["usage"][0]["quantity"] == 150
        assert (month["cost"], usage["currency"]) == (1.5, "USD")
        assert usage["storage_bytes"] >= 5

        params = {"limit": 1, "month": month["month"]}
        page = (await gateway.http.get("/v1/usage/dubs", params=params)).json()
        params["cursor"] = page["next_cursor"]
        rest = (await gateway.http.get("/v1/usage/dubs", params=params)).json()
        shown = [*page["dubs"], *rest["dubs"]]
        assert [(each["dub_id"], each["languages"]) for each in shown] == [
            (failed["id"], 0), (dub["id"], 2),
        ]  # fmt: skip
        assert (await gateway.http.delete(f"/v1/dubs/{dub['id']}")).status_code == 204
        assert (await gateway.http.get("/v1/usage")).json()["months"] == usage["months"]


async def test_storage_is_measured_when_a_job_has_ended(
    limited: Any, story_of: Any, tell: Any
) -> None:
    gateway = await limited(measure_every_s=0.2)
    dub = await gateway.dub("es")
    made = gateway.store_dir / "videos" / dub["video_id"] / "muxing" / "d" / "talk.mp4"
    made.parent.mkdir(parents=True)
    made.write_bytes(b"x" * 1000)
    await tell((await story_of(dub)).whole()[1:])

    async def look() -> bool:
        return bool((await gateway.http.get("/v1/usage")).json()["storage_bytes"] == 1005)

    await poll_until(look, "the storage to be measured")
