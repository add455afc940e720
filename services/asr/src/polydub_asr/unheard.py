"""The transcript of one part in a language that no engine hears: none, where none is needed."""

from __future__ import annotations

from polydub import errors, languages
from polydub.stage import Emission, StageContext
from polydub.v1 import asr_pb2, events_pb2
from polydub_asr.documents import DOCUMENT, products_with

BY_REQUEST = "request"
"""Who decided the language: nobody has heard it."""
RECIPE_VERSION = 1
_NOT_HEARD = {"unsupported_language_pair", "engine_unavailable"}


def may_stay_unheard(error: errors.StageError, spec: events_pb2.DubSpec) -> bool:
    """Whether a job goes on though no engine hears its language: people wrote all that is said."""
    written = {each.language for each in spec.subtitles if each.language != spec.source_language}
    return error.code in _NOT_HEARD and set(spec.target_languages) <= written


async def unheard(language: str, event: events_pb2.Event, context: StageContext) -> Emission:
    """The event's part without lines, and a warning that says so."""
    products, part = event.products, event.envelope.part
    folder = context.folder(
        event.envelope.video_id,
        diarization=products.diarization.digest,
        part=part,
        language=language,
        unheard_recipe=RECIPE_VERSION,
    )
    document = await folder.find_document(DOCUMENT, asr_pb2.TranscriptDocument)
    reused = document is not None
    if document is None:
        document = _without_lines(language, part)
        await folder.put_document(DOCUMENT, document)
    return Emission(
        products_with(products, document, key=folder.key(DOCUMENT), digest=folder.digest),
        reused=reused,
        warnings=document.warnings,
    )


def _without_lines(language: str, part: int) -> asr_pb2.TranscriptDocument:
    message = (
        f"No engine here hears {languages.name(language)}, so that the transcript stays empty. "
        "Your subtitles are spoken at their own times."
    )
    return asr_pb2.TranscriptDocument(
        schema_version=1,
        language=language,
        language_decided_by=BY_REQUEST,
        part=part,
        warnings=[errors.warning("not_recognized", message, stage="asr")],
    )
