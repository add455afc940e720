"""What the server keeps besides dubs: each a list with a row for each, or an answer in lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from polydub_client.models import (
    ApiKey,
    Delivery,
    DubUsagePage,
    Estimate,
    Glossary,
    Me,
    Member,
    MemoryEntry,
    MonthUsage,
    OrganisationLimits,
    OrganisationUsage,
    Rate,
    RegisteredSpeaker,
    Share,
    Video,
    Voice,
    Webhook,
)
from polydub_client.terminal.wording import (
    STATE_WORDS,
    duration,
    literal,
    moment,
    money,
    size,
    stage_words,
)


def show_video(console: Console, video: Video) -> None:
    """The id on a line of its own, for who copies it."""
    console.print(literal(video.id), highlight=False)
    console.print(
        f"{literal(video.filename)}: {duration(video.duration_s)}, {size(video.size_bytes)}",
        highlight=False,
    )


def show_estimate(console: Console, found: Estimate) -> None:
    """What is known, then a row per stage."""
    if found.seconds is None:
        console.print("How long it will take is not known: nothing like it was dubbed here yet.")
    else:
        most = found.seconds_at_most
        at_most = "" if most is None else f", at most {duration(most)}"
        console.print(f"About {duration(found.seconds)}{at_most}.", highlight=False)
    console.print(f"Cost: {money(found.cost, found.currency)}", highlight=False)
    rows = (
        (
            stage_words(each.stage),
            ", ".join(each.engines),
            "not measured" if each.seconds is None else duration(each.seconds),
            money(each.cost, found.currency),
        )
        for each in found.stages
    )
    _show(console, ("stage", "by", "time", "cost"), rows, "")


def show_voices(console: Console, voices: Sequence[Voice]) -> None:
    rows = (
        (
            each.id,
            each.name,
            each.language,
            each.gender,
            f"{each.f0_hz:.0f} Hz" if each.f0_hz else "",
        )
        for each in voices
    )
    _show(console, ("id", "name", "language", "gender", "pitch"), rows, "No voices.")


def show_usage(console: Console, used: OrganisationUsage) -> None:
    """A row per month, then storage and quotas."""
    rows = (_month(each, used.currency) for each in used.months)
    _show(console, ("month", "minutes", "languages", "dubs", "cost"), rows, "Nothing was used yet.")
    console.print(f"Storage: {size(used.storage_bytes)}")
    limits = {
        "minutes a month": used.quotas.minutes_per_month,
        "bytes of storage": used.quotas.storage_bytes,
        "dubs at a time": used.quotas.concurrent_jobs,
    }
    said = [f"{limit:,.0f} {what}" for what, limit in limits.items() if limit is not None]
    console.print(f"Quotas: {', '.join(said) or 'none'}")


def show_limits(console: Console, found: OrganisationLimits) -> None:
    """A row per quota and per rate: what holds, and of what it is the lower."""
    own, allowed, holds = found.own, found.allowed, found.quotas
    rows = [
        (name, _limit(mine), _limit(theirs), _limit(both))
        for name, mine, theirs, both in (
            ("minutes a month", own.minutes_per_month, allowed.minutes_per_month,
             holds.minutes_per_month),
            ("bytes of storage", own.storage_bytes, allowed.storage_bytes, holds.storage_bytes),
            ("dubs at a time", own.concurrent_jobs, allowed.concurrent_jobs,
             holds.concurrent_jobs),
        )
    ]  # fmt: skip
    _show(console, ("quota", "own", "the operator's", "holds"), rows, "")
    rates = [
        ("everyone", name, _rate(own.rates.get(name)), _rate(found.default_rates.get(name)))
        for name in sorted({*own.rates, *found.default_rates})
    ]
    rates += [
        (key, name, _rate(rate), _rate(found.default_rates.get(name)))
        for key, of_key in own.keys.items()
        for name, rate in of_key.items()
    ]
    _show(console, ("who", "calls", "own", "the operator's"), rows=rates, none="No rates are set.")


def _limit(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _rate(rate: Rate | None) -> str:
    return "-" if rate is None else f"{rate.quota} in {rate.window_s} s"


def _month(each: MonthUsage, currency: str) -> tuple[str, ...]:
    jobs = ", ".join(f"{count} {state}" for state, count in each.jobs.items())
    cost = money(each.cost, currency)
    return each.month, f"{each.minutes:.1f}", str(each.languages), jobs, cost


def show_dub_usage(console: Console, page: DubUsagePage) -> None:
    rows = (
        (
            each.dub_id,
            each.month,
            STATE_WORDS[each.state],
            f"{each.minutes:.1f}",
            str(each.languages),
            money(each.cost, page.currency),
        )
        for each in page.dubs
    )
    heads = ("dub", "month", "state", "minutes", "languages", "cost")
    _show(console, heads, rows, "Nothing was used.")


def show_glossaries(console: Console, found: Sequence[Glossary]) -> None:
    rows = ((each.id, each.name, str(len(each.terms)), moment(each.updated_at)) for each in found)
    none = "No glossaries yet. Keep one: polydub glossary create NAME --term bed=fondo"
    _show(console, ("id", "name", "terms", "changed"), rows, none)


def show_speakers(console: Console, found: Sequence[RegisteredSpeaker]) -> None:
    rows = (
        (
            each.id,
            each.name,
            ", ".join(f"{tag}: {voice}" for tag, voice in sorted(each.voices.items())),
            moment(each.updated_at),
        )
        for each in found
    )
    _show(console, ("id", "name", "voices", "changed"), rows, "No registered speakers yet.")


def show_terms(console: Console, glossary: Glossary) -> None:
    console.print(f"[bold]{literal(glossary.name)}[/] ({literal(glossary.id)})")
    rows = (
        (each.source, each.target or "stays as it is", each.target_language or "all")
        for each in glossary.terms
    )
    _show(console, ("term", "as", "language"), rows, "No terms.")


def show_memory(console: Console, entries: Sequence[MemoryEntry]) -> None:
    rows = (
        (
            each.id,
            f"{each.source_language}>{each.target_language}",
            each.source_text,
            each.text,
            moment(each.updated_at),
        )
        for each in entries
    )
    heads = ("id", "languages", "said", "as", "corrected")
    _show(console, heads, rows, "Nothing was corrected yet.")


def show_shares(console: Console, found: Sequence[Share]) -> None:
    rows = (
        (
            each.id,
            ", ".join(each.languages) or "all",
            "play and save" if each.downloads else "play",
            moment(each.expires_at),
        )
        for each in found
    )
    _show(console, ("id", "languages", "may", "until"), rows, "Nobody has a link to it.")


def show_webhooks(console: Console, found: Sequence[Webhook]) -> None:
    rows = (
        (
            each.id,
            each.url,
            ", ".join(each.events) or "all",
            "enabled" if each.enabled else f"disabled {each.disabled_reason}".strip(),
        )
        for each in found
    )
    _show(console, ("id", "address", "told of", "state"), rows, "No webhooks.")


def show_deliveries(console: Console, found: Sequence[Delivery]) -> None:
    rows = (
        (
            each.id,
            each.type,
            each.state,
            str(each.tries),
            _last_answer(each),
            moment(each.created_at),
        )
        for each in found
    )
    _show(console, ("message", "type", "state", "tries", "answer", "made"), rows, "Nothing sent.")


def _last_answer(delivery: Delivery) -> str:
    if not delivery.attempts:
        return ""
    last = delivery.attempts[-1]
    return last.error or str(last.status or "")


def show_members(console: Console, found: Sequence[Member]) -> None:
    rows = ((each.user_id, each.email, each.role, moment(each.since)) for each in found)
    _show(console, ("user", "e-mail", "role", "since"), rows, "No members.")


def show_keys(console: Console, found: Sequence[ApiKey]) -> None:
    rows = (
        (
            each.id,
            each.name,
            each.scope,
            moment(each.expires_at) or "never",
            moment(each.last_used_at) or "not yet",
        )
        for each in found
    )
    _show(console, ("id", "name", "scope", "ends", "used"), rows, "No keys.")


def show_me(console: Console, me: Me) -> None:
    who = me.email or me.user_id
    only = ", may only look" if me.read_only else ""
    by_key = f" by the key {me.key_id}" if me.key_id else ""
    where = next((each.name for each in me.organisations if each.id == me.organisation_id), "")
    organisation = where or me.organisation_id
    console.print(literal(f"{who}{by_key}: {me.role} of {organisation}{only}"), highlight=False)
    others = [each for each in me.organisations if each.id != me.organisation_id]
    for each in others:
        console.print(literal(f"also {each.role} of {each.name} ({each.id})"), highlight=False)


def show_secret(console: Console, secret: str) -> None:
    """Something that is told once, on a line of its own."""
    console.print(literal(secret), highlight=False, soft_wrap=True)


def _show(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], none: str) -> None:
    table = Table(*heads, box=None)
    for row in rows:
        table.add_row(*map(literal, row))
    console.print(table if table.row_count else none)
