"""What can go wrong, said so that a person knows what, why, and what to do."""

from __future__ import annotations

from typing import Any

import httpx

_BY_STATUS = {
    401: ("unauthorized", "Give an API key: --api-key or POLYDUB_API_KEY."),
    403: ("forbidden", "This key may not do that. Ask for one with the right role."),
    404: ("not_found", "Check the id and the server's address."),
    409: ("conflict", "The job's state does not allow this. Fetch it again to see its state."),
    413: ("media_too_large", "The file is larger than this server, or a proxy before it, accepts."),
    429: ("too_many_requests", "Wait a moment and try again."),
}
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
    return PolydubError(
        str(message),
        code=str(problem.get("code") or code),
        hint=str(problem.get("hint") or hint),
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
    return float(retry_after) if retry_after.isdigit() else None
