"""The JSON of a dub's script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.edits.pages import ScriptPage
from polydub_gateway.edits.regenerating import Regenerated
from polydub_gateway.edits.script import (
    MAX_CHARACTERS,
    Change,
    Origin,
    Recasting,
    Script,
    Segment,
    Speaker,
    Wording,
)
from polydub_gateway.numbers import Milliseconds, Whole
from polydub_gateway.prices import Prices
from polydub_gateway.routes import examples
from polydub_gateway.routes.schemas import DubOut
from polydub_gateway.routes.speakers import RegisteredName

_LANGUAGE = 40
_SEGMENT: dict[str, Any] = {
    "id": "u0012",
    "part": 0,
    "start_ms": 41200,
    "end_ms": 44050,
    "speaker_id": "S1",
    "text": "Where is the station?",
    "confidence": 0.87,
    "revision": 2,
    "translations": {
        "es": {
            "text": "¿Dónde está la estación?",
            "origin": "person",
            "stale": False,
            "candidates": ["¿Dónde es la estación?"],
        }
    },
    "fit": None,
}
_VOICE: dict[str, Any] = {
    "id": "espeak/es",
    "name": "Spanish",
    "language": "es",
    "engine": "espeak",
    "gender": "male",
    "f0_hz": 118.0,
}
_SECOND: dict[str, Any] = {**_SEGMENT, "id": "u0013", "start_ms": 42600, "translations": {}}
_SPEAKER: dict[str, Any] = {
    "id": "S1",
    "name": "Katie",
    "voices": {"es": "espeak/es"},
    "registered_id": "spk_5b1c0e3f9a7d24c8e610",
    "revision": 3,
}
_SCRIPT: dict[str, Any] = {
    "revision": 7,
    "language": "en",
    "stale_languages": ["es"],
    "segments": [_SEGMENT],
    "next_after": None,
    "total": 1,
    "speakers": [_SPEAKER],
    "affected": {"es": ["u0012"]},
}


class WordingOut(BaseModel):
    """How a line is said in another language."""

    text: str
    origin: Origin
    stale: bool = Field(description="What is said has changed: it is translated anew with the dub")
    candidates: list[str] = Field(description="What the engine offered, best first")


class SegmentOut(BaseModel):
    """One line of a script."""

    model_config = ConfigDict(json_schema_extra={"example": _SEGMENT})

    id: str
    part: int
    start_ms: int
    end_ms: int
    speaker_id: str
    text: str
    confidence: float
    revision: int = Field(description="Send it as If-Match with a change of this line")
    translations: dict[str, WordingOut]
    fit: dict[str, Any] | None = Field(
        default=None,
        description="How the line stands in the finished dub of the language asked for, as its "
        "report has it; null where it was not made yet",
    )

    @classmethod
    def of(cls, segment: Segment, fit: dict[str, Any] | None = None) -> SegmentOut:
        return cls(
            id=segment.id,
            part=segment.part,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            speaker_id=segment.speaker_id,
            text=segment.text,
            confidence=segment.confidence,
            revision=segment.revision,
            translations={
                tag: WordingOut(
                    text=each.text,
                    origin=each.origin,
                    stale=each.stale,
                    candidates=list(each.candidates),
                )
                for tag, each in segment.translations.items()
            },
            fit=fit,
        )


class SpeakerOut(BaseModel):
    """Someone who speaks."""

    model_config = ConfigDict(json_schema_extra={"example": _SPEAKER})

    id: str
    name: str
    voices: dict[str, str] = Field(description="Languages in which a person chose the voice")
    registered_id: str | None = Field(description="Who of the registered speakers they are")
    revision: int = Field(description="Send it as If-Match with a change of this speaker")

    @classmethod
    def of(cls, speaker: Speaker) -> SpeakerOut:
        return cls(
            id=speaker.id,
            name=speaker.name,
            voices=dict(speaker.voices),
            registered_id=speaker.registered_id,
            revision=speaker.revision,
        )


class ScriptOut(BaseModel):
    """A dub's script, or a page of it."""

    model_config = ConfigDict(json_schema_extra={"example": _SCRIPT})

    revision: int = Field(description="Counts changes of any line or speaker")
    language: str
    stale_languages: list[str] = Field(description="Corrected since they were made: regenerate")
    segments: list[SegmentOut]
    next_after: str | None = Field(description="Give it as `after` for the next page")
    total: int
    speakers: list[SpeakerOut]
    affected: dict[str, list[str]] = Field(
        description="Language to the lines that `regenerate` would make anew, of the whole script"
    )

    @classmethod
    def of(
        cls,
        script: Script,
        page: ScriptPage,
        fits: Mapping[str, dict[str, Any]],
    ) -> ScriptOut:
        return cls(
            revision=script.revision,
            language=script.language,
            stale_languages=list(script.stale),
            segments=[SegmentOut.of(each, fits.get(each.id)) for each in page.segments],
            next_after=page.next_after,
            total=len(script.segments),
            speakers=[SpeakerOut.of(each) for each in script.speakers],
            affected={tag: script.affected(tag) for tag in script.languages},
        )


