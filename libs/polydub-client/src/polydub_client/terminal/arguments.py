"""What people type, made into what the API takes. Pure; complains as typer does."""

from __future__ import annotations

from collections.abc import Iterable

import typer


def language_list(values: Iterable[str]) -> tuple[str, ...]:
    """``["es,ca", "fr"]`` -> ``("es", "ca", "fr")``; each once, in the order given.

    Raises:
        typer.BadParameter: when none is left.
    """
    tags = (tag.strip() for value in values for tag in value.split(","))
    unique = tuple(dict.fromkeys(tag for tag in tags if tag))
    if not unique:
        raise typer.BadParameter("Name at least one language, for example --to es.")
    return unique


def engine_choices(values: Iterable[str]) -> dict[str, str]:
    """``["tts=espeak"]`` -> ``{"tts": "espeak"}``.

    Raises:
        typer.BadParameter: for a value of another form, or a stage named twice.
    """
    choices: dict[str, str] = {}
    for value in values:
        stage, _, engine = (part.strip() for part in value.partition("="))
        if not stage or not engine:
            raise typer.BadParameter(f"{value!r} is not of the form stage=engine.")
        if stage in choices:
            raise typer.BadParameter(f"The stage {stage} is named twice.")
        choices[stage] = engine
    return choices
