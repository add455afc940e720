"""What people do to speakers, each in the transaction of an open script.

All raise ``not_found`` for a speaker that there is not, ``revision_mismatch`` where they are not as
the caller saw them any more, and ``invalid_request`` for what makes no sense.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from polydub.errors import StageError
from polydub_gateway.db.edits import SegmentRow
from polydub_gateway.edits.opened import OpenScript
from polydub_gateway.edits.rows import speaker_of
from polydub_gateway.edits.script import Speaker


async def change_speaker(
    script: OpenScript,
    speaker_id: str,
    name: str | None,
    voices: Mapping[str, str | None],
    revision: int,
) -> Speaker:
    """The speaker with another name and other voices (None: the one that is cast)."""
    row = await script.speaker(speaker_id, revision)
    if unknown := set(voices) - set(script.state.languages):
        languages = ", ".join(sorted(unknown))
        raise StageError("invalid_request", f"The dub is not made in {languages}.")
    chosen = {tag: voice for tag, voice in {**row.voices, **voices}.items() if voice}
    moved = [tag for tag in voices if row.voices.get(tag) != chosen.get(tag)]
    row.voices, row.name = chosen, row.name if name is None else name
    row.changed_at = {**row.changed_at, **dict.fromkeys(moved, script.at)}
    row.revision += 1
    script.make_stale(moved)
    return speaker_of(row)


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
