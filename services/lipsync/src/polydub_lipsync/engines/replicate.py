"""Models that Replicate hosts: video and sound leave the machine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from polydub.artifacts import Parameter
from polydub.blocking import OnProgress
from polydub.cloud import CloudService, Key
from polydub.engines import Availability, Capabilities, Quality
from polydub.errors import EngineFailed, EngineUnavailable
from polydub_lipsync.engines.base import LipsyncEngine, SyncTask
from polydub_lipsync.engines.replicate_models import HostedModel
from polydub_lipsync.webhook import Bell, WebhookAddress, WebhookListener

if TYPE_CHECKING:
    from replicate.prediction import Prediction

    from polydub_lipsync.engines.replicate_api import ReplicateApi

FIRST_POLL_S = 1.0
CALLED_BACK_POLL_S = 60.0
"""With a webhook, polling is only for calls that get lost or that reach another replica."""
_TIDY_UP_S = 10.0
_ENDED = frozenset({"succeeded", "failed", "canceled"})
_AGAIN = re.compile(r"interrupted|retry|try again|out of capacity", re.I)
"""Words with which Replicate reports failures of its own, not of the input."""


@dataclass(frozen=True)
class Allowed:
    """What may be sent, fetched and waited for."""

    upload_bytes: int
    download_bytes: int
    duration_s: float
    silence_s: float
    retries: int
    longest_poll_s: float


class ReplicateEngine(LipsyncEngine):
    """One prediction for each video; cancelled there when it is cancelled here.

    Args:
        model: which, and what it calls its inputs.
        token: the account's.
        url: the API; empty for Replicate's own.
        webhook: where Replicate calls back; None: it is only polled.
    """

    id: ClassVar[str] = "replicate"

    def __init__(
        self,
        *,
        model: HostedModel,
        token: Key,
        url: str,
        webhook: WebhookAddress | None,
        allowed: Allowed,
    ) -> None:
        super().__init__()
        self._model = model
        self._token = token
        self._url = url
        self._allowed = allowed
        self._listener = WebhookListener(webhook) if webhook else None
        self._service = CloudService("Replicate", token.variable, retries=allowed.retries)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Replicate",
            version=self._model.ref or "none",
            quality=Quality.STUDIO,
            licence="Replicate's terms of service and the model's licence",
            commercial_use=True,
            neural=True,
            device="cloud",
            limits=(
                "The video is sent to Replicate, which charges for it.",
                f"Videos of up to {self._allowed.duration_s:g} s and "
                f"{self._allowed.upload_bytes // 1_000_000} MB.",
            ),
        )

    def parameters(self) -> dict[str, Parameter]:
        return dict(self._model.inputs.more)

    def available(self) -> Availability:
        if any(find_spec(package) is None for package in ("replicate", "h11")):
            return Availability.no(
                "not installed: replicate",
                "Install the extra: pip install 'polydub-lipsync[replicate]'.",
            )
        model = self._model_known()
        secret = self._listener.available() if self._listener else Availability.yes()
        return next((no for no in (model, self._token.available(), secret) if not no.ok), model)

    def _model_known(self) -> Availability:
        if not self._model.ref:
            return Availability.no(
                "no model is chosen",
                "Set POLYDUB_LIPSYNC_REPLICATE_MODEL to `owner/name:version`.",
            )
        if not (self._model.inputs.video and self._model.inputs.audio):
            return Availability.no(
                f"it is not known what {self._model.ref} calls its inputs",
                "Set POLYDUB_LIPSYNC_REPLICATE_VIDEO_INPUT and _AUDIO_INPUT.",
            )
        return Availability.yes()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    async def _sync(self, task: SyncTask, on_progress: OnProgress) -> Path:
        here = self.available()
        if not here.ok:
            raise EngineUnavailable(f"replicate: {here.reason}.", hint=here.remedy)
        self._check(task)
        output = task.folder / "picture.mp4"
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(self._open_api())
            if self._listener is not None:
                await self._listener.start()
            prediction = await self._predict(api, task, stack, on_progress)
            await api.download(
                _output_url(prediction), output, limit_bytes=self._allowed.download_bytes
            )
        return output

    def _check(self, task: SyncTask) -> None:
        size = max(task.video.stat().st_size, task.audio.stat().st_size)
        if size > self._allowed.upload_bytes:
            limit = f"{self._allowed.upload_bytes // 1_000_000} MB"
            raise EngineFailed(f"The video is larger than the {limit} allowed.", retryable=False)
        if task.duration_s > self._allowed.duration_s:
            limit = f"{self._allowed.duration_s:g} s"
            raise EngineFailed(f"The video is longer than the {limit} allowed.", retryable=False)

    @asynccontextmanager
    async def _open_api(self) -> AsyncIterator[ReplicateApi]:
        from polydub_lipsync.engines.replicate_api import ReplicateApi

        api = ReplicateApi(
            self._service,
            token=self._token.read(),
            url=self._url,
            silence_s=self._allowed.silence_s,
        )
        try:
            yield api
        finally:
            await api.aclose()

    async def _predict(
        self, api: ReplicateApi, task: SyncTask, stack: AsyncExitStack, on_progress: OnProgress
    ) -> Prediction:
        """The prediction that succeeded. What was uploaded is deleted when the stack is left."""
        names = self._model.inputs
        inputs: dict[str, Any] = dict(names.more)
        for name, path in ((names.video, task.video), (names.audio, task.audio)):
            upload = await api.upload(path)
            stack.push_async_callback(_tidily, api.delete, upload)
            inputs[name] = upload.url
        url = self._listener.url if self._listener else None
        prediction = await api.create(self._model.ref, inputs, url)
        try:
            prediction = await self._ended(api, prediction, on_progress)
        except BaseException:
            await _tidily(self._withdraw, api, prediction.id)
            raise
        self._bill(prediction)
        if prediction.status != "succeeded":
            raise _failure(prediction)
        return prediction

    async def _ended(
        self, api: ReplicateApi, prediction: Prediction, on_progress: OnProgress
    ) -> Prediction:
        called_back = self._listener is not None and self._listener.url is not None
        longest_s = CALLED_BACK_POLL_S if called_back else self._allowed.longest_poll_s
        pause_s = min(FIRST_POLL_S, longest_s)
        with self._bells.listen(prediction.id) as bell:
            while prediction.status not in _ENDED:
                await bell.wait(pause_s)
                pause_s = min(2 * pause_s, longest_s)
                prediction = await api.get(prediction.id)
                if prediction.progress is not None:
                    await on_progress(min(1.0, prediction.progress.percentage))
        return prediction

    @cached_property
    def _bells(self) -> Bell:
        return self._listener.bell if self._listener else Bell()

    async def _withdraw(self, api: ReplicateApi, prediction_id: str) -> None:
        canceled = await api.cancel(prediction_id)
        if canceled is not None:
            self._bill(canceled)

    def _bill(self, prediction: Prediction) -> None:
        seconds = (prediction.metrics or {}).get("predict_time")
        if isinstance(seconds, int | float):
            self.charge(float(seconds), "seconds")


async def _tidily(action: Any, *arguments: Any) -> None:
    """Finishes something behind us even when we are being cancelled, but not for long."""

    async def limited() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_TIDY_UP_S):
                await action(*arguments)

    await asyncio.shield(asyncio.ensure_future(limited()))


def _output_url(prediction: Prediction) -> str:
    """Models answer with one URL, or with several of which the last is the finished video."""
    output = prediction.output
    last = output[-1] if isinstance(output, list) and output else output
    if not isinstance(last, str) or not last.startswith(("https://", "http://")):
        raise EngineFailed("Replicate's model gave no video.", retryable=False)
    return last


def _failure(prediction: Prediction) -> EngineFailed:
    if prediction.status == "canceled":
        return EngineFailed("The work was cancelled at Replicate.", retryable=False)
    complaint = (prediction.error or "").strip().rpartition("\n")[2] or "it gave no reason"
    # A reason may quote where the files are.
    reason = re.sub(r"\S*/\S+", "...", complaint)[:200]
    return EngineFailed(
        f"Replicate's model failed: {reason}", retryable=bool(_AGAIN.search(complaint))
    )
