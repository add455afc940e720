"""The event face: a language's finished video, with its lips moved where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from polydub.artifacts import read_document
from polydub.errors import StageError, warning
from polydub.pipeline import WHOLE_TALK
from polydub.stage import Emission, StageContext, StageHandler
from polydub.v1 import common_pb2, events_pb2, lipsync_pb2, muxing_pb2
from polydub_lipsync.moments import Span
from polydub_lipsync.work import Done, LipsyncWork, Task

NOT_THE_ENGINES = frozenset(
    {"store_unavailable", "store_full", "artifact_missing", "bus_unavailable", "internal"}
)
"""Failures that would meet every stage alike. Any other leaves the job with the dub as it was."""


_WITH_PICTURE = frozenset(
    {
        muxing_pb2.EXTRA_MKV,
        muxing_pb2.EXTRA_MULTITRACK,
        muxing_pb2.EXTRA_BURNED,
        muxing_pb2.EXTRA_BURNED_BILINGUAL,
        muxing_pb2.EXTRA_HLS,
    }
)


class LipsyncHandler(StageHandler):
    """Consumes ``muxing.completed``, emits ``lipsync.completed`` for jobs that ask for it."""

    def __init__(self, work: LipsyncWork) -> None:
        self._work = work

    async def handle(self, event: events_pb2.Event, context: StageContext) -> Sequence[Emission]:
        if not event.spec.lipsync:
            return ()
        video = _dubbed_video(event.products, event.envelope.target_language)
        if video is None:
            return (_emission(event, _without_picture()),)
        task = Task(
            video_id=event.envelope.video_id,
            source_key=video.key,
            engine=event.spec.engines.get("lipsync", ""),
            spoken=await _spoken(event, context),
        )
        try:
            done = await self._work.run(task, context.scratch, context.progress)
        except StageError as error:
            last = context.attempt >= context.settings.max_deliver
            if error.code in NOT_THE_ENGINES or (error.retryable and not last):
                raise
            done = _given_up(error)
        if done.products.video_key:
            context.used.append(done.products.engine)
        return (_emission(event, done),)

    async def aclose(self) -> None:
        self._work.registry.close()


def _dubbed_video(products: events_pb2.Products, language: str) -> muxing_pb2.OutputFile | None:
    """This language's video; files for several languages at once name none."""
    for file in products.muxing.files:
        if file.kind == "video" and file.target_language == language:
            return file
    return None


async def _spoken(event: events_pb2.Event, context: StageContext) -> list[Span]:
    """When someone speaks in the finished file, from the report."""
    report = next((f for f in event.products.muxing.files if f.kind == "report"), None)
    if report is None:
        return []
    document = await read_document(context.store, report.key, muxing_pb2.ReportDocument)
    offset_ms = round(1000 * event.products.separation.audio_offset_s)
    return [
        (line.placed_start_ms + offset_ms, line.placed_end_ms + offset_ms)
        for line in document.line_reports
    ]


def _without_picture() -> Done:
    return Done(
        lipsync_pb2.LipsyncProducts(
            outcome=lipsync_pb2.LIPSYNC_OUTCOME_NO_PICTURE, reason="The dub has no picture."
        )
    )


def _given_up(error: StageError) -> Done:
    reason = error.message if error.code != "engine_unavailable" else _with_hint(error)
    return Done(
        lipsync_pb2.LipsyncProducts(outcome=lipsync_pb2.LIPSYNC_OUTCOME_FAILED, reason=reason)
    )


def _with_hint(error: StageError) -> str:
    return f"{error.message} {error.hint}".strip()


def _emission(event: events_pb2.Event, done: Done) -> Emission:
    products = events_pb2.Products()
    products.CopyFrom(event.products)
    products.lipsync.CopyFrom(done.products)
    if done.products.video_key:
        video = _dubbed_video(products, event.envelope.target_language)
        assert video is not None
        video.key, video.size_bytes = done.products.video_key, done.size_bytes
    return Emission(
        products=products,
        part=WHOLE_TALK,
        target_language=event.envelope.target_language,
        reused=done.reused,
        warnings=_warnings(event, done.products),
    )


def _warnings(
    event: events_pb2.Event, made: lipsync_pb2.LipsyncProducts
) -> list[common_pb2.Warning]:
    if made.outcome == lipsync_pb2.LIPSYNC_OUTCOME_SYNCED:
        return _of_other_files(event)
    failed = made.outcome == lipsync_pb2.LIPSYNC_OUTCOME_FAILED
    return [
        warning(
            "lipsync_failed" if failed else "lipsync_no_face",
            made.reason,
            stage="lipsync",
            target_language=event.envelope.target_language,
        )
    ]


def _of_other_files(event: events_pb2.Event) -> list[common_pb2.Warning]:
    """Files that muxing made with a picture of their own keep the lips as they were filmed."""
    names = [
        muxing_pb2.Extra.Name(extra).removeprefix("EXTRA_").lower()
        for extra in sorted(_WITH_PICTURE.intersection(event.spec.extras))
    ]
    if not names:
        return []
    return [
        warning(
            "extras_before_lipsync",
            f"The lips are moved in the MP4 only; {', '.join(names)} show them as filmed.",
            stage="lipsync",
            target_language=event.envelope.target_language,
        )
    ]
