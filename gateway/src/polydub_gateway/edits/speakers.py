"""What people do to speakers, each in the transaction of an open script.

All raise ``not_found`` for a speaker that there is not, ``revision_mismatch`` where they are not as
the caller saw them any more, and ``invalid_request`` for what makes no sense.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from polydub.errors import StageError
from polydub_gateway.db import no_such, owned
from polydub_gateway.db.edits import SegmentRow, SpeakerRow
from polydub_gateway.db.registry import RegisteredSpeakerRow
from polydub_gateway.edits.opened import OpenScript
from polydub_gateway.edits.rows import speaker_of
from polydub_gateway.edits.script import Recasting, Speaker
from polydub_gateway.registry.speakers import RegisteredSpeaker, register, registered


async def change_speaker(
    script: OpenScript,
    speaker_id: str,
    change: Recasting,
    deployed: Mapping[str, Collection[str]],
    revision: int,
) -> Speaker:
    """The speaker with another name and other voices.

    Whoever becomes a registered speaker has their name and their voices, unless the change itself
    says otherwise.

    Args:
        deployed: target language -> the voices that there are: a registered speaker's others are
            not taken over.
    """
    row = await script.speaker(speaker_id, revision)
    if unknown := set(change.voices) - set(script.state.languages):
        languages = ", ".join(sorted(unknown))
        raise StageError("invalid_request", f"The dub is not made in {languages}.")
    if change.registered_id:
        change = await _as_registered(script, change, deployed)
    if change.registered_id is not None:
        await _link(script, row, change.registered_id or None)
    _give_voices(script, row, change.voices)
    row.name = row.name if change.name is None else change.name
    row.revision += 1
    return speaker_of(row)


async def register_speaker(
    script: OpenScript, speaker_id: str, name: str | None, used: Mapping[str, str], revision: int
) -> RegisteredSpeaker:
    """Keeps a speaker in the registry, and has the dub's be that one.

    Args:
        name: what they are called from now on, here as there; None: as here.
        used: target language -> the voice they had where nobody chose one.

    Raises:
        StageError: ``quota_exceeded``; ``conflict`` for a name that another registered speaker has.
    """
    row = await script.speaker(speaker_id, revision)
    voices = {**used, **row.voices}
    made = await register(script.session, script.dub.owner_id, name or row.name, voices)
    row.registered_id, row.name = made.id, made.name
    row.revision += 1
    script.make_stale([])
    return registered(made)


async def merge_speakers(script: OpenScript, speaker_id: str, into: str, revision: int) -> Speaker:
    """Who has all lines of a speaker now."""
    if speaker_id == into:
        raise StageError("invalid_request", "A speaker can't be merged into themselves.")
    row = await script.speaker(speaker_id, revision)
    kept = await script.speaker(into)
    theirs = await script.session.scalars(
        select(SegmentRow).where(
            SegmentRow.dub_id == script.dub.id, SegmentRow.speaker_id == speaker_id
        )
    )
    for line in theirs:
        line.speaker_id, line.changed_at = into, script.at
        line.revision += 1
        script.touch(line.part, *script.everything())
    await script.session.delete(row)
    script.altered = True
    return speaker_of(kept)


def _give_voices(script: OpenScript, row: SpeakerRow, voices: Mapping[str, str | None]) -> None:
    chosen = {tag: voice for tag, voice in {**row.voices, **voices}.items() if voice}
    moved = [tag for tag in voices if row.voices.get(tag) != chosen.get(tag)]
    row.voices = chosen
    row.changed_at = {**row.changed_at, **dict.fromkeys(moved, script.at)}
    script.make_stale(moved)


async def _as_registered(
    script: OpenScript, change: Recasting, deployed: Mapping[str, Collection[str]]
) -> Recasting:
    """The change with what it leaves open as the registered speaker has it."""
    known = await owned(
        script.session, RegisteredSpeakerRow, script.dub.owner_id, change.registered_id or ""
    )
    voices = {
        tag: voice
        for tag, voice in known.voices.items()
        if tag in script.state.languages and voice in deployed.get(tag, ())
    }
    name = known.name if change.name is None else change.name
    return replace(change, name=name, voices={**voices, **change.voices})


async def _link(script: OpenScript, row: SpeakerRow, registered_id: str | None) -> None:
    row.registered_id = registered_id
    try:
        await script.session.flush()
    except IntegrityError as error:  # deleted since somebody saw it
        raise no_such(RegisteredSpeakerRow, registered_id or "") from error
