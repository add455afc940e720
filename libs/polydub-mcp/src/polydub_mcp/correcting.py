"""Tools that correct a dub's script."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from polydub_client import AsyncPolydub, SegmentChange
from polydub_mcp.answers import (
    DubAnswer,
    LineAnswer,
    RegeneratedAnswer,
    ScriptAnswer,
    SuggestionAnswer,
    SuggestionsAnswer,
)
from polydub_mcp.making import DubId
from polydub_mcp.refusals import refusals

LineId = Annotated[str, Field(description="A line's id, as get_script has it")]
Language = Annotated[str, Field(description="A target language of the dub")]


class Correcting:
    """Scripts of dubs."""

    def __init__(self, client: AsyncPolydub) -> None:
        self._client = client

    async def get_script(
        self,
        dub_id: DubId,
        language: Language,
        after: Annotated[str, Field(description="Behind this line; empty: from the first")] = "",
        limit: Annotated[int, Field(ge=1, le=500)] = 100,
    ) -> ScriptAnswer:
        """Reads what is said in a dub, when and by whom, with the translation and how it fits.

        Lines that are flagged or spoken faster than 1.25 are worth a shorter wording.
        """
        with refusals():
            script = await self._client.scripts.page(
                dub_id, language=language, after=after, limit=limit
            )
        return ScriptAnswer.of(script, language)

    async def correct_line(
        self,
        dub_id: DubId,
        line_id: LineId,
        revision: Annotated[int, Field(description="The line's, as get_script has it")],
        language: Annotated[
            str, Field(description="Of `translation`: a target language of the dub")
        ] = "",
        translation: Annotated[
            str | None, Field(description="The line in `language`; null: it stays")
        ] = None,
        text: Annotated[
            str | None,
            Field(description="What is said, in the language that is spoken; null: it stays"),
        ] = None,
        start_ms: Annotated[int | None, Field(ge=0, description="null: it stays")] = None,
        end_ms: Annotated[int | None, Field(ge=0, description="null: it stays")] = None,
        speaker_id: Annotated[str | None, Field(description="null: it stays")] = None,
    ) -> LineAnswer:
        """Corrects a line of an ended dub. Call regenerate when all corrections are made.

        With [revision_mismatch] someone else changed the line meanwhile: read it again.
        """
        change = SegmentChange()
        if translation is not None:
            if not language:
                raise ToolError("[invalid_request] What to do: say the language of `translation`.")
            change["translations"] = {language: translation}
        if text is not None:
            change["text"] = text
        if start_ms is not None:
            change["start_ms"] = start_ms
        if end_ms is not None:
            change["end_ms"] = end_ms
        if speaker_id is not None:
            change["speaker_id"] = speaker_id
        with refusals():
            made = await self._client.scripts.change(dub_id, line_id, revision=revision, **change)
        return LineAnswer.of(made, language)

    async def suggest_wordings(
        self,
        dub_id: DubId,
        line_id: LineId,
        language: Language,
        ratio: Annotated[
            float, Field(ge=0.2, le=3.0, description="Wanted length; below 1: shorter")
        ] = 1.0,
    ) -> SuggestionsAnswer:
        """Suggests other ways to say a line, shorter or longer."""
        with refusals():
            found = await self._client.scripts.suggest(dub_id, line_id, language, ratio=ratio)
        return SuggestionsAnswer(
            suggestions=[SuggestionAnswer(text=each.text, origin=each.origin) for each in found]
        )

    async def regenerate(self, dub_id: DubId) -> RegeneratedAnswer:
        """Makes a corrected dub again, and answers at once; only changed lines are spoken anew.

        Follow it with wait_for_dub.
        """
        with refusals():
            made = await self._client.scripts.regenerate(dub_id)
        return RegeneratedAnswer(
            dub=DubAnswer.of(made.dub),
            affected={language: list(lines) for language, lines in made.affected.items()},
        )
