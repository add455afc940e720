"""An organisation's words, webhooks and usage over gRPC."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from polydub.rpc import error_of
from polydub.v1 import (
    accounting_pb2,
    accounting_pb2_grpc,
    speakers_pb2,
    speakers_pb2_grpc,
    translation_pb2,
    webhooks_pb2,
    webhooks_pb2_grpc,
    words_pb2,
    words_pb2_grpc,
)
from polydub_gateway.webhooks.settings import WebhookSettings

pytestmark = pytest.mark.integration


async def test_glossaries_are_kept_changed_and_deleted(channel: grpc.aio.Channel) -> None:
    words: Any = words_pb2_grpc.WordsStub(channel)
    term = translation_pb2.GlossaryTerm(source=" bed ", target="fondo", target_language="ES")
    made = await words.CreateGlossary(
        words_pb2.CreateGlossaryRequest(name="Products", terms=[term])
    )
    kept = translation_pb2.GlossaryTerm(source="bed", target="fondo", target_language="es")
    assert (list(made.terms), made.revision) == ([kept], 1)
    change = words_pb2.ReplaceGlossaryRequest(id=made.id, name="Goods", terms=[kept])
    with pytest.raises(grpc.aio.AioRpcError) as blind:
        await words.ReplaceGlossary(change)
    assert error_of(blind.value, "gateway").code == "revision_required"
    change.revision = 1
    assert (await words.ReplaceGlossary(change)).revision == 2
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await words.ReplaceGlossary(change)
    assert late.value.code() is grpc.StatusCode.ABORTED
    with pytest.raises(grpc.aio.AioRpcError) as nameless:
        await words.CreateGlossary(words_pb2.CreateGlossaryRequest())
    assert nameless.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    (listed,) = (await words.ListGlossaries(words_pb2.ListGlossariesRequest())).glossaries
    assert listed == await words.GetGlossary(words_pb2.GetGlossaryRequest(id=made.id))
    await words.DeleteGlossary(words_pb2.DeleteGlossaryRequest(id=made.id))
    assert not (await words.ListGlossaries(words_pb2.ListGlossariesRequest())).glossaries


async def test_registered_speakers_are_kept_changed_and_deleted(
    channel: grpc.aio.Channel,
) -> None:
    speakers: Any = speakers_pb2_grpc.SpeakersStub(channel)
    create = speakers_pb2.CreateRegisteredSpeakerRequest(name=" Katie ", voices={"ES": "espeak/es"})
    made = await speakers.CreateRegisteredSpeaker(create)
    assert (made.name, dict(made.voices), made.revision) == ("Katie", {"es": "espeak/es"}, 1)
    with pytest.raises(grpc.aio.AioRpcError) as taken:
        await speakers.CreateRegisteredSpeaker(create)
    assert error_of(taken.value, "gateway").code == "conflict"
    change = speakers_pb2.ReplaceRegisteredSpeakerRequest(id=made.id, name="Kate")
    with pytest.raises(grpc.aio.AioRpcError) as blind:
        await speakers.ReplaceRegisteredSpeaker(change)
    assert error_of(blind.value, "gateway").code == "revision_required"
    change.revision = 1
    assert (await speakers.ReplaceRegisteredSpeaker(change)).revision == 2
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await speakers.ReplaceRegisteredSpeaker(change)
    assert late.value.code() is grpc.StatusCode.ABORTED
    every = speakers_pb2.ListRegisteredSpeakersRequest()
    (listed,) = (await speakers.ListRegisteredSpeakers(every)).speakers
    asked = speakers_pb2.GetRegisteredSpeakerRequest(id=made.id)
    assert listed == await speakers.GetRegisteredSpeaker(asked)
    await speakers.DeleteRegisteredSpeaker(speakers_pb2.DeleteRegisteredSpeakerRequest(id=made.id))
    assert not (await speakers.ListRegisteredSpeakers(every)).speakers


async def test_corrections_are_remembered_and_forgotten(
    gateway: Any, channel: grpc.aio.Channel, finished: Any
) -> None:
    words: Any = words_pb2_grpc.WordsStub(channel)
    dub = await finished()
    for line, text in (("u0000", "¡Hola!"), ("u1000", "Ya es tarde.")):
        await gateway.http.patch(
            f"/v1/dubs/{dub['id']}/segments/{line}",
            json={"translations": {"es": text}}, headers={"If-Match": '"1"'},
        )  # fmt: skip
    first = await words.ListCorrections(
        words_pb2.ListCorrectionsRequest(target_language="es", page_size=1)
    )
    rest = await words.ListCorrections(
        words_pb2.ListCorrectionsRequest(
            target_language="es", page_size=1, page_token=first.next_page_token
        )
    )
    said = {each.source_text: each.text for each in (*first.corrections, *rest.corrections)}
    assert said == {"Hello there.": "¡Hola!", "It is late.": "Ya es tarde."}
    assert not rest.next_page_token
    await words.ForgetCorrection(words_pb2.ForgetCorrectionRequest(id=first.corrections[0].id))
    left = await words.ListCorrections(words_pb2.ListCorrectionsRequest(target_language="es"))
    assert list(left.corrections) == list(rest.corrections)


@pytest.fixture
async def webhooks(
    tmp_path: Path, nats_url: str, stages: Any, start_gateway: Any
) -> AsyncIterator[Any]:
    """Of a gateway whose tries fail at once and for good."""
    settings = {
        "webhooks": WebhookSettings(
            webhook_allow_http=True, webhook_retries_s=(), webhook_poll_s=0.05
        ),
        "trusted_networks": (ipaddress.ip_network("127.0.0.0/8"),),
    }
    options = [("grpc.enable_http_proxy", 0)]
    async with (
        start_gateway(tmp_path, nats_url, stages.address, **settings) as running,
        grpc.aio.insecure_channel(running.grpc_address, options=options) as channel,
    ):
        yield webhooks_pb2_grpc.WebhooksStub(channel)


async def test_webhooks_are_managed_and_their_log_is_read(webhooks: Any) -> None:
    made = await webhooks.CreateWebhook(
        webhooks_pb2.CreateWebhookRequest(url="http://127.0.0.1:9/hook", events=["dub.completed"])
    )
    webhook = made.webhook
    assert (made.secret[:6], webhook.enabled, list(webhook.events)) == (
        "whsec_", True, ["dub.completed"],
    )  # fmt: skip
    change = webhooks_pb2.UpdateWebhookRequest(id=webhook.id, description="Ours")
    changed = await webhooks.UpdateWebhook(change)
    assert (changed.description, list(changed.events)) == ("Ours", ["dub.completed"])
    change.events.CopyFrom(webhooks_pb2.EventTypes())
    assert not (await webhooks.UpdateWebhook(change)).events
    rotated = await webhooks.RotateWebhookSecret(
        webhooks_pb2.RotateWebhookSecretRequest(id=webhook.id)
    )
    assert rotated.secret != made.secret
    assert rotated.webhook.old_secret_until_ms > webhook.created_at_ms

    sent = await webhooks.TestWebhook(webhooks_pb2.TestWebhookRequest(id=webhook.id))
    assert (sent.type, sent.state) == ("webhook.test", webhooks_pb2.DELIVERY_STATE_PENDING)
    page = await webhooks.ListDeliveries(webhooks_pb2.ListDeliveriesRequest(webhook_id=webhook.id))
    assert [each.id for each in page.deliveries] == [sent.id]
    delivered = await webhooks.ListDeliveries(
        webhooks_pb2.ListDeliveriesRequest(
            webhook_id=webhook.id, state=webhooks_pb2.DELIVERY_STATE_DELIVERED
        )
    )
    assert not delivered.deliveries
    (listed,) = (await webhooks.ListWebhooks(webhooks_pb2.ListWebhooksRequest())).webhooks
    assert listed.id == webhook.id
    await webhooks.DeleteWebhook(webhooks_pb2.DeleteWebhookRequest(id=webhook.id))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await webhooks.GetWebhook(webhooks_pb2.GetWebhookRequest(id=webhook.id))
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND
    for asked in ({"url": "ftp://example.com"}, {"url": "http://127.0.0.1", "events": ["no.such"]}):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await webhooks.CreateWebhook(webhooks_pb2.CreateWebhookRequest(**asked))
        assert error_of(refused.value, "gateway").code == "invalid_request"


async def test_usage_is_what_it_is_over_http(gateway: Any, channel: grpc.aio.Channel) -> None:
    accounting: Any = accounting_pb2_grpc.AccountingStub(channel)
    for _ in range(2):
        await gateway.dub("es", "fr")
    used = await accounting.GetUsage(accounting_pb2.GetUsageRequest())
    shown = (await gateway.http.get("/v1/usage")).json()
    (month,) = used.months
    assert (month.month, month.languages, used.currency) == (
        shown["months"][0]["month"], 4, shown["currency"],
    )  # fmt: skip
    assert month.minutes == pytest.approx(shown["months"][0]["minutes"], abs=1e-3)
    assert sum(each.jobs for each in month.jobs) == 2
    assert not used.quotas.HasField("concurrent_jobs")
    request = accounting_pb2.ListUsageOfDubsRequest(month=month.month, page_size=1)
    first = await accounting.ListUsageOfDubs(request)
    request.page_token = first.next_page_token
    rest = await accounting.ListUsageOfDubs(request)
    shown = (await gateway.http.get("/v1/usage/dubs")).json()["dubs"]
    assert [each.dub_id for each in (*first.dubs, *rest.dubs)] == [e["dub_id"] for e in shown]
    assert not (
        await accounting.ListUsageOfDubs(accounting_pb2.ListUsageOfDubsRequest(month="1999-01"))
    ).dubs
