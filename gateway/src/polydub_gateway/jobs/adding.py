"""Further languages for a job: which are new, and what is asked for with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polydub.errors import StageError
from polydub.v1 import events_pb2
from polydub_gateway.jobs.asking import MAX_TARGETS, CloneConsent, DubRequest, checked_tag
from polydub_gateway.jobs.state import JobState
from polydub_gateway.subtitles.own import SubtitleFile


def checked_targets(tags: Iterable[str]) -> tuple[str, ...]:
    """Languages in their one spelling, each once.

    Raises:
        StageError: ``invalid_request``.
    """
    return tuple(dict.fromkeys(checked_tag(tag) for tag in tags))


def new_targets(spec: events_pb2.DubSpec, wanted: Sequence[str]) -> tuple[str, ...]:
    """Those of the languages that a job does not have yet.

    Raises:
        StageError: ``invalid_request`` where there is none, or where they are too many.
    """
    new = tuple(tag for tag in wanted if tag not in spec.target_languages)
    if not new:
        raise StageError(
            "invalid_request",
            f"The dub has {', '.join(wanted) or 'no other language'} already.",
            hint="Name languages that it does not have; a language that failed is retried with "
            "POST /v1/dubs/{id}/retry.",
        )
    if len(spec.target_languages) + len(new) > MAX_TARGETS:
        raise StageError("invalid_request", f"A dub has at most {MAX_TARGETS} languages.")
    return new


def asked_again(
    video_id: str, spec: events_pb2.DubSpec, state: JobState, targets: Sequence[str]
) -> DubRequest:
    """What a job's new languages ask of the deployment, to be checked.

    The source language is what recognition found, where it was to find out.
    """
    return DubRequest(
        video_id=video_id,
        target_languages=tuple(targets),
        source_language=state.source_language or spec.source_language,
        engines=dict(spec.engines),
        clone_consent=CloneConsent(spec.clone_consent, "") if spec.clone_consent else None,
        lipsync=spec.lipsync,
        subtitles=tuple(SubtitleFile(each.language, "") for each in spec.subtitles),
    )
