"""What a stage writes: a handler, which turns one event into the next ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polydub import artifacts
from polydub.artifacts import ArtifactFolder
from polydub.errors import StageError
from polydub.ledger import Ledger
from polydub.pipeline import Stage
from polydub.settings import CommonSettings
from polydub.store import ObjectStore
from polydub.v1 import common_pb2, events_pb2


@dataclass(frozen=True)
class Emission:
    """One completed event to come out of a handler.

    The envelope is the consumed event's, with what is set here in its place.
    """

    products: events_pb2.Products
    part: int | None = None
    parts: int | None = None
    target_language: str | None = None
    reused: bool = False
    """Nothing was made: everything was in the store already."""
    warnings: Sequence[common_pb2.Warning] = ()
    failure: StageError | None = None
    """This share of the work is given up, the others go on: one language of several, say."""


@dataclass(frozen=True)
class StageContext:
    """What a handler may use while it handles one event."""

    stage: Stage
    settings: CommonSettings
    store: ObjectStore
    ledger: Ledger
    scratch: Path
    """A folder of this event's own, deleted afterwards."""
    report: Callable[[float, str], Awaitable[None]]
    """Publishes progress: fraction done (0 to 1) and a few words. Throttled; call it freely."""
    attempt: int = 1
    used: list[common_pb2.EngineUse] = field(default_factory=list)
    """Engines that took part; they end up in the completed event."""

    async def progress(self, fraction: float, message: str = "") -> None:
        await self.report(fraction, message)

    def folder(self, video_id: str, **inputs: artifacts.Parameter) -> ArtifactFolder:
        """The artifact folder for what this stage makes of these inputs."""
        return ArtifactFolder(self.store, video_id, self.stage.name, artifacts.digest(**inputs))


class StageHandler(ABC):
    """The event face of a stage. One instance serves the process; events run concurrently.

    A handler is idempotent: it looks for its artifacts first, and the same event always ends in
    the same artifact keys. It keeps nothing in memory that the next event needs.
    """

    async def warm_up(self) -> None:
        """Loads models before the first event; failing here keeps the replica unready."""

    @abstractmethod
    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        """Does the work of one event and says what to emit; nothing, when others will.

        Raises:
            StageError: retryable ones are delivered again with back-off; the others fail the job.
        """

    async def aclose(self) -> None:
        """Frees models, ends children."""
