"""Addresses that are told what happens."""

from __future__ import annotations

from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, Json, Limit, Server, topic
from polydub_client.connection import DEFAULT_URL
from polydub_client.models import Delivery, Webhook, WebhookSecret
from polydub_client.terminal import exits, records
from polydub_client.terminal.following import step
from polydub_client.terminal.session import Session, session

webhooks = topic("webhooks", "Addresses that are told what happens to dubs.")
WebhookId = Annotated[str, typer.Argument(metavar="ID", help="See `polydub webhooks list`.")]


@webhooks.command("list", epilog=exits.HELP)
def list_webhooks(
    as_json: Json = False, server: Server = DEFAULT_URL, api_key: ApiKey = ""
) -> None:
    """Show all webhooks."""
    with session(server, api_key, as_json=as_json) as now:
        found = now.client.webhooks.list()
        now.tell("webhooks", {"webhooks": found}, lambda out: records.show_webhooks(out, found))


@webhooks.command("create", epilog=exits.HELP)
def create_webhook(
    url: Annotated[str, typer.Argument(help="Where messages go, by https.")],
    event: Annotated[
        list[str] | None,
        typer.Option("--event", help="A type such as dub.completed; repeat it. None: all."),
    ] = None,
    description: Annotated[str, typer.Option("--description")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Add a webhook; its secret is shown this once."""
    with session(server, api_key, as_json=as_json) as now:
        with step("The webhook could not be added."):
            made = now.client.webhooks.create(url, events=event or (), description=description)
        _tell_secret(now, made)


@webhooks.command("enable", epilog=exits.HELP)
def enable_webhook(
    webhook_id: WebhookId,
    off: Annotated[bool, typer.Option("--off", help="Disable it: what waits is given up.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Enable a webhook again, or disable it."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The webhook {webhook_id} could not be changed."):
            made = now.client.webhooks.change(webhook_id, enabled=not off)
        _tell(now, made)


@webhooks.command("rotate", epilog=exits.HELP)
def rotate_secret(
    webhook_id: WebhookId,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Make a new secret; the old one signs for 24 hours more."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The webhook {webhook_id} could not be changed."):
            made = now.client.webhooks.rotate(webhook_id)
        _tell_secret(now, made)


@webhooks.command("test", epilog=exits.HELP)
def test_webhook(
    webhook_id: WebhookId,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Send a message of the type webhook.test."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The webhook {webhook_id} could not be tried."):
            made = now.client.webhooks.test(webhook_id)
        _tell_delivery(now, made)


@webhooks.command("deliveries", epilog=exits.HELP)
def list_deliveries(
    webhook_id: WebhookId,
    state: Annotated[
        str, typer.Option("--state", help="pending, delivered or failed; without: all.")
    ] = "",
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Show what was sent and what came of it."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The log of webhook {webhook_id} could not be shown."):
            page = now.client.webhooks.deliveries(webhook_id, state=state, limit=limit)
        now.tell("deliveries", page, lambda out: records.show_deliveries(out, page.deliveries))


@webhooks.command("replay", epilog=exits.HELP)
def replay(
    webhook_id: WebhookId,
    delivery_id: Annotated[str, typer.Argument(metavar="MESSAGE", help="A message's id.")],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Send a message again."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The message {delivery_id} could not be sent again."):
            made = now.client.webhooks.replay(webhook_id, delivery_id)
        _tell_delivery(now, made)


@webhooks.command("delete", epilog=exits.HELP)
def delete_webhook(
    webhook_id: WebhookId,
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Delete a webhook and its log."""
    with session(server, api_key, as_json=as_json) as now:
        with step(f"The webhook {webhook_id} could not be deleted."):
            now.client.webhooks.delete(webhook_id)
        now.told_deleted(webhook_id)


def _tell(now: Session, made: Webhook) -> None:
    now.tell("webhook", {"webhook": made}, lambda out: records.show_webhooks(out, (made,)))


def _tell_secret(now: Session, made: WebhookSecret) -> None:
    now.tell("webhook_secret", made, lambda out: records.show_secret(out, made.secret))
    now.reporter.note(f"The webhook is {made.webhook.id}. Its secret is not shown again.")


def _tell_delivery(now: Session, made: Delivery) -> None:
    now.tell("delivery", {"delivery": made}, lambda out: records.show_deliveries(out, (made,)))
