"""What the API's description says of who may call what, taken from the routes themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from polydub_gateway.accounts.callers import ACCESS_COOKIE
from polydub_gateway.routes.context import WhoMay, who_may
from polydub_gateway.routes.problem_docs import problems

_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": ACCESS_COOKIE},
}
_ANY_OF_THEM: list[dict[str, list[str]]] = [{name: []} for name in _SCHEMES]
_IN_PERSON: list[dict[str, list[str]]] = [{name: []} for name in ("token", "cookie")]


def guarded_routes(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str, WhoMay | None]]:
    """Every call: its method, its path, and who may make it (None: anyone)."""
    for context in iter_route_contexts(routes):
        route = context.original_route
        needed = who_may(route.dependant) if isinstance(route, APIRoute) else None
        for method in sorted(context.methods or ()):
            yield method, str(context.path), needed


def describe_security(schema: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Adds to each call how to show who asks, and what is answered to who may not."""
    schema["components"]["securitySchemes"] = _SCHEMES
    for method, path, needed in guarded_routes(routes):
        operation = schema["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        operation["security"] = _security(needed)
        if needed is not None:
            refused = {str(status): each for status, each in problems(401, 403).items()}
            operation["responses"] = {**refused, **operation["responses"]}
            operation["x-role"] = needed.needed.word


def _security(needed: WhoMay | None) -> list[dict[str, list[str]]]:
    if needed is None:
        return []
    return _IN_PERSON if needed.in_person else _ANY_OF_THEM
