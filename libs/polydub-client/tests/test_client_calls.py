"""Both clients against a server that hangs up, is busy, and comes back."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from polydub_client import (
    Artifact,
    AsyncPolydub,
    ConnectionLost,
    DubState,
    Import,
    ListedVideo,
    Polydub,
    PolydubError,
    Progress,
    RetryPolicy,
    ServerUnreachable,
)

pytestmark = pytest.mark.contract

EVENTS = "GET /v1/dubs/dub_1/events"
DUB = "GET /v1/dubs/dub_1"


class Blocking:
    """The asyncio client under the other's calls, so that every test holds for both."""

    def __init__(self, client: AsyncPolydub) -> None:
        self._client = client
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            made = getattr(self._client, name)(*args, **options)
            if inspect.isasyncgen(made):
                return iter(self._runner.run(_all(made)))
            return self._runner.run(made)

        return call

    def shut(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


async def _all(events: Any) -> list[Progress]:
    return [each async for each in events]


@pytest.fixture(params=["sync", "async"])
def client(request: Any, gateway: Any, brisk: RetryPolicy) -> Iterator[Any]:
    options: dict[str, Any] = {"retry": brisk, "stream_retry": brisk, "timeout_s": 10.0}
    if request.param == "sync":
        with Polydub(gateway.url, **options) as plain:
            yield plain
        return
    blocking = Blocking(AsyncPolydub(gateway.url, **options))
    yield blocking
    blocking.shut()


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "a talk.mp4"
    path.write_bytes(bytes(range(256)) * 10_000)
    return path


# --- calls -------------------------------------------------------------------------------------


def test_an_upload_is_streamed_and_told_of(client: Any, gateway: Any, video: Path) -> None:
    told: list[tuple[int, int]] = []
    answer = client.upload_video(video, progress=lambda done, total: told.append((done, total)))
    [seen] = gateway.asked("PUT /v1/videos")
    assert seen.body == video.read_bytes()
    assert seen.query == {"filename": "a talk.mp4"}
    assert "transfer-encoding" not in seen.headers
    assert (answer.id, answer.frame_rate) == ("vid_1", 29.97)
    size = video.stat().st_size
    assert told[0] == (0, size)
    assert told[-1] == (size, size)
    assert len(told) > 2
    assert told == sorted(told)


def test_an_upload_starts_over_after_a_cut(
    client: Any, gateway: Any, faults: Any, video: Path
) -> None:
    gateway.next_time("PUT /v1/videos", faults.cut, faults.status(503))
    told: list[int] = []
    client.upload_video(video, progress=lambda done, total: told.append(done))
    assert [len(seen.body) for seen in gateway.asked("PUT /v1/videos")] == [2_560_000] * 3
    assert told.count(0) == 3


def test_a_busy_server_is_asked_again(client: Any, gateway: Any, faults: Any) -> None:
    gateway.next_time(DUB, faults.status(503), faults.cut, faults.status(500))
    assert client.get_dub("dub_1").state is DubState.COMPLETED
    assert len(gateway.asked(DUB)) == 4


def test_patience_ends(client: Any, gateway: Any, faults: Any) -> None:
    gateway.next_time(DUB, *[faults.status(503, detail="Full.", code="store_full")] * 9)
    with pytest.raises(PolydubError, match="Full") as caught:
        client.get_dub("dub_1")
    assert caught.value.code == "store_full"
    assert len(gateway.asked(DUB)) == 4


def test_a_refusal_is_not_repeated(client: Any, gateway: Any, faults: Any, no_pair: Any) -> None:
    gateway.next_time("POST /v1/dubs", faults.status(422, **no_pair))
    with pytest.raises(PolydubError) as caught:
        client.create_dub("vid_1", ["xx"])
    assert caught.value.code == "unsupported_language_pair"
    assert len(gateway.asked("POST /v1/dubs")) == 1


def test_a_server_that_says_not_to_retry_is_believed(
    client: Any, gateway: Any, faults: Any
) -> None:
    gateway.next_time(DUB, faults.status(503, code="engine_unavailable", retryable=False))
    with pytest.raises(PolydubError):
        client.get_dub("dub_1")
    assert len(gateway.asked(DUB)) == 1


def test_a_repeated_order_carries_the_same_key(client: Any, gateway: Any, faults: Any) -> None:
    gateway.next_time("POST /v1/dubs", faults.cut)
    client.create_dub("vid_1", ["es"])
    keys = [seen.headers["idempotency-key"] for seen in gateway.asked("POST /v1/dubs")]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    client.create_dub("vid_1", ["es"])
    assert gateway.asked("POST /v1/dubs")[-1].headers["idempotency-key"] not in keys


def test_a_retry_that_may_have_come_through_is_not_repeated(
    client: Any, gateway: Any, faults: Any
) -> None:
    gateway.next_time("POST /v1/dubs/dub_1/retry", faults.cut)
    with pytest.raises(ConnectionLost):
        client.retry_dub("dub_1")
    assert len(gateway.asked("POST /v1/dubs/dub_1/retry")) == 1


def test_lists(client: Any) -> None:
    [dub] = client.list_dubs(limit=1).dubs
    assert dub.id == "dub_1"
    [stage] = client.list_engines()
    assert [engine.available for engine in stage.engines] == [True, False]
    known = client.list_languages()
    [pair] = known.pairs
    assert (pair.source, pair.target, pair.via) == ("en", "gl", ("es",))
    assert known.silent_stages == ("tts",)


def test_all_videos_come_page_by_page(gateway: Any) -> None:
    def page(video_id: str, cursor: str | None) -> Callable[[Any], None]:
        answer = {"videos": [{"id": video_id, "dubs": 2}], "next_cursor": cursor}
        return lambda handler: handler.answer(200, answer)

    async def at_once() -> list[ListedVideo]:
        async with AsyncPolydub(gateway.url) as polydub:
            return [each async for each in polydub.videos.iter(text="talk")]

    gateway.next_time("GET /v1/videos", *[page("vid_2", "c"), page("vid_1", None)] * 2)
    with Polydub(gateway.url) as polydub:
        found = list(polydub.videos.iter(text="talk"))
    assert [(each.id, each.dubs) for each in found] == [("vid_2", 2), ("vid_1", 2)]
    assert asyncio.run(at_once()) == found
    asked = [each.query for each in gateway.asked("GET /v1/videos")]
    first = {"q": "talk", "limit": "100"}
    assert asked == [first, {**first, "cursor": "c"}] * 2


def test_all_imports_come_page_by_page(gateway: Any) -> None:
    def page(import_id: str, cursor: str | None) -> Callable[[Any], None]:
        answer = {"imports": [{"id": import_id, "state": "failed"}], "next_cursor": cursor}
        return lambda handler: handler.answer(200, answer)

    async def at_once() -> list[Import]:
        async with AsyncPolydub(gateway.url) as polydub:
            return [each async for each in polydub.videos.iter_imports(states=["failed"])]

    gateway.next_time("GET /v1/imports", *[page("imp_2", "c"), page("imp_1", None)] * 2)
    with Polydub(gateway.url) as polydub:
        found = list(polydub.videos.iter_imports(states=["failed"]))
    assert [(each.id, each.state) for each in found] == [("imp_2", "failed"), ("imp_1", "failed")]
    assert asyncio.run(at_once()) == found
    asked = [each.query for each in gateway.asked("GET /v1/imports")]
    first = {"state": "failed", "limit": "100"}
    assert asked == [first, {**first, "cursor": "c"}] * 2


def test_a_server_that_is_not_there() -> None:
    with Polydub("http://127.0.0.1:9", retry=RetryPolicy(2, 0.001)) as client:
        with pytest.raises(ServerUnreachable):
            client.check()
        with pytest.raises(ServerUnreachable):
            client.get_dub("x")


# --- progress ----------------------------------------------------------------------------------


def test_a_dub_is_watched_to_its_end(client: Any) -> None:
    told = list(client.watch("dub_1"))
    assert [(each.stage, each.progress) for each in told] == [
        ("asr", 0.25),
        ("tts", 0.75),
        ("", 1.0),
    ]
    assert told[0].eta_s == 90.0
    assert told[-1].state is DubState.COMPLETED


def test_a_cut_stream_goes_on_behind_the_last_whole_event(
    client: Any, gateway: Any, faults: Any
) -> None:
    first, second, _ = gateway.events
    gateway.states_to_tell.extend(["processing", "processing"])
    gateway.next_time(
        EVENTS,
        faults.cut_events(first + second[: len(second) // 2]),
        faults.cut,
        faults.status(503),
        faults.cut_events(second + b": ping\n\n"),
    )
    told = list(client.watch("dub_1"))
    assert [each.progress for each in told] == [0.25, 0.75, 1.0]
    ids = [seen.headers.get("last-event-id") for seen in gateway.asked(EVENTS)]
    assert ids == [None, "1", "1", "1", "2"]


def test_a_dub_that_ended_long_ago_has_no_events_but_an_end(client: Any, gateway: Any) -> None:
    gateway.events = []
    gateway.state = "failed"
    assert [each.state for each in client.watch("dub_1")] == [DubState.FAILED]


def test_a_stream_closed_early_is_opened_again_while_the_dub_goes_on(
    client: Any, gateway: Any, faults: Any
) -> None:
    # More often than patience would bear if the server did not answer in between.
    gateway.states_to_tell.extend(["processing"] * 9)
    gateway.next_time(EVENTS, *[faults.cut_events(b"")] * 9)
    assert list(client.watch("dub_1"))[-1].state is DubState.COMPLETED


def test_the_end_is_told_when_the_database_knows_it_too(client: Any, gateway: Any) -> None:
    gateway.states_to_tell.extend(["processing", "processing"])
    list(client.watch("dub_1"))
    assert client.get_dub("dub_1").state is DubState.COMPLETED
    assert len(gateway.asked(DUB)) == 4


def test_watching_gives_up_on_a_server_that_stays_away(
    client: Any, gateway: Any, faults: Any
) -> None:
    gateway.next_time(EVENTS, *[faults.cut] * 20)
    with pytest.raises(ConnectionLost):
        list(client.watch("dub_1"))
    assert len(gateway.asked(EVENTS)) == 4


def test_watching_what_is_not_there_fails_at_once(client: Any, gateway: Any) -> None:
    with pytest.raises(PolydubError) as caught:
        list(client.watch("dub_2"))
    assert caught.value.code == "not_found"
    assert len(gateway.asked("GET /v1/dubs/dub_2/events")) == 1


# --- downloads ---------------------------------------------------------------------------------

FILE = "GET /files/talk.mp4"
CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def artifact(client: Any, gateway: Any) -> Artifact:
    gateway.files["talk.mp4"] = CONTENT
    [artifact] = client.list_artifacts("dub_1")
    return artifact  # type: ignore[no-any-return]


def ranges(gateway: Any) -> list[str | None]:
    return [seen.headers.get("range") for seen in gateway.asked(FILE)]


def test_a_download_ends_under_its_name(client: Any, artifact: Artifact, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = client.download(
        artifact, tmp_path / "new", progress=lambda done, total: told.append((done, total))
    )
    assert path == tmp_path / "new" / "talk.mp4"
    assert path.read_bytes() == CONTENT
    assert [each.name for each in path.parent.iterdir()] == ["talk.mp4"]
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_cut_download_goes_on_where_it_stopped(
    client: Any, gateway: Any, faults: Any, artifact: Artifact, tmp_path: Path
) -> None:
    gateway.next_time(FILE, faults.cut_file(100_000), faults.cut, faults.cut_file(50_000))
    assert client.download(artifact, tmp_path).read_bytes() == CONTENT
    assert ranges(gateway) == [None, "bytes=100000-", "bytes=100000-", "bytes=150000-"]
    assert gateway.asked(FILE)[1].headers["if-range"] == '"v1"'


def test_a_later_run_goes_on_with_what_an_earlier_one_left(
    client: Any, gateway: Any, faults: Any, artifact: Artifact, tmp_path: Path
) -> None:
    gateway.next_time(FILE, faults.cut_file(100_000), *[faults.cut] * 4)
    with pytest.raises(ConnectionLost):
        client.download(artifact, tmp_path)
    assert (tmp_path / "talk.mp4.part").stat().st_size == 100_000
    assert not (tmp_path / "talk.mp4").exists()
    assert client.download(artifact, tmp_path).read_bytes() == CONTENT
    assert ranges(gateway)[-1] == "bytes=100000-"
    assert [each.name for each in tmp_path.iterdir()] == ["talk.mp4"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(
    client: Any, gateway: Any, faults: Any, artifact: Artifact, tmp_path: Path
) -> None:
    gateway.next_time(FILE, faults.cut_file(100_000), *[faults.cut] * 4)
    with pytest.raises(ConnectionLost):
        client.download(artifact, tmp_path)
    gateway.files["talk.mp4"], gateway.etag = CONTENT[::-1], '"v2"'
    assert client.download(artifact, tmp_path).read_bytes() == CONTENT[::-1]


def test_the_rest_of_some_other_file_is_never_kept(
    client: Any, artifact: Artifact, tmp_path: Path
) -> None:
    (tmp_path / "talk.mp4.part").write_bytes(b"from who knows where")
    assert client.download(artifact, tmp_path).read_bytes() == CONTENT


def test_a_rest_that_does_not_fit_is_thrown_away(
    client: Any, gateway: Any, faults: Any, artifact: Artifact, tmp_path: Path
) -> None:
    (tmp_path / "talk.mp4.part").write_bytes(CONTENT + b"too long")
    (tmp_path / "talk.mp4.part.etag").write_text('"v1"')
    gateway.next_time(FILE, faults.status(416))
    assert client.download(artifact, tmp_path).read_bytes() == CONTENT
    assert ranges(gateway)[-1] is None


def test_without_an_etag_a_cut_download_starts_over_and_patience_still_ends(
    client: Any, gateway: Any, faults: Any, artifact: Artifact, tmp_path: Path
) -> None:
    gateway.etag = ""
    gateway.next_time(FILE, *[faults.cut_file(100_000)] * 3)
    assert client.download(artifact, tmp_path).read_bytes() == CONTENT
    gateway.next_time(FILE, *[faults.cut_file(100_000)] * 9)
    with pytest.raises(ConnectionLost):
        client.download(artifact, tmp_path)
