"""The finished files of a job, each under a name of its own. Pure."""

from __future__ import annotations

from pathlib import PurePath

from polydub.errors import StageError
from polydub_gateway.jobs.state import File, JobState


def artifacts_of(state: JobState) -> dict[str, File]:
    """Every file by the name under which it is fetched.

    A file's name does not change while other languages of the job are still on their way.
    """
    several = len(state.languages) > 1
    named = {file.name: file for file in state.files}
    for tag, language in state.languages.items():
        for file in language.files:
            named[_with_language(file.name, tag) if several else file.name] = file
    return named


def artifact(state: JobState, name: str) -> File:
    """The file of a name.

    Raises:
        StageError: ``not_found``.
    """
    file = artifacts_of(state).get(name)
    if file is None:
        raise StageError("not_found", f"The dub has no file {name!r}.")
    return file


def _with_language(name: str, tag: str) -> str:
    """The name with its language in it: ``talk.transcript.json`` -> ``talk.transcript.es.json``."""
    if f".{tag}." in name:
        return name
    path = PurePath(name)
    return f"{path.stem}.{tag}{path.suffix}"
