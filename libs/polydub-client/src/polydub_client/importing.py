"""What a follower of an import remembers. No I/O."""

from __future__ import annotations

from polydub_client.errors import PolydubError
from polydub_client.models import Import, ImportState, Video
from polydub_client.retry import Attempts, RetryPolicy

_OFTEN_S = 0.5
_SELDOM_S = 2.0


class ImportWatch:
    """Whether an import has moved or ended, and how long to wait before looking again."""

    has_ended = False

    def __init__(self, policy: RetryPolicy) -> None:
        self._attempts = Attempts(policy)
        self._last: Import | None = None
        self._has_moved = False

    def moved(self, found: Import) -> bool:
        """Takes note of how it stands; whether that is news."""
        self._attempts.progressed()
        self._has_moved = found != self._last
        self._last = found
        self.has_ended = found.state.has_ended
        return self._has_moved

    def delay_s(self) -> float:
        """Seconds to wait before looking again."""
        if self.has_ended:
            return 0.0
        return _OFTEN_S if self._has_moved else _SELDOM_S

    def delay_after(self, error: PolydubError) -> float:
        """Seconds to wait after a failure; raises ``error`` when patience is over."""
        return self._attempts.delay_after(error)

    @staticmethod
    def video_of(found: Import) -> Video:
        """The video of an import that has ended.

        Raises:
            PolydubError: why there is none.
        """
        if found.video is not None:
            return found.video
        if found.state is ImportState.CANCELED or found.error is None:
            raise PolydubError("The import was canceled.", code="canceled")
        error = found.error
        raise PolydubError(
            error.detail, code=error.code, hint=error.hint, stage=error.stage, status=422
        )
