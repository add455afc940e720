"""The event stream's parser and the watcher's memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_client.errors import ConnectionLost, PolydubError
from polydub_client.models import Dub, DubState
from polydub_client.retry import RetryPolicy
from polydub_client.sse import ServerSentEvent, SseParser
from polydub_client.streams import Watch

pytestmark = pytest.mark.unit

STREAM = (
    "\ufeff: a comment\r\n\r\n"
    "id: 1\nevent: progress\ndata: über\ndata:two\n\n"
    "data\rid:2\r\r"
    "id: 3\r\ndata: {}\r\nretry: 10\r\nunknown: x\r\n\r\n"
    "data: 日本\n\n"
    "id: 9\ndata: cut off"
).encode()
EVENTS = [
    ServerSentEvent("1", "progress", "über\ntwo"),
    ServerSentEvent("3", "message", "{}"),
    ServerSentEvent("3", "message", "日本"),
]


def parse(*chunks: bytes) -> tuple[list[ServerSentEvent], str]:
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)], parser.last_event_id


def test_a_stream_in_one_piece() -> None:
    assert parse(STREAM) == (EVENTS, "3")


def test_a_stream_byte_by_byte() -> None:
    assert parse(*(bytes([byte]) for byte in STREAM)) == (EVENTS, "3")


@given(st.lists(st.integers(0, len(STREAM)), max_size=8).map(sorted))
def test_a_stream_cut_anywhere(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert parse(*pieces) == (EVENTS, "3")


def test_an_event_with_an_id_but_no_data_moves_the_id() -> None:
    assert parse(b"id: 4\n\n") == ([], "4")


def test_an_event_cut_before_its_end_is_asked_for_again() -> None:
    watch = Watch(RetryPolicy(), "1")
    assert list(watch.feed(b'id: 2\ndata: {"progress": 0.5}\n')) == []
    assert watch.headers["Last-Event-ID"] == "1"
    [progress] = watch.feed(b"\n")
    assert progress.progress == 0.5
    assert watch.headers["Last-Event-ID"] == "2"


def test_the_first_connection_names_no_event() -> None:
    assert "Last-Event-ID" not in Watch(RetryPolicy()).headers


def test_a_last_state_ends_the_watch() -> None:
    watch = Watch(RetryPolicy())
    list(watch.feed(b'data: {"state": "processing"}\n\n'))
    assert not watch.has_ended
    list(watch.feed(b'data: {"state": "failed"}\n\n'))
    assert watch.has_ended


def test_patience_ends_and_any_sign_of_life_renews_it() -> None:
    watch = Watch(RetryPolicy(attempts=2))
    watch.delay_after(ConnectionLost("once"))
    list(watch.feed(b": ping\n\n"))
    watch.delay_after(ConnectionLost("once again"))
    with pytest.raises(ConnectionLost, match="twice"):
        watch.delay_after(ConnectionLost("twice"))


def test_a_stream_that_ends_without_a_word_is_told_by_the_dub() -> None:
    watch = Watch(RetryPolicy())
    with pytest.raises(ConnectionLost):
        watch.closed(Dub(state=DubState.PROCESSING))
    assert watch.closed(Dub(id="d", state=DubState.FAILED)).state is DubState.FAILED
    assert watch.has_ended


def test_an_event_that_is_not_json_is_an_error() -> None:
    with pytest.raises(PolydubError) as caught:
        list(Watch(RetryPolicy()).feed(b"data: <html>\n\n"))
    assert caught.value.code == "bad_answer"
