"""The API's description (OpenAPI 3.1): what FastAPI says of routes, and what all of them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from polydub_gateway.routes.messages import FeedChange, FeedStart
from polydub_gateway.routes.parameters import describe_parameters
from polydub_gateway.routes.problem_docs import answer_name, problem_answers, problems
from polydub_gateway.routes.schemas import Problem, ProgressOut
from polydub_gateway.routes.security import describe_security

_SERVERS = [{"url": "/", "description": "The gateway that gave you this description"}]
_TAGS = {
    "videos": "Files to be dubbed: uploaded at once, or fetched from an address.",
    "uploads": "Uploads that go on after a connection breaks (tus 1.0), or straight into a store.",
    "dubs": "Starting dubs, following and steering them.",
    "artifacts": "The files that a dub has made.",
    "live streams": "A dub as HTTP Live Streaming, while it is made.",
    "sharing": "Links by which people without an account see one dub.",
    "edits": "Correcting what is said, by whom, when, and in which words in another language.",
    "speakers": "Who speaks again and again: their name, and their voice in each language.",
    "words": "Glossaries, and the memory of people's corrections.",
    "deployment": "What this deployment can do.",
    "health": "Whether it lives and is ready.",
    "auth": "Signing in and out.",
    "organisation": "Members, invitations, API keys, and the record of who did what.",
    "usage": "What was used, what it costs, and how much may be used.",
    "webhooks": "Being told what happens, by signed messages.",
}
_STREAMED = (ProgressOut, FeedStart, FeedChange)
"""What streams send: no route returns them as its model."""
_ANYWHERE = (403,)
"""Requests that pages of other sites made are refused before it is known what they ask for."""
_OF_OUR_CALLS = (429, 500)
_OF_OUR_BODIES = ("400", "408", "413")
"""Not even text, stalled, too long."""
_NO_PROBLEM = ("/readyz", "503")
"""The one answer beyond 400 that is no problem document."""


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of an app's calls, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        servers=_SERVERS,
    )
    _add_models(schema["components"]["schemas"])
    describe_security(schema, app.routes)
    for path, operation in operations(schema):
        operation["summary"] = _first_sentence(operation["description"])
        describe_parameters(operation)
        _use_problems(path, operation)
    used = {status for _, operation in operations(schema) for status in operation["responses"]}
    schema["components"]["responses"] = problem_answers({int(status) for status in used})
    return schema


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation and its path."""
    for path, item in schema["paths"].items():
        for operation in item.values():
            yield path, operation


def _add_models(schemas: dict[str, Any]) -> None:
    for model in (Problem, *_STREAMED):
        described = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas[model.__name__] = described
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own: ours are problems
        schemas.pop(unused, None)
    shown = dict(_examples(BaseModel))
    for name, described in schemas.items():
        described.pop("example", None)  # FastAPI leaves its nulls out, and JSON Schema's word is:
        if name in shown:
            described["examples"] = [shown[name]]


def _examples(base: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """The examples that our models are given, by the models' names."""
    for model in base.__subclasses__():
        extra = model.model_config.get("json_schema_extra")
        if model.__module__.startswith("polydub_gateway.") and isinstance(extra, dict):
            yield model.__name__, extra["example"]
        yield from _examples(model)


def _use_problems(path: str, operation: dict[str, Any]) -> None:
    """Any call can be one too many, or meet a fault; every error is described in one place."""
    answers = operation["responses"]
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        answers.update({status: {} for status in _OF_OUR_BODIES})
    always = (*_ANYWHERE, *_OF_OUR_CALLS) if path.startswith("/v1/") else _ANYWHERE
    answers.update({str(status): each for status, each in problems(*always).items()})
    for status in list(answers):
        if int(status) >= 400 and (path, status) != _NO_PROBLEM:
            answers[status] = {"$ref": f"#/components/responses/{answer_name(int(status))}"}
    operation["responses"] = dict(sorted(answers.items()))


def _first_sentence(description: str) -> str:
    return description.split("\n\n")[0].split(". ")[0].replace("\n", " ").rstrip(".")
