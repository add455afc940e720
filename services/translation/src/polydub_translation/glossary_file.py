"""The terms that a deployment wants in all of its jobs."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from polydub import languages
from polydub.errors import EngineUnavailable
from polydub_translation.glossary import NO_TERMS, Entry, Glossary, glossary_for

_FILE = TypeAdapter(dict[str, dict[str, dict[str, str]]])


def read_glossary(file: Path | None, source: str, target: str) -> Glossary:
    """The terms for a pair. The file is read each time, so that a new term counts at once.

    Args:
        file: JSON: source tag -> target tag -> term -> its translation, empty where it stays as
            it is.

    Raises:
        EngineUnavailable: when the file can't be read.
    """
    if file is None:
        return NO_TERMS
    try:
        known = _FILE.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise EngineUnavailable(
            "The glossary can't be read.",
            hint="POLYDUB_TRANSLATION_GLOSSARY_FILE names a JSON file: "
            '{"en": {"es": {"term": "translation"}}}.',
        ) from error
    by_target = known.get(languages.base(source), {}).items()
    entries = (Entry(term, tag, said) for tag, terms in by_target for term, said in terms.items())
    return glossary_for(entries, target)
