"""Links to dubs for people without an account."""

from __future__ import annotations

from collections.abc import Sequence

from polydub_client.async_transport import AsyncTransport
from polydub_client.calls import sharing as calls
from polydub_client.models import NewShare, Share

WEEK_S = 7 * 24 * 3600


class AsyncShares:
    """Links behind which anyone sees one dub, until they expire."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
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
        return await self._transport.send(call)

    async def list(self, dub_id: str) -> tuple[Share, ...]:
        """The links of a dub that hold, newest first."""
        return await self._transport.send(calls.list_shares(dub_id))

    async def revoke(self, dub_id: str, share_id: str) -> None:
        """From now on it does not lead anywhere."""
        await self._transport.send(calls.revoke_share(dub_id, share_id))
