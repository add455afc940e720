"""Glossaries, and what is remembered of people's corrections."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from polydub_gateway.jobs.asking import MAX_TERMS, Term
from polydub_gateway.routes.context import Editor, GatewayOf, Viewer
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.revisions import IfMatch, revision_in
from polydub_gateway.routes.schemas import TermIn, moment
from polydub_gateway.words.glossaries import Glossary
from polydub_gateway.words.memory import Entry

router = APIRouter(prefix="/v1", tags=["words"])

_TERMS: Any = [{"source": "bed", "target": "fondo", "target_language": "es"}]
_GLOSSARY: dict[str, Any] = {
    "id": "glo_5b1c0e3f9a7d24c8e610",
    "name": "Products",
    "terms": _TERMS,
    "revision": 1,
    "updated_at": "2026-01-05T09:30:00Z",
}
_MEMORY: dict[str, Any] = {
    "id": "mem_0d7f",
    "source_language": "en",
    "target_language": "es",
    "source_text": "Where is the station?",
    "text": "¿Dónde está la estación?",
    "updated_at": "2026-01-05T09:30:00Z",
}


class GlossaryIn(BaseModel):
    """A glossary to be kept."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "Products", "terms": _TERMS}}
    )

    name: str = Field(min_length=1, max_length=100)
    terms: list[TermIn] = Field(max_length=MAX_TERMS)

    def checked(self) -> list[Term]:
        return [Term(**term.model_dump()) for term in self.terms]


class GlossaryOut(BaseModel):
    """A glossary that dubs may name in `glossary_ids`."""

    model_config = ConfigDict(json_schema_extra={"example": _GLOSSARY})

    id: str
    name: str
    terms: list[TermIn]
    revision: int = Field(description="Send it as If-Match with a change")
    updated_at: datetime

    @classmethod
    def of(cls, glossary: Glossary) -> GlossaryOut:
        return cls(
            id=glossary.id,
            name=glossary.name,
            terms=[TermIn(**asdict(term)) for term in glossary.terms],
            revision=glossary.revision,
            updated_at=moment(glossary.updated_at_ms),
        )


class GlossariesOut(BaseModel):
    """All glossaries of the organisation."""

    model_config = ConfigDict(json_schema_extra={"example": {"glossaries": [_GLOSSARY]}})

    glossaries: list[GlossaryOut]


class MemoryOut(BaseModel):
    """A correction that is used again where the same is said."""

    model_config = ConfigDict(json_schema_extra={"example": _MEMORY})

    id: str
    source_language: str
    target_language: str
    source_text: str
    text: str
    updated_at: datetime

    @classmethod
    def of(cls, entry: Entry) -> MemoryOut:
        said = entry.correction
        return cls(
            id=entry.id,
            source_language=said.source_language,
            target_language=said.target_language,
            source_text=said.source_text,
            text=said.text,
            updated_at=moment(entry.updated_at_ms),
        )


class MemoryPage(BaseModel):
    """Corrections, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"entries": [_MEMORY], "next_cursor": None}}
    )

    entries: list[MemoryOut]
    next_cursor: str | None


@router.post("/glossaries", status_code=201, responses=problems(422, 429))
async def create_glossary(
    wanted: GlossaryIn, response: Response, gateway: GatewayOf, caller: Editor
) -> GlossaryOut:
    """Keeps a glossary."""
    made = await gateway.words.glossaries.create(
        caller.organisation_id, wanted.name, wanted.checked()
    )
    response.headers["Location"] = f"/v1/glossaries/{made.id}"
    return GlossaryOut.of(made)


@router.get("/glossaries")
async def list_glossaries(gateway: GatewayOf, caller: Viewer) -> GlossariesOut:
    """All glossaries, by name."""
    found = await gateway.words.glossaries.list(caller.organisation_id)
    return GlossariesOut(glossaries=[GlossaryOut.of(each) for each in found])


@router.get("/glossaries/{glossary_id}", responses=problems(404))
async def get_glossary(glossary_id: str, gateway: GatewayOf, caller: Viewer) -> GlossaryOut:
    """One glossary."""
    return GlossaryOut.of(await gateway.words.glossaries.get(caller.organisation_id, glossary_id))


@router.put("/glossaries/{glossary_id}", responses=problems(404, 412, 422, 428))
async def replace_glossary(
    glossary_id: str,
    wanted: GlossaryIn,
    gateway: GatewayOf,
    caller: Editor,
    if_match: IfMatch = None,
) -> GlossaryOut:
    """Writes a glossary anew. Dubs that named it keep the terms that they began with."""
    made = await gateway.words.glossaries.replace(
        caller.organisation_id,
        glossary_id,
        wanted.name,
        wanted.checked(),
        revision=revision_in(if_match),
    )
    return GlossaryOut.of(made)


@router.delete("/glossaries/{glossary_id}", status_code=204, responses=problems(404))
async def delete_glossary(glossary_id: str, gateway: GatewayOf, caller: Editor) -> None:
    """Deletes a glossary."""
    await gateway.words.glossaries.delete(caller.organisation_id, glossary_id)


@router.get("/memory", responses=problems(422))
async def list_memory(
    gateway: GatewayOf,
    caller: Viewer,
    target_language: Annotated[str, Query(min_length=2, max_length=40)],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> MemoryPage:
    """What people corrected in a language, newest first."""
    page = await gateway.words.memory.page(
        caller.organisation_id, target_language=target_language, limit=limit, cursor=cursor
    )
    return MemoryPage(
        entries=[MemoryOut.of(each) for each in page.entries], next_cursor=page.next_cursor
    )


@router.delete("/memory/{entry_id}", status_code=204, responses=problems(404))
async def delete_memory(entry_id: str, gateway: GatewayOf, caller: Editor) -> None:
    """Forgets a correction."""
    await gateway.words.memory.forget(caller.organisation_id, entry_id)
