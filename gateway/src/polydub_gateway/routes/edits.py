"""Correcting a dub: its lines, its speakers, and making it again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from polydub_gateway.edits.pages import page_of
from polydub_gateway.edits.script import Segment
from polydub_gateway.routes.context import Editor, GatewayOf, Viewer
from polydub_gateway.routes.edit_schemas import (
    PreviewIn,
    RegeneratedOut,
    ScriptOut,
    SegmentChange,
    SegmentIn,
    SegmentOut,
    SpeakerChange,
    SpeakerMerge,
    SpeakerOut,
    SpeakerRegistration,
    SplitIn,
    SplitOut,
    SuggestionOut,
    SuggestionsIn,
    SuggestionsOut,
    VoiceOut,
    VoicesOut,
)
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.revisions import IfMatch, revision_in
from polydub_gateway.routes.speakers import RegisteredSpeakerOut, answered

router = APIRouter(prefix="/v1", tags=["edits"])

_LINES = "/dubs/{dub_id}/segments"
_LINE = _LINES + "/{segment_id}"
_SPEAKER = "/dubs/{dub_id}/speakers/{speaker_id}"
_CHANGED = problems(404, 409, 412, 422, 428)
_WAV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}},
    **problems(404, 409, 422, 503, 504),
}


@router.get(_LINES, responses=problems(404, 409, 422, 503))
async def list_segments(
    dub_id: str,
    response: Response,
    gateway: GatewayOf,
    caller: Viewer,
    language: Annotated[
        str | None, Query(max_length=40, description="With `fit` of the dub in this language")
    ] = None,
    after: Annotated[str | None, Query(max_length=40, description="The last id seen")] = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> ScriptOut:
    """The lines of a dub in the order in which they are said, and its speakers."""
    script = await gateway.scripts.get(caller.organisation_id, dub_id)
    page = page_of(script, after, limit)
    fits = await gateway.fits.of(caller.organisation_id, dub_id, language) if language else {}
    response.headers["ETag"] = f'"{script.revision}"'
    return ScriptOut.of(script, page, fits)


@router.post(_LINES, status_code=201, responses=problems(404, 409, 422))
async def create_segment(
    dub_id: str, wanted: SegmentIn, response: Response, gateway: GatewayOf, caller: Editor
) -> SegmentOut:
    """Adds a line. What has no words in a language yet is translated with the dub."""
    made = await gateway.scripts.insert(caller.organisation_id, dub_id, wanted.segment())
    return _tagged(made, response)


@router.patch(_LINE, responses=_CHANGED)
async def change_segment(
    dub_id: str,
    segment_id: str,
    change: SegmentChange,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> SegmentOut:
    """Changes what is said in a line, when, by whom, or in which words in another language."""
    segment = await gateway.scripts.change(
        caller.organisation_id, dub_id, segment_id, change.change(), revision=revision_in(if_match)
    )
    return _tagged(segment, response)


@router.delete(_LINE, status_code=204, responses=_CHANGED)
async def delete_segment(
    dub_id: str,
    segment_id: str,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> None:
    """Takes a line out: nothing is said there any more."""
    await gateway.scripts.delete(
        caller.organisation_id, dub_id, segment_id, revision=revision_in(if_match)
    )


@router.post(_LINE + "/split", responses=_CHANGED)
async def split_segment(
    dub_id: str,
    segment_id: str,
    wanted: SplitIn,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> SplitOut:
    """Makes two lines of one, to be translated anew with the dub. A person's translation is shared
    out between them."""
    halves = await gateway.scripts.split(
        caller.organisation_id,
        dub_id,
        segment_id,
        at_ms=wanted.at_ms,
        at_character=wanted.at_character,
        revision=revision_in(if_match),
    )
    return SplitOut(segments=[SegmentOut.of(each) for each in halves])


@router.post(_LINE + "/merge", responses=_CHANGED)
async def merge_segments(
    dub_id: str,
    segment_id: str,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> SegmentOut:
    """Makes one line of this one and the next."""
    one = await gateway.scripts.merge(
        caller.organisation_id, dub_id, segment_id, revision=revision_in(if_match)
    )
    return _tagged(one, response)


@router.post(_LINE + "/suggestions", responses=problems(404, 409, 422, 503, 504))
async def suggest_wordings(
    dub_id: str, segment_id: str, wanted: SuggestionsIn, gateway: GatewayOf, caller: Editor
) -> SuggestionsOut:
    """Other ways to say a line, shorter or longer."""
    found = await gateway.trying.suggestions(
        caller.organisation_id, dub_id, segment_id, wanted.language, wanted.ratio
    )
    return SuggestionsOut(
        suggestions=[SuggestionOut(text=each.text, origin=each.origin) for each in found]
    )


@router.post(_LINE + "/preview", responses=_WAV, response_class=Response)
async def preview_segment(
    dub_id: str, segment_id: str, wanted: PreviewIn, gateway: GatewayOf, caller: Editor
) -> Response:
    """How a line would sound: WAV, mono. Nothing is kept of it."""
    spoken = await gateway.trying.preview(
        caller.organisation_id,
        dub_id,
        segment_id,
        wanted.language,
        text=wanted.text,
        voice_id=wanted.voice_id,
    )
    headers = {"Cache-Control": "no-store", "X-Duration-Ms": str(spoken.duration_ms)}
    return Response(spoken.audio, media_type="audio/wav", headers=headers)


@router.patch(_SPEAKER, responses={**_CHANGED, **problems(503, 504)})
async def change_speaker(
    dub_id: str,
    speaker_id: str,
    change: SpeakerChange,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> SpeakerOut:
    """Names a speaker, chooses their voices, and says who of the registered speakers they are.

    Whoever is linked takes over the registered name, and the registered voices for the dub's
    languages; a name or voices in the same change win. Where this deployment has no such voice any
    more, the speaker keeps the present one. What changes in the registry later changes nothing
    here.
    """
    speaker = await gateway.linking.change(
        caller.organisation_id,
        dub_id,
        speaker_id,
        change.change(),
        revision=revision_in(if_match),
    )
    return SpeakerOut.of(speaker)


@router.post(_SPEAKER + "/register", status_code=201, responses={**_CHANGED, **problems(429, 503)})
async def register_speaker(
    dub_id: str,
    speaker_id: str,
    response: Response,
    gateway: GatewayOf,
    caller: Editor,
    wanted: SpeakerRegistration | None = None,
    if_match: IfMatch = None,
) -> RegisteredSpeakerOut:
    """Keeps this speaker among the registered ones, and links it.

    Kept are the chosen voices, and where nobody chose one, the voice that spoke.
    """
    made = await gateway.linking.register(
        caller.organisation_id,
        dub_id,
        speaker_id,
        wanted.name if wanted else None,
        revision=revision_in(if_match),
    )
    return answered(made, response)


@router.post(_SPEAKER + "/merge", responses=_CHANGED)
async def merge_speakers(
    dub_id: str,
    speaker_id: str,
    wanted: SpeakerMerge,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> SpeakerOut:
    """Gives all lines of this speaker to another, who was the same all along."""
    kept = await gateway.scripts.merge_speakers(
        caller.organisation_id, dub_id, speaker_id, wanted.into, revision=revision_in(if_match)
    )
    return SpeakerOut.of(kept)


@router.post("/dubs/{dub_id}/regenerate", status_code=202, responses=problems(404, 409, 503))
async def regenerate_dub(dub_id: str, gateway: GatewayOf, caller: Editor) -> RegeneratedOut:
    """Makes a dub again from its script. Only lines that changed are spoken again."""
    made = await gateway.regenerating.regenerate(caller.organisation_id, dub_id)
    return RegeneratedOut.of(made, gateway.prices)


@router.get("/voices", responses=problems(422, 503))
async def list_voices(
    gateway: GatewayOf,
    _: Viewer,
    language: Annotated[str, Query(max_length=40, description="Empty: all")] = "",
) -> VoicesOut:
    """The voices that speakers can be given."""
    return VoicesOut(
        voices=[
            VoiceOut(
                id=each.id,
                name=each.name,
                language=each.language,
                engine=each.engine,
                gender=each.gender,
                f0_hz=round(each.f0_hz, 1),
            )
            for each in await gateway.stages.voices(language)
        ]
    )


def _tagged(segment: Segment, response: Response) -> SegmentOut:
    response.headers["ETag"] = f'"{segment.revision}"'
    return SegmentOut.of(segment)
