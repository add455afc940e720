"""What can go wrong, said so that a person knows what, why, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

_BY_STATUS = {
    401: ("unauthorized", "Sign in: `polydub login`. Or give a key: --api-key, POLYDUB_API_KEY."),
    403: ("forbidden", "This key may not do that. Ask for one with the right role."),
    404: ("not_found", "Check the id and the server's address."),
    409: ("conflict", "The job's state does not allow this. Fetch it again to see its state."),
    413: ("media_too_large", "The file is larger than this server, or a proxy before it, accepts."),
    429: ("too_many_requests", "Wait a moment and try again."),
}
REVISION_MISMATCH = "revision_mismatch"
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


class PolydubError(Exception):
    """A failure the server told of, or one met on the way to it.

    Attributes:
        message: what happened, in a sentence.
        code: the stable name of the failure, as in the server's error table.
        hint: what to do about it; may be empty.
        stage: the stage that failed; empty when none did.
        retryable: whether the same call may succeed later.
        status: the HTTP status; 0 when there was no answer.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str = "",
        stage: str = "",
        retryable: bool = False,
        status: int = 0,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.stage = stage
        self.retryable = retryable
        self.status = status
        self.retry_after_s = retry_after_s


class ServerUnreachable(PolydubError):
    """No connection could be made: the request was never sent."""

    def __init__(self, base_url: str, reason: str) -> None:
        super().__init__(
            f"The Polydub server at {base_url} is not reachable ({reason}).",
            code="server_unreachable",
            hint="Start it with `make up`, or name another with --server or POLYDUB_URL.",
            retryable=True,
        )


class ConnectionLost(PolydubError):
    """The connection broke after the request was sent: the server may have acted on it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The connection to the server was lost ({reason}).",
            code="connection_lost",
            hint="Check the network and that the server still runs, then try again.",
            retryable=True,
        )


class RevisionMismatch(PolydubError):
    """Someone changed it meanwhile: fetch it again, and repeat the change on what is there.

    Attributes:
        current: what is there now, as the server's JSON has it; None where it did not say.
    """

    def __init__(self, message: str, *, hint: str, current: dict[str, Any] | None) -> None:
        super().__init__(message, code=REVISION_MISMATCH, hint=hint, status=412)
        self.current = current


def from_transport(error: httpx.TransportError, base_url: str) -> PolydubError:
    """The error for a request that got no (whole) answer."""
    reason = str(error) or type(error).__name__
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)):
        return ServerUnreachable(base_url, reason)
    return ConnectionLost(reason)


def from_response(response: httpx.Response) -> PolydubError:
    """The error for an answer with a status of 400 or above; its body has been read.

    Understands ``application/problem+json`` (RFC 9457) and makes do with less, because a proxy
    may answer in the server's place.
    """
    problem = _problem(response)
    status = response.status_code
    code, hint = _BY_STATUS.get(status, (f"http_{status}", ""))
    message = problem.get("detail") or problem.get("title") or f"The server answered {status}."
    code, hint = str(problem.get("code") or code), str(problem.get("hint") or hint)
    if code == REVISION_MISMATCH:
        current = problem.get("current")
        return RevisionMismatch(
            str(message), hint=hint, current=current if isinstance(current, dict) else None
        )
    return PolydubError(
        str(message),
        code=code,
        hint=hint,
        stage=str(problem.get("stage") or ""),
        retryable=bool(problem.get("retryable", status in _TRANSIENT)),
        status=status,
        retry_after_s=_seconds(response.headers.get("retry-after", "")),
    )


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(retry_after: str) -> float | None:
    """``Retry-After`` in either of its forms (RFC 9110, 10.2.3)."""
    if retry_after.isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None
