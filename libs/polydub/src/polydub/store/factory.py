"""Which backend the settings name."""

from __future__ import annotations

from polydub.settings import CommonSettings
from polydub.store.base import ObjectStore
from polydub.store.local import LocalStore
from polydub.store.s3 import S3Store


def open_store(settings: CommonSettings) -> ObjectStore:
    """The store of this deployment."""
    if settings.store == "s3":
        return S3Store(
            endpoint=settings.s3_endpoint,
            bucket=settings.s3_bucket,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            secure=settings.s3_secure,
            region=settings.s3_region,
            public_endpoint=settings.s3_public_endpoint,
            encryption=settings.s3_encryption,
        )
    return LocalStore(settings.store_dir)
