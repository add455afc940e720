"""Addresses, seals, buckets and messages, without anything around them."""

from __future__ import annotations

import argparse
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.errors import StageError
from polydub_gateway.addresses import PublicTransport, check_public, is_public
from polydub_gateway.jobs.progress import apply
from polydub_gateway.jobs.state import JobState
from polydub_gateway.limits.arguments import count_in, limit_in, rate_in
from polydub_gateway.limits.rates import CallClass, Decision, Rate, address_name, class_of
from polydub_gateway.sealing import Broken, Sealing, SealingSettings, open_sealing
from polydub_gateway.webhooks.messages import messages_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("address", ["8.8.8.8", "193.99.144.80", "2606:4700:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1",
        "192.168.1.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8",
        "64:ff9b::8.8.8.8", "64:ff9b:1::1", "fe80::1", "fec0::1", "fc00::1", "ff02::1",
        "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "::1"])
async def test_names_are_refused_by_what_they_stand_for(host: str) -> None:
    with pytest.raises(StageError) as refused:
        await check_public(host, 80)
    assert refused.value.code == "address_refused"


async def test_trusted_networks_are_allowed_and_their_redirects_are_checked() -> None:
    trusted = [ip_network("127.0.0.0/8")]
    assert await check_public("127.0.0.1", 80, trusted=trusted) == [ip_address("127.0.0.1")]
    async with httpx.AsyncClient(transport=PublicTransport()) as client:
        for url in ("http://127.0.0.1:1/", "http://[::1]:1/", "http://169.254.169.254/latest"):
            with pytest.raises(StageError, match="not on the public internet"):
                await client.get(url)


def test_seals_open_for_their_purpose_and_after_a_change_of_secret() -> None:
    old = Sealing(["the former secret of the gateway"])
    sealed = old.seal(b"word", purpose="a")
    assert b"word" not in sealed.encode()
    assert old.seal(b"word", purpose="a") != sealed
    new = Sealing(["the present secret of the gateway", "the former secret of the gateway"])
    assert new.unseal(sealed, purpose="a") == b"word"
    assert (old.is_current(sealed), new.is_current(sealed)) == (True, False)
    for broken in (sealed[:-2] + "AA", sealed.replace("v1", "v2"), "", "v1.x.y", sealed[:20]):
        with pytest.raises(Broken):
            old.unseal(broken, purpose="a")
    with pytest.raises(Broken):
        old.unseal(sealed, purpose="b")


def test_a_secret_is_made_once_beside_the_database(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/gateway.db"
    sealed = open_sealing(SealingSettings(), url).seal(b"word")
    assert open_sealing(SealingSettings(), url).unseal(sealed) == b"word"
    kept = tmp_path / "gateway.secret"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [kept]
    with pytest.raises(ValueError, match="POLYDUB_GATEWAY_SECRET"):
        open_sealing(SealingSettings(), "postgresql+asyncpg://host/base")


@given(
    quota=st.integers(1, 50),
    window_s=st.integers(1, 100),
    steps_us=st.lists(st.integers(0, 3_000_000), max_size=300),
)
def test_no_window_lets_more_through_than_twice_the_quota(
    quota: int, window_s: int, steps_us: list[int]
) -> None:
    rate, arrival_us, now_us, taken = Rate(quota=quota, window_s=window_s), 0, 0, []
    for step_us in steps_us:
        now_us += step_us
        start_us = max(arrival_us, now_us)
        if start_us + rate.interval_us <= now_us + rate.window_us:
            arrival_us = start_us + rate.interval_us
            taken.append(now_us)
        else:
            refused = Decision(CallClass.READ, rate, arrival_us - now_us, allowed=False)
            later_us = now_us + refused.retry_after_s * 1_000_000
            assert max(arrival_us, later_us) + rate.interval_us <= later_us + rate.window_us
    for first in taken:
        inside = [at for at in taken if first <= at < first + rate.window_us]
        assert len(inside) <= 2 * quota


def test_rates_are_told_as_structured_fields() -> None:
    decision = Decision(CallClass.READ, Rate(quota=10, window_s=60), 12_000_001, allowed=True)
    assert decision.headers() == {
        "RateLimit-Policy": '"read";q=10;w=60',
        "RateLimit": '"read";r=7;t=13',
    }


def test_calls_are_told_apart() -> None:
    assert class_of("GET", "/v1/videos/vid_1") is CallClass.READ
    assert class_of("PATCH", "/v1/uploads/upl_1") is CallClass.UPLOAD
    assert class_of("PUT", "/v1/videos") is CallClass.UPLOAD
    assert class_of("DELETE", "/v1/videos/vid_1") is CallClass.WRITE
    assert address_name("2001:db8:1:2:3::4") == address_name("2001:db8:1:2::9")
    assert address_name("::ffff:192.0.2.1") == address_name("192.0.2.1") == "address:192.0.2.1"


def test_each_change_is_told_once(story: Any, record: Any) -> None:
    told, said = story.of(languages=("es", "fr")), []
    state = JobState.queued("dub_1", 0, told.accepted.spec)
    for recorded in record(told.whole()):
        after = apply(state, recorded)
        said += [(each.type, each.language) for each in messages_of(state, after)]
        state = after
    assert said == [
        ("dub.language_completed", "es"),
        ("dub.language_completed", "fr"),
        ("dub.completed", ""),
    ]
    assert messages_of(state, state) == []


RATES = st.builds(Rate, quota=st.integers(1, 1_000_000), window_s=st.integers(1, 24 * 3600))


@given(one=RATES, other=RATES)
def test_a_tightened_rate_lets_nothing_through_that_one_of_both_stops(
    one: Rate, other: Rate
) -> None:
    both = one.tightened(other)
    assert both.quota <= min(one.quota, other.quota)
    for each in (one, other):
        assert both.quota * each.window_s <= each.quota * both.window_s
    assert one.tightened(None) == one.tightened(one) == one


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (limit_in, "many"), (limit_in, "-1"), (limit_in, "nan"), (limit_in, "inf"),
        (count_in, "1.5"), (rate_in, "write"), (rate_in, "write=0/60"), (rate_in, "write=x/60"),
        (rate_in, "all=1/60"),
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused(read: Any, text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no limit"):
        read(text)


def test_limits_are_read_as_operators_write_them() -> None:
    assert limit_in("0.5").value == 0.5
    assert [count_in(each).value for each in ("3", "none", "default")] == [3, None, "default"]
    assert rate_in("read=600/60") == ("read", {"quota": 600, "window_s": 60})
    assert (rate_in("read=none"), rate_in("read=default")) == (("read", None), ("read", "default"))
