"""What a deployment can do."""

from __future__ import annotations

from polydub_client.calls.call import Call, given, many, one, path
from polydub_client.models import Languages, StageEngines, Voice


def list_engines() -> Call[tuple[StageEngines, ...]]:
    return Call("GET", path("engines"), many("stages", StageEngines))


def list_languages() -> Call[Languages]:
    return Call("GET", path("languages"), one(Languages))


def list_voices(language: str) -> Call[tuple[Voice, ...]]:
    return Call("GET", path("voices"), many("voices", Voice), params=given(language=language))
