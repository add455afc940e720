"""Glossaries, and what is remembered of people's corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from polydub_client.calls.call import Call, given, if_match, many, nothing, one, path
from polydub_client.models import Glossary, MemoryPage, Term


def list_glossaries() -> Call[tuple[Glossary, ...]]:
    return Call("GET", path("glossaries"), many("glossaries", Glossary))


def get_glossary(glossary_id: str) -> Call[Glossary]:
    return Call("GET", path("glossaries", glossary_id), one(Glossary))


def create_glossary(name: str, terms: Sequence[Term]) -> Call[Glossary]:
    """Not idempotent: a second one makes another glossary."""
    body = _glossary(name, terms)
    return Call("POST", path("glossaries"), one(Glossary), body=body, idempotent=False)


def replace_glossary(
    glossary_id: str, revision: int, name: str, terms: Sequence[Term]
) -> Call[Glossary]:
    return Call(
        "PUT",
        path("glossaries", glossary_id),
        one(Glossary),
        body=_glossary(name, terms),
        headers=if_match(revision),
        idempotent=False,
    )


def delete_glossary(glossary_id: str) -> Call[None]:
    return Call("DELETE", path("glossaries", glossary_id), nothing, idempotent=False)


def list_memory(target_language: str, limit: int, cursor: str) -> Call[MemoryPage]:
    params = given(target_language=target_language, limit=limit, cursor=cursor)
    return Call("GET", path("memory"), one(MemoryPage), params=params)


def forget(entry_id: str) -> Call[None]:
    return Call("DELETE", path("memory", entry_id), nothing, idempotent=False)


def _glossary(name: str, terms: Sequence[Term]) -> dict[str, Any]:
    return {"name": name, "terms": [asdict(term) for term in terms]}
