"""The error table: every code a user can meet, its status on each wire, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from polydub.v1 import common_pb2

THEIRS, OURS = "theirs", "ours"
FAULTS = (THEIRS, OURS)
"""Whose fault a failure can be: of those who ask, or of the deployment."""


@dataclass(frozen=True)
class ErrorCode:
    """One row of the table.

    ``retryable`` is the default for errors of this code: retryable ones are delivered again with
    back-off, the others end the job (or the language) at once.
    """

    code: str
    http: int
    grpc: grpc.StatusCode
    retryable: bool
    hint: str

    @property
    def fault(self) -> str:
        """Whose fault it is, one of ``FAULTS``: statuses tell the two apart, 4xx and 5xx."""
        return THEIRS if self.http < 500 else OURS


_INVALID = grpc.StatusCode.INVALID_ARGUMENT
_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
_NOT_FOUND = grpc.StatusCode.NOT_FOUND
_UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
_INTERNAL = grpc.StatusCode.INTERNAL

TABLE: tuple[ErrorCode, ...] = (
    # what the file is
    ErrorCode(
        "media_empty", 422, _PRECONDITION, False,
        "The file has no bytes. Check that the upload or export finished, and send it again.",
    ),
    ErrorCode(
        "media_unreadable", 422, _PRECONDITION, False,
        "This is not a video or audio file that can be read. "
        "Send MP4, MOV, MKV, AVI, WEBM, MP3, WAV, M4A, FLAC or OGG.",
    ),
    ErrorCode(
        "media_truncated", 422, _PRECONDITION, False,
        "The file ends before its own headers say it should. Copy or export it again.",
    ),
    ErrorCode(
        "no_audio_stream", 422, _PRECONDITION, False,
        "The file has no audio track, so there is nothing to dub. Send one with its sound.",
    ),
    ErrorCode(
        "no_speech", 422, _PRECONDITION, False,
        "No speech was found in the audio track. Check that it is not silent and that the right "
        "track is the default one; where someone does speak, subtitles can say when.",
    ),
    ErrorCode(
        "nothing_recognized", 422, _PRECONDITION, False,
        "Speech was found but no words could be made out. Check the source language, or use a "
        "stronger recognition engine (see `polydub engines`).",
    ),
    ErrorCode(
        "media_too_large", 413, _EXHAUSTED, False,
        "The file is larger than this deployment accepts. Cut or compress it first.",
    ),
    # what was asked for
    ErrorCode(
        "unsupported_language_pair", 422, _INVALID, False,
        "Choose one of the pairs that this deployment can dub (see `polydub languages`).",
    ),
    ErrorCode(
        "invalid_request", 422, _INVALID, False,
        "Correct the request as the message says.",
    ),
    ErrorCode(
        "address_refused", 422, _INVALID, False,
        "Give an address on the public internet, or let the operator trust its network "
        "(POLYDUB_GATEWAY_TRUSTED_NETWORKS).",
    ),
    ErrorCode("not_found", 404, _NOT_FOUND, False, "Check the id."),
    ErrorCode(
        "conflict", 409, grpc.StatusCode.ABORTED, False,
        "The job's state does not allow this. Fetch it again to see its state.",
    ),
    ErrorCode(
        "revision_mismatch", 412, grpc.StatusCode.ABORTED, False,
        "Someone changed it meanwhile. Fetch it again, and repeat your change on what is there.",
    ),
    ErrorCode(
        "revision_required", 428, _PRECONDITION, False,
        "Send the revision that your change is based on as If-Match.",
    ),
    ErrorCode(
        "checksum_mismatch", 460, grpc.StatusCode.DATA_LOSS, False,
        "The bytes changed on their way. Send them again.",
    ),
    ErrorCode(
        "upload_locked", 423, grpc.StatusCode.ABORTED, True,
        "Wait until the other request ended, or end it, and go on from the offset that is there.",
    ),
    ErrorCode(
        "import_failed", 422, _PRECONDITION, False,
        "Check the address in a browser; or download the file yourself and upload it.",
    ),
    ErrorCode("gone", 410, _NOT_FOUND, False, "It was there once. Start again."),
    # who asks
    ErrorCode(
        "unauthenticated", 401, grpc.StatusCode.UNAUTHENTICATED, False,
        "Sign in, or send an API key as X-Api-Key.",
    ),
    ErrorCode(
        "forbidden", 403, grpc.StatusCode.PERMISSION_DENIED, False,
        "Ask an admin of your organisation for the role that this needs.",
    ),
    ErrorCode(
        "sign_in_unavailable", 503, _UNAVAILABLE, True,
        "The provider that signs people in can't be reached or used. Try again in a moment; if it "
        "happens again, its settings or ours are wrong, and our log says more.",
    ),
    ErrorCode(
        "rate_limited", 429, _EXHAUSTED, True, "Wait as long as Retry-After says, and repeat it.",
    ),
    ErrorCode(
        "quota_exceeded", 429, _EXHAUSTED, False,
        "Wait for the next period, delete what you do not need, or ask an admin for more.",
    ),
    ErrorCode(
        "range_not_satisfiable", 416, grpc.StatusCode.OUT_OF_RANGE, False,
        "Ask for bytes inside the file.",
    ),
    # what the deployment can do
    ErrorCode(
        "engine_unavailable", 503, _UNAVAILABLE, False,
        "Install what the engine needs, or choose another (see `polydub engines`).",
    ),
    ErrorCode(
        "engine_failed", 500, _INTERNAL, True,
        "The engine broke off. Try again; if it happens again, choose another engine.",
    ),
    ErrorCode(
        "engine_timeout", 504, grpc.StatusCode.DEADLINE_EXCEEDED, True,
        "The engine took too long. Try again, or give this stage more time.",
    ),
    ErrorCode(
        "store_unavailable", 503, _UNAVAILABLE, True,
        "The object store does not answer. Check it and its settings.",
    ),
    ErrorCode("store_full", 507, _EXHAUSTED, True, "Free some space for the object store."),
    ErrorCode(
        "artifact_missing", 500, grpc.StatusCode.DATA_LOSS, False,
        "A file that an earlier stage wrote is gone from the store. Start the job again.",
    ),
    ErrorCode(
        "bus_unavailable", 503, _UNAVAILABLE, True,
        "The message broker does not answer. Check that nats-server runs.",
    ),
    ErrorCode(
        "database_unavailable", 503, _UNAVAILABLE, True,
        "The database does not answer, or is too busy. Try again in a moment.",
    ),
    ErrorCode(
        "stage_unavailable", 503, _UNAVAILABLE, True,
        "A stage's service does not answer. It may be starting: try again in a moment.",
    ),
    ErrorCode(
        "stage_crashed", 500, _INTERNAL, False,
        "The stage's process died each time it worked on this. Its log says more; memory is the "
        "usual reason.",
    ),
    ErrorCode(
        "internal", 500, _INTERNAL, True,
        "This is a fault of ours. The log of the stage says more.",
    ),
)  # fmt: skip

BY_CODE: dict[str, ErrorCode] = {row.code: row for row in TABLE}


def fault_of(code: str) -> str:
    """Whose fault a code is; one that the table has not got is ours."""
    return BY_CODE[code].fault if code in BY_CODE else OURS


@dataclass(frozen=True)
class WarningCode:
    """One kind of thing that a person should know about a result."""

    code: str
    meaning: str
    grave: bool = True
    """Whether a job that has it ends as ``completed_with_warnings``."""


WARNINGS: dict[str, WarningCode] = {
    row.code: row
    for row in (
        WarningCode("subtitles_mended", "Slips in subtitles were mended.", grave=False),
        WarningCode("nobody_heard", "Nobody is heard: subtitles alone say when someone speaks."),
        WarningCode("low_confidence", "The recogniser is unsure of a line: read it."),
        WarningCode("nothing_recognized", "Someone speaks, but no words could be made out."),
        WarningCode("not_recognized", "No engine hears the language: no transcript.", grave=False),
        WarningCode("engine_fallback", "Another engine than planned did the work.", grave=False),
        WarningCode("glossary_missed", "A term of the glossary is not said as asked.", grave=False),
        WarningCode("line_untranslated", "No engine could translate a line: it stays as it was."),
        WarningCode("line_empty", "A line has nothing in it that can be spoken."),
        WarningCode("line_shortened", "Fillers were left out of a line to fit.", grave=False),
        WarningCode("line_fallback", "Another voice than planned speaks a line."),
        WarningCode("line_unspoken", "No voice could speak a line: its original sound is kept."),
        WarningCode("voice_not_found", "A voice that was chosen for a speaker is not here."),
        WarningCode("voice_not_cloned", "A voice that was to be imitated is not."),
        WarningCode("lines_hard_cap", "Lines are spoken faster than sounds natural."),
        WarningCode("lines_overlapped", "Lines run on over the next one."),
        WarningCode("lines_moved", "Lines start at another time than in the source."),
        WarningCode("lines_retaken", "Lines were spoken again in other words.", grave=False),
        WarningCode("lines_not_understood", "A recogniser does not understand some lines."),
        WarningCode("lines_truncated", "The end of the file cuts lines off."),
        WarningCode("picture_reencoded", "The picture could not be copied as it is.", grave=False),
        WarningCode("channels_folded", "The dub's sound has fewer channels than the source's."),
        WarningCode("extra_left_out", "A file asked for beside the dub could not be made."),
        WarningCode("letters_missing", "No font here has some letters of subtitles in a picture."),
        WarningCode("loudness_off", "The dub is louder or quieter than the original."),
        WarningCode("original_audible", "Words of the original are still heard under the dub."),
        WarningCode("drifting", "The voice moves away from the picture."),
        WarningCode("background_narrow", "The background has lost some of its stereo."),
        WarningCode("true_peak", "The dub's true peak is above -1 dBTP."),
        WarningCode("quality_below_minimum", "The dub is not as good as was asked for."),
        WarningCode("lipsync_no_face", "No lips to move are seen.", grave=False),
        WarningCode("extras_before_lipsync", "Other files show the lips unmoved.", grave=False),
        WarningCode("lipsync_failed", "The lips could not be moved to the dub."),
    )
}


def warning(
    code: str, message: str, *, stage: str, line_id: str = "", target_language: str = ""
) -> common_pb2.Warning:
    """A warning with a code of ``WARNINGS``; ``message`` says what it is about this time."""
    return common_pb2.Warning(
        code=WARNINGS[code].code,
        message=message,
        stage=stage,
        line_id=line_id,
        target_language=target_language,
    )


class StageError(Exception):
    """A failure with a code of the table.

    Args:
        code: a code of ``TABLE``.
        message: what happened, in a sentence for the user, without secrets or paths.
        retryable: overrides the table's default.
        hint: overrides the table's advice.
        retry_after_s: when it makes sense to ask again, where that is known.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool | None = None,
        hint: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        row = BY_CODE[code]
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = row.retryable if retryable is None else retryable
        self.hint = row.hint if hint is None else hint
        self.retry_after_s = retry_after_s

    @property
    def row(self) -> ErrorCode:
        return BY_CODE[self.code]


class MediaError(StageError):
    """The file itself is the reason. Never retryable."""


class EngineUnavailable(StageError):
    """No engine can do what is asked; the message says which and why."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__("engine_unavailable", message, hint=hint)


class EngineFailed(StageError):
    """An engine broke off on input that it should manage."""

    def __init__(self, message: str, *, retryable: bool | None = None) -> None:
        super().__init__("engine_failed", message, retryable=retryable)
