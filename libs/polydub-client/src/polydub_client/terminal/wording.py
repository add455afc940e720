"""Plain words and numbers for people. Pure."""

from __future__ import annotations

import re

from rich.markup import escape

from polydub_client.models import DubState, LanguagePair

STAGE_WORDS = {
    "separation": "separating speech from the rest",
    "diarization": "finding who speaks when",
    "asr": "recognizing speech",
    "translation": "translating",
    "tts": "speaking the lines",
    "muxing": "mixing and writing files",
    "lipsync": "moving the lips",
}
STATE_WORDS = {
    DubState.UNKNOWN: "unknown",
    DubState.QUEUED: "waiting",
    DubState.PROCESSING: "in progress",
    DubState.COMPLETED: "completed",
    DubState.COMPLETED_WITH_WARNINGS: "completed, with warnings",
    DubState.FAILED: "failed",
    DubState.CANCELED: "canceled",
    DubState.STALE: "corrected since it was made",
}
QUALITY_WORDS = {
    "draft": "draft: understandable, rough",
    "standard": "standard: fit for most uses",
    "studio": "studio",
}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Text of others as any terminal can show it, and so that it can't steer one."""
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode()


def literal(text: str) -> str:
    """Text of others within rich's markup."""
    return escape(plain(text))


def stage_words(stage: str) -> str:
    return STAGE_WORDS.get(stage, plain(stage))


def size(size_bytes: int) -> str:
    """``1536`` -> ``1.5 KiB``."""
    amount = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def duration(seconds: float) -> str:
    """``75`` -> ``1:15``; ``3700`` -> ``1:01:40``."""
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest_s:02}" if hours else f"{minutes}:{rest_s:02}"


def moment(timestamp: str) -> str:
    """``2026-01-05T09:30:12.5Z`` -> ``2026-01-05 09:30 UTC``: the server tells UTC."""
    return f"{plain(timestamp)[:16].replace('T', ' ')} UTC" if timestamp else ""


def eta(seconds: float | None) -> str:
    return "" if seconds is None else f"about {duration(seconds)} left"


def languages(tags: tuple[str, ...], at_most: int = 12) -> str:
    """``all`` for none, because none means that language does not matter."""
    if not tags:
        return "all"
    more = f" and {len(tags) - at_most} more" if len(tags) > at_most else ""
    return ", ".join(tags[:at_most]) + more


def pairs(all_pairs: tuple[LanguagePair, ...], at_most: int = 12) -> str:
    return languages(tuple(f"{pair.source}>{pair.target}" for pair in all_pairs), at_most)


def clock(time_ms: int) -> str:
    """``62500`` -> ``1:02.500``."""
    minutes, rest_ms = divmod(time_ms, 60_000)
    return f"{minutes}:{rest_ms / 1000:06.3f}"


def money(amount: float | None, currency: str) -> str:
    return "no price is set" if amount is None else f"{amount:.4f} {plain(currency)}"