class SegmentChange(BaseModel):
    """What is to be otherwise; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"translations": {"es": "¿Dónde está la estación?"}}},
    )

    text: str | None = Field(default=None, max_length=2 * MAX_CHARACTERS)
    start_ms: Milliseconds | None = None
    end_ms: Milliseconds | None = None
    speaker_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,40}$")
    translations: dict[str, str | None] = Field(
        default_factory=dict,
        max_length=50,
        description="Language to a person's words; null: translate it anew",
    )

    def change(self) -> Change:
        return Change(
            text=self.text,
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            speaker_id=self.speaker_id,
            translations=self.translations,
        )


class SegmentIn(BaseModel):
    """A line to be added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "start_ms": 61000,
                "end_ms": 62500,
                "speaker_id": "S1",
                "text": "Thank you.",
            }
        },
    )

    start_ms: Milliseconds
    end_ms: Milliseconds
    speaker_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    text: str = Field(max_length=2 * MAX_CHARACTERS)
    translations: dict[str, str] = Field(default_factory=dict, max_length=50)

    def segment(self) -> Segment:
        """The line, before it has an id."""
        return Segment(
            id="",
            part=0,
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            speaker_id=self.speaker_id,
            text=self.text,
            translations={tag: Wording(text) for tag, text in self.translations.items()},
        )


class SplitIn(BaseModel):
    """Where a line is to be cut."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"at_ms": 42600, "at_character": 12}}
    )

    at_ms: Milliseconds
    at_character: Whole = Field(ge=0, le=MAX_CHARACTERS, description="Of the text in its language")


class SplitOut(BaseModel):
    """The two lines."""

    model_config = ConfigDict(json_schema_extra={"example": {"segments": [_SEGMENT, _SECOND]}})

    segments: list[SegmentOut]


class SpeakerChange(BaseModel):
    """What is to be otherwise with a speaker."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "Katie", "voices": {"es": "espeak/es"}}},
    )

    name: str | None = Field(default=None, min_length=1, max_length=100)
    voices: dict[str, str | None] = Field(
        default_factory=dict,
        max_length=50,
        description="Language to a voice's id; null: the voice that is cast",
    )
    registered_id: str | None = Field(
        default=None,
        max_length=40,
        description="The registered speaker they are, whose name and voices they take over; null: "
        "nobody of those; left out: as it is",
    )

    def change(self) -> Recasting:
        linked = "registered_id" in self.model_fields_set
        return Recasting(
            name=self.name,
            voices=self.voices,
            registered_id=(self.registered_id or "") if linked else None,
        )


class SpeakerRegistration(BaseModel):
    """Under which name a speaker is kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Katie"}})

    name: RegisteredName | None = Field(
        default=None, description="What they are called from now on; left out: as in the script"
    )


class SpeakerMerge(BaseModel):
    """Who the speaker is in truth."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"into": "S1"}})

    into: str = Field(max_length=_LANGUAGE)


class SuggestionsIn(BaseModel):
    """For which language and which length other wordings are wanted."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"language": "es", "ratio": 0.8}}
    )

    language: str = Field(max_length=_LANGUAGE)
    ratio: float = Field(
        strict=True,
        default=1.0,
        ge=0.2,
        le=3.0,
        description="Wanted length over the line's; below 1: shorter",
    )


class SuggestionOut(BaseModel):
    """Another way to say a line."""

    text: str
    origin: str = Field(description="`memory`, `candidate` of the translation, or `rephrased`")


class SuggestionsOut(BaseModel):
    """Other ways to say a line, nearest to the wanted length first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"suggestions": [{"text": "¿La estación?", "origin": "rephrased"}]}
        }
    )

    suggestions: list[SuggestionOut]


class PreviewIn(BaseModel):
    """What is to be heard; what is left out is as in the script."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"language": "es"}})

    language: str = Field(max_length=_LANGUAGE)
    text: str | None = Field(default=None, max_length=MAX_CHARACTERS)
    voice_id: str | None = Field(default=None, max_length=200)


class RegeneratedOut(BaseModel):
    """A dub that is being made again."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"dub": examples.DUB, "affected": {"es": ["u0012"]}}}
    )

    dub: DubOut
    affected: dict[str, list[str]] = Field(description="Language to the lines made anew")

    @classmethod
    def of(cls, regenerated: Regenerated, prices: Prices) -> RegeneratedOut:
        return cls(
            dub=DubOut.of(regenerated.dub, prices),
            affected={tag: list(ids) for tag, ids in regenerated.affected.items()},
        )


class VoiceOut(BaseModel):
    """A voice to choose from."""

    model_config = ConfigDict(json_schema_extra={"example": _VOICE})

    id: str
    name: str
    language: str
    engine: str
    gender: str
    f0_hz: float = Field(description="Median pitch; 0: not known")


class VoicesOut(BaseModel):
    """Voices to choose from."""

    model_config = ConfigDict(json_schema_extra={"example": {"voices": [_VOICE]}})

    voices: list[VoiceOut]
