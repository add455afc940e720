"""Google Cloud as speech recognition, translation and speech reach it: one account, gRPC."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from pydantic_settings import BaseSettings, SettingsConfigDict

from polydub.cloud import UNREACHED, Refused
from polydub.engines import Availability

KEY_VARIABLE = "POLYDUB_GOOGLE_CREDENTIALS_FILE"
_DIRECTLY = (("grpc.enable_http_proxy", 0),)
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class GoogleSettings(BaseSettings):
    """The account, prefix ``POLYDUB_GOOGLE_``."""

    model_config = SettingsConfigDict(env_prefix="POLYDUB_GOOGLE_", extra="ignore", frozen=True)

    credentials_file: Path | None = None
    """A service account's key, JSON."""
    default_credentials: bool = False
    """Takes what the machine offers (workload identity, gcloud) where no file is named."""
    project: str = ""
    """The project that is billed; translation needs its name. Empty: the credentials'."""
    location: str = "global"
    endpoint: str = ""
    """``host:port`` of another server, spoken to without TLS and without credentials."""

    def available(self, module: str, extra: str) -> Availability:
        """Whether a client can be made.

        Args:
            module: the SDK's, as ``google.cloud.speech_v1``.
            extra: the package and extra that bring it, as ``polydub-asr[google]``.
        """
        if not _installed(module):
            return Availability.no(f"not installed: {module}", f"pip install '{extra}'")
        if self.endpoint or self.default_credentials:
            return Availability.yes()
        file = self._file()
        if file is None:
            return Availability.no(
                "no account is set",
                f"Set {KEY_VARIABLE} to a service account's key, or "
                "POLYDUB_GOOGLE_DEFAULT_CREDENTIALS=true where the machine has credentials.",
            )
        if not file.is_file():
            return Availability.no(
                "the account's key can't be read", f"Correct the path in {KEY_VARIABLE}."
            )
        return Availability.yes()

    def client(self, client_type: Any, host: str = "") -> Any:
        """An asynchronous client of the SDK; to be made within the loop that uses it.

        Args:
            client_type: a generated ``...AsyncClient``.
            host: of the location, where it has one of its own; empty: the service's usual one.

        Raises:
            Refused: status 401 for credentials that are none.
        """
        if self.endpoint:
            channel = grpc.aio.insecure_channel(self.endpoint, options=_DIRECTLY)
            transport = client_type.get_transport_class("grpc_asyncio")(channel=channel)
            return client_type(transport=transport)
        options = {"api_endpoint": host} if host else None
        return client_type(credentials=self._credentials()[0], client_options=options)

    def blocking_client(self, client_type: Any) -> Any:
        """A client that blocks, for calls outside of any loop.

        Args:
            client_type: a generated ``...Client``.

        Raises:
            Refused: status 401 for credentials that are none.
        """
        if self.endpoint:
            channel = grpc.insecure_channel(self.endpoint, options=_DIRECTLY)
            transport = client_type.get_transport_class("grpc")(channel=channel)
            return client_type(transport=transport)
        return client_type(credentials=self._credentials()[0])

    def project_path(self) -> str:
        """``projects/<project>/locations/<location>``.

        Raises:
            Refused: status 401 where neither the settings nor the credentials name a project.
        """
        project = self.project or self._credentials()[1]
        if not project:
            raise Refused(401, code="project_missing")
        return f"projects/{project}/locations/{self.location}"

    def _credentials(self) -> tuple[Any, str]:
        """Credentials, and the project they belong to; empty where they name none."""
        if (file := self._file()) is not None:
            account = import_module("google.oauth2.service_account").Credentials
            try:
                found = account.from_service_account_file(str(file), scopes=_SCOPES)
            except (OSError, ValueError) as error:
                raise Refused(401, code="credentials_unreadable") from error
            return found, found.project_id or ""
        auth = import_module("google.auth")
        try:
            credentials, project = auth.default(scopes=_SCOPES)
        except auth.exceptions.DefaultCredentialsError as error:
            raise Refused(401, code="credentials_missing") from error
        return credentials, project or ""

    def _file(self) -> Path | None:
        usual = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
        return self.credentials_file or (Path(usual) if usual else None)


def refusal(error: Exception) -> Refused:
    """What an error of the SDK (``google.api_core`` or ``google.auth``) says, as status and pause.

    Google puts the pause into the error's details (``google.rpc.RetryInfo``).
    """
    status = getattr(error, "code", None)
    if status is None:
        kind = type(error).__name__
        return Refused(401 if kind in ("RefreshError", "DefaultCredentialsError") else UNREACHED)
    return Refused(int(status), _retry_delay_s(error), code=_reason(error))


def errors() -> tuple[type[Exception], ...]:
    """The exceptions that a call of the SDK may raise."""
    api = import_module("google.api_core.exceptions")
    auth = import_module("google.auth.exceptions")
    return (api.GoogleAPICallError, api.RetryError, auth.GoogleAuthError)


def _retry_delay_s(error: Exception) -> float | None:
    for detail in getattr(error, "details", None) or ():
        delay = getattr(detail, "retry_delay", None)
        if delay is not None:
            return float(delay.seconds + delay.nanos / 1e9)
    return None


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or "").lower()


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False
