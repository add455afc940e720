"""Rates of calls: token buckets, kept as one number (GCRA, ITU-T I.371). Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.identity import Caller
from polydub_gateway.numbers import Whole

_UPLOADS = ("/v1/uploads", "/v1/videos")


class CallClass(StrEnum):
    """Calls that are counted together."""

    READ = "read"
    WRITE = "write"
    UPLOAD = "upload"
    SIGN_IN = "sign_in"


class Rate(BaseModel):
    """So many calls in so long, all at once where none came before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quota: Whole = Field(ge=1, le=1_000_000, examples=[600])
    window_s: Whole = Field(ge=1, le=24 * 3600, examples=[60])

    @property
    def window_us(self) -> int:
        return self.window_s * 1_000_000

    @property
    def interval_us(self) -> int:
        """The time in which one call becomes possible again."""
        return max(1, self.window_us // self.quota)

    def tightened(self, other: Rate | None) -> Rate:
        """One that lets nothing through which one of both would stop: no more at once, and no
        more in the long run."""
        if other is None or self == other:
            return self
        slower = max(self, other, key=lambda each: each.window_s / each.quota)
        quota = min(self.quota, other.quota)
        return Rate(quota=quota, window_s=-(-quota * slower.window_s // slower.quota))


@dataclass(frozen=True)
class Decision:
    """What came of counting a call."""

    call_class: CallClass
    rate: Rate
    ahead_us: int
    """How long the bucket needs to be full again."""
    allowed: bool

    @property
    def remaining(self) -> int:
        return max(0, (self.rate.window_us - self.ahead_us) // self.rate.interval_us)

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until the next call is possible, at least one."""
        wait_us = self.ahead_us + self.rate.interval_us - self.rate.window_us
        return max(1, math.ceil(wait_us / 1_000_000))

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-10 has them."""
        name, reset_s = self.call_class, math.ceil(self.ahead_us / 1_000_000)
        return {
            "RateLimit-Policy": f'"{name}";q={self.rate.quota};w={self.rate.window_s}',
            "RateLimit": f'"{name}";r={self.remaining if self.allowed else 0};t={reset_s}',
        }


def class_of(method: str, path: str) -> CallClass:
    """How an HTTP request counts."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return CallClass.READ
    if method != "DELETE" and path.startswith(_UPLOADS):
        return CallClass.UPLOAD
    return CallClass.WRITE


def caller_name(caller: Caller) -> str:
    """Whose bucket a caller's calls are counted in."""
    if caller.key_id:
        return f"key:{caller.key_id}"
    return f"user:{caller.user_id}:{caller.organisation_id}"


def address_name(host: str) -> str:
    """The bucket of who is not known: of an IPv6 address its /64, which one person has whole."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return f"address:{host[:60]}"
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return f"address:{address}"
