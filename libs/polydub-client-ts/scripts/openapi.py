"""Prints the gateway's OpenAPI document as JSON, the same bytes for the same routes."""

from __future__ import annotations

import json

from polydub_gateway.app import create_app
from polydub_gateway.settings import GatewaySettings

if __name__ == "__main__":
    described = create_app(GatewaySettings()).openapi()
    print(json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True))
