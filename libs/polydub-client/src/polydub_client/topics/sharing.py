"""Links to dubs for people without an account."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.calls import sharing as calls
from polydub_client.models import NewShare, Share
from polydub_client.transport import Transport

WEEK_S = 7 * 24 * 3600


class Shares:
    """Links behind which anyone sees one dub, until they expire."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        dub_id: str,
        *,
        expires_in_s: int = WEEK_S,
        languages: Sequence[str] = (),
        downloads: bool = False,
    ) -> NewShare:
        """Makes a link; its address is told this once.

        Args:
            dub_id: of a dub of which something is finished.
            expires_in_s: from 60 s to a year.
            languages: target languages; none: all.
            downloads: files may be saved, not only played.
        """
        call = calls.create_share(dub_id, expires_in_s, languages, downloads=downloads)
        return self._transport.send(call)

    def list(self, dub_id: str) -> tuple[Share, ...]:
        """The links of a dub that hold, newest first."""
        return self._transport.send(calls.list_shares(dub_id))

    def revoke(self, dub_id: str, share_id: str) -> None:
        """From now on it does not lead anywhere."""
        self._transport.send(calls.revoke_share(dub_id, share_id))
