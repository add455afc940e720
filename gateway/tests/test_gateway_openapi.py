"""The API's description: whole, valid, and with examples that are what they say.

A call without a summary, an example or a description of its parameters fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.routing import iter_route_contexts
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from pydantic import BaseModel

from polydub.errors import TABLE
from polydub_gateway.app import create_app
from polydub_gateway.routes.security import guarded_routes
from polydub_gateway.settings import GatewaySettings

pytestmark = pytest.mark.unit

APP = create_app(GatewaySettings())
DESCRIBED: dict[str, Any] = APP.openapi()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DESCRIBED["paths"].items()
    for method, operation in item.items()
]
JSON = "application/json"
PROBLEM = "application/problem+json"


def each(found: Iterator[str]) -> None:
    """Fails with everything that was found."""
    assert not sorted(set(found))


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference means."""
    while "$ref" in node:
        found: Any = DESCRIBED
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def examples_of(content: dict[str, Any]) -> list[Any]:
    """The examples of a body: its own, or those of its schema."""
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [each["value"] for each in content["examples"].values()]
    schema = resolved(content["schema"])
    if "anyOf" in schema:  # a body that may be left out
        schema = resolved(schema["anyOf"][0])
    found: list[Any] = schema.get("examples", [])
    return found


def errors_of(schema: dict[str, Any], value: Any) -> list[str]:
    """What a value has against a schema."""
    whole = {**schema, "components": DESCRIBED["components"]}
    checker = Draft202012Validator(whole, format_checker=FormatChecker())
    return [error.message for error in checker.iter_errors(value)]


def json_bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body that is asked for or answered with success, and where it is."""
    for name, operation in OPERATIONS:
        asked = operation.get("requestBody", {}).get("content", {})
        answers = {
            status: resolved(answer).get("content", {})
            for status, answer in operation["responses"].items()
        }
        for where, content in (("request", asked), *answers.items()):
            if JSON in content:
                yield f"{name} {where}", content[JSON]


def test_it_is_valid() -> None:
    assert DESCRIBED["openapi"].startswith("3.1")
    validate(DESCRIBED)


def test_every_bound_is_told_in_words_of_json_schema() -> None:
    """Pydantic passes on those that it could not place by its own words."""
    own = {"ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of"}

    def left(node: Any, where: str) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (f"{where}: {word}" for word in own & node.keys())
            for name, each in node.items():
                yield from left(each, f"{where}/{name}")
        elif isinstance(node, list):
            for each in node:
                yield from left(each, where)

    each(left(DESCRIBED["paths"], "paths"))
    each(left(DESCRIBED["components"], "components"))


def test_every_call_is_described() -> None:
    described = {
        (method, path)
        for method, path, _ in guarded_routes(APP.routes)
        if path.startswith("/v1/") and method != "HEAD"
    }
    hidden = {("POST", "/v1/uploads/{upload_id}")}  # tus: for networks that know no PATCH
    assert {tuple(name.split(" ")) for name, _ in OPERATIONS} >= described - hidden


def test_every_call_says_what_it_does() -> None:
    tags = {tag["name"] for tag in DESCRIBED["tags"] if tag["description"]}
    each(
        f"{name}: {lacking}"
        for name, operation in OPERATIONS
        for lacking, is_there in {
            "summary": 0 < len(operation.get("summary", "")) <= 120,
            "description": bool(operation.get("description")),
            "tags": len(operation.get("tags", [])) == 1 and set(operation["tags"]) <= tags,
        }.items()
        if not is_there
    )


def test_operation_ids_are_good_names_for_a_clients_methods() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    each(name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name))
    each(
        f"{name} {operation['operationId']}"
        for name, operation in OPERATIONS
        if name.startswith("DELETE") and not operation["operationId"].startswith("delete_")
    )


def test_every_parameter_says_what_it_is() -> None:
    each(
        f"{name}: {parameter['name']}"
        for name, operation in OPERATIONS
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    )


def test_every_id_in_a_path_has_an_example() -> None:
    each(
        f"{name}: {parameter['name']}"
        for name, operation in OPERATIONS
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "path" and "example" not in parameter
    )


def test_every_json_body_has_an_example_that_fits_its_schema() -> None:
    bodies = list(json_bodies())
    assert len(bodies) > 60
    each(where for where, content in bodies if not examples_of(content))
    each(
        f"{where}: {error}"
        for where, content in bodies
        for example in examples_of(content)
        for error in errors_of(content["schema"], example)
    )


def test_every_example_of_a_model_fits_it() -> None:
    each(
        f"{name}: {error}"
        for name, schema in DESCRIBED["components"]["schemas"].items()
        for example in schema.get("examples", [])
        for error in errors_of(schema, example)
    )


def test_requests_examples_are_taken_by_their_models() -> None:
    """Pydantic checks what a schema can't say."""
    taken = 0
    for context in iter_route_contexts(APP.routes):
        field = getattr(context.original_route, "body_field", None)
        for model in _models_in(field.field_info.annotation) if field else ():
            extra: Any = model.model_config["json_schema_extra"]
            model.model_validate(extra["example"])
            taken += 1
    assert taken > 20


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    return [each for each in (annotation, *get_args(annotation)) if hasattr(each, "model_config")]


def test_every_error_is_a_problem_with_its_codes() -> None:
    each(
        f"{name}: {status}"
        for name, operation in OPERATIONS
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and status + name != "503GET /readyz"
        if list(resolved(answer)["content"]) != [PROBLEM]
    )
    answers = DESCRIBED["components"]["responses"].values()
    told = {
        code: example["value"]
        for answer in answers
        for code, example in answer["content"][PROBLEM]["examples"].items()
    }
    assert set(told) <= {row.code for row in TABLE}
    each(
        error
        for value in told.values()
        for error in errors_of({"$ref": "#/components/schemas/Problem"}, value)
    )


def test_every_guarded_call_says_how_to_show_who_asks() -> None:
    schemes = set(DESCRIBED["components"]["securitySchemes"])
    by_name = dict(OPERATIONS)
    for method, path, needed in guarded_routes(APP.routes):
        operation = by_name.get(f"{method} {path}")
        if operation is None:
            continue
        named = {scheme for way in operation["security"] for scheme in way}
        assert named <= schemes
        assert bool(named) == (needed is not None), path
        assert needed is None or {"401", "403", "429"} <= set(operation["responses"]), path
