"""The lipsync engines, in the order in which ``auto`` tries them."""

from __future__ import annotations

from polydub.cloud import Key
from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_lipsync.engines.base import LipsyncEngine
from polydub_lipsync.engines.command import CommandEngine
from polydub_lipsync.engines.replicate import Allowed, ReplicateEngine
from polydub_lipsync.engines.replicate_models import HostedModel
from polydub_lipsync.settings import LipsyncSettings
from polydub_lipsync.webhook import WebhookAddress


def open_registry(
    settings: LipsyncSettings, common: CommonSettings
) -> EngineRegistry[LipsyncEngine]:
    """The engines with these settings."""
    return EngineRegistry(
        "lipsync",
        (lambda: CommandEngine(settings.command), lambda: _replicate(settings, common)),
        settings.engine,
        allow_noncommercial=common.allow_noncommercial,
    )


def _replicate(settings: LipsyncSettings, common: CommonSettings) -> ReplicateEngine:
    return ReplicateEngine(
        model=HostedModel.named(
            settings.replicate_model,
            video_input=settings.replicate_video_input,
            audio_input=settings.replicate_audio_input,
            inputs=settings.replicate_inputs,
        ),
        token=Key(
            "POLYDUB_LIPSYNC_REPLICATE_TOKEN",
            settings.replicate_token,
            settings.replicate_token_file,
        ),
        url=settings.replicate_url,
        webhook=_webhook(settings, common) if settings.webhook_url else None,
        allowed=Allowed(
            upload_bytes=settings.max_upload_mb * 1_000_000,
            download_bytes=settings.max_download_mb * 1_000_000,
            duration_s=settings.max_duration_s,
            silence_s=settings.request_timeout_s,
            retries=settings.request_retries,
            longest_poll_s=settings.replicate_poll_s,
        ),
    )


def _webhook(settings: LipsyncSettings, common: CommonSettings) -> WebhookAddress:
    return WebhookAddress(
        url=settings.webhook_url,
        host=common.bind_host,
        port=settings.webhook_port,
        secret=Key(
            "POLYDUB_LIPSYNC_WEBHOOK_SECRET", settings.webhook_secret, settings.webhook_secret_file
        ),
    )
