"""Webhooks are checked as Standard Webhooks say, and as the gateway signs them."""

from __future__ import annotations

import json

import pytest

from polydub_client import WebhookRefused, verify_webhook

pytestmark = pytest.mark.unit

# The example of the specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"test": 2432232314}'
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": "1614265330",
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
NOW_S = 1614265330.0


def test_the_example_of_the_specification_holds() -> None:
    assert verify_webhook(BODY, HEADERS, SECRET, now_s=NOW_S) == {"test": 2432232314}


def test_one_of_several_signatures_is_enough() -> None:
    several = {**HEADERS, "Webhook-Signature": "v2,x v1,AAAA " + HEADERS["Webhook-Signature"]}
    assert verify_webhook(BODY.encode(), several, SECRET, now_s=NOW_S)


@pytest.mark.parametrize(
    ("change", "body", "now_s"),
    [
        ({}, BODY + " ", NOW_S),
        ({"Webhook-Id": "msg_other"}, BODY, NOW_S),
        ({"Webhook-Signature": ""}, BODY, NOW_S),
        ({"Webhook-Signature": "v1,ü"}, BODY, NOW_S),
        ({"Webhook-Timestamp": "yesterday"}, BODY, NOW_S),
        ({}, BODY, NOW_S + 301),
        ({}, BODY, NOW_S - 301),
    ],
)
def test_nothing_else_holds(change: dict[str, str], body: str, now_s: float) -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(body, {**HEADERS, **change}, SECRET, now_s=now_s)


def test_a_secret_that_is_none_is_said_so() -> None:
    with pytest.raises(WebhookRefused, match="Base64"):
        verify_webhook(BODY, HEADERS, "whsec_%%%", now_s=NOW_S)


def test_what_the_gateway_signs_holds() -> None:
    signing = pytest.importorskip("polydub_gateway.webhooks.signing")
    secret, old = signing.new_secret(), signing.new_secret()
    body = json.dumps({"type": "dub.completed"}).encode()
    headers = signing.signed_headers("msg_1", int(NOW_S), body, (secret, old))
    for each in (secret, old):
        assert verify_webhook(body, headers, each, now_s=NOW_S)["type"] == "dub.completed"
