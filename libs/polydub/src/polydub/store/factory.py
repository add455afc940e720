"""Which backend the settings name."""

from __future__ import annotations

from minio.credentials.providers import IamAwsProvider, Provider, StaticProvider

from polydub.settings import CommonSettings
from polydub.store.base import ObjectStore
from polydub.store.local import LocalStore
from polydub.store.s3 import S3Store


def _credentials(settings: CommonSettings) -> Provider:
    if settings.s3_credentials == "role":
        return IamAwsProvider(region=settings.s3_region)
    return StaticProvider(
        settings.s3_access_key.get_secret_value(), settings.s3_secret_key.get_secret_value()
    )


def open_store(settings: CommonSettings) -> ObjectStore:
    """The store of this deployment."""
    if settings.store == "s3":
        return S3Store(
            endpoint=settings.s3_endpoint,
            bucket=settings.s3_bucket,
            credentials=_credentials(settings),
            secure=settings.s3_secure,
            region=settings.s3_region,
            public_endpoint=settings.s3_public_endpoint,
            encryption=settings.s3_encryption,
        )
    return LocalStore(settings.store_dir)
