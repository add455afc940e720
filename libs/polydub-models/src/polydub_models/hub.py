"""The model hub's HTTP API: which commit a branch is at, and what files are at a commit."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from polydub_models.errors import Corrupt, Missing, ModelsError, Refused, Unreachable
from polydub_models.settings import Settings

_CONNECT_S, _READ_S = 10.0, 30.0
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that another try may mend."""


@dataclass(frozen=True)
class HubFile:
    """What the hub says of a file: its sha256 where it is a large one, else its git blob id."""

    size: int
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True)
class Repo:
    """A repository at one commit."""

    commit: str
    files: Mapping[str, HubFile]


def connect() -> httpx.Client:
    """A client that follows the hub to where it keeps its files, without taking the token along."""
    return httpx.Client(
        follow_redirects=True, timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S), max_redirects=5
    )


class Hub:
    """One hub.

    Args:
        client: a connection, closed by its owner.
        settings: where the hub is, and the token.
    """

    def __init__(self, client: httpx.Client, settings: Settings) -> None:
        self.client = client
        self._endpoint = settings.endpoint
        self._token = settings.token

    def headers(self, url: str) -> dict[str, str]:
        """The token, for the hub's own addresses only."""
        if self._token and url.startswith(f"{self._endpoint}/"):
            return {"Authorization": f"Bearer {self._token}"}
        return {}

    def url(self, repo: str, commit: str, path: str) -> str:
        return f"{self._endpoint}/{repo}/resolve/{commit}/{quote(path)}"

    def repo(self, name: str, revision: str) -> Repo:
        """The repository as it is at a branch or commit.

        Raises:
            ModelsError: the hub does not answer, refuses, or says something else.
        """
        url = f"{self._endpoint}/api/models/{name}/revision/{quote(revision, safe='')}?blobs=true"
        try:
            response = self.client.get(url, headers=self.headers(url))
        except httpx.TransportError as error:
            raise unreachable(url, error) from error
        if not response.is_success:
            raise self.refusal(response, name)
        try:
            return _repo(response.json())
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupt(
                f"{self._endpoint} does not answer as a model hub does.", "Check HF_ENDPOINT."
            ) from error

    def refusal(self, response: httpx.Response, source: str) -> ModelsError:
        """What a status of 400 and above means, and what to do.

        Args:
            source: the repository, or the address.
        """
        status = response.status_code
        host = response.request.url.host
        if status in BUSY:
            return Unreachable(f"{host} is busy (status {status}).", "Try again later.")
        if status not in (401, 403) or "://" in source:
            return Missing(
                f"{source} is not there any more ({host} answers {status}).",
                "Look for a newer version of polydub-models, or use --mirror.",
            )
        page = f"{self._endpoint}/{source}"
        if not self._token:
            return Refused(
                f"{source} is given only to those who accepted its terms.",
                f"Accept them at {page}, make a token in the hub's settings, and set HF_TOKEN.",
            )
        return Refused(
            f"The hub does not give {source} to the account of HF_TOKEN (status {status}).",
            f"Accept the terms at {page} with that account, or set another HF_TOKEN.",
        )

    def answers(self, repo: str, within_s: float) -> bool:
        """Whether the hub answers at all; never takes longer than ``within_s``."""
        url = f"{self._endpoint}/api/models/{repo}"
        found: list[bool] = []

        def ask() -> None:
            try:
                # A connection of its own: the caller's may be closed before this one gives up.
                with connect() as client, client.stream("GET", url, timeout=within_s) as response:
                    found.append(response.is_success)
            except (httpx.HTTPError, httpx.InvalidURL):
                found.append(False)

        # In a thread: looking up a name has no time limit of its own.
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(within_s)
        return bool(found and found[0])


def unreachable(url: str, error: Exception) -> Unreachable:
    """For a connection that could not be made, or broke."""
    reason = str(error) or type(error).__name__
    return Unreachable(
        f"{httpx.URL(url).host} can't be reached ({reason}).",
        "Check the network or HF_ENDPOINT and run the same command again: it goes on where it was "
        "cut. Without a network: --mirror FOLDER.",
    )


def _repo(told: Mapping[str, Any]) -> Repo:
    files = {
        each["rfilename"]: HubFile(
            size=int(each.get("size") or 0),
            sha256=(each.get("lfs") or {}).get("sha256", ""),
            blob=each.get("blobId") or "",
        )
        for each in told["siblings"]
    }
    return Repo(str(told["sha"]), files)
