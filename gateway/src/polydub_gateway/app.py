"""The HTTP app: routes, errors and what surrounds them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from polydub_gateway.access import Access, LoopbackGuard, PageGuard, SafeAnswers
from polydub_gateway.limits.guard import RateGuard
from polydub_gateway.problems import add_problem_handlers
from polydub_gateway.routes import (
    accounts,
    artifacts,
    auth,
    deployment,
    dubs,
    edits,
    events,
    hls,
    imports,
    oidc,
    sockets,
    uploads,
    usage,
    videos,
    webhooks,
    words,
)
from polydub_gateway.routes.messages import FeedChange, FeedStart
from polydub_gateway.routes.problem_docs import problems
from polydub_gateway.routes.schemas import Problem, ProgressOut
from polydub_gateway.routes.security import describe_security
from polydub_gateway.settings import GatewaySettings

VERSION = "1.0.0"
"""Of the API, not of the software."""
_DESCRIPTION = (
    "Dubs videos into other languages. Upload a file, start a dub, follow its events, fetch its "
    "files. Errors are problem documents (RFC 9457) whose `code` and `hint` say what to do."
)


def create_app(settings: GatewaySettings) -> FastAPI:
    """The app. ``app.state.gateway`` has to be set before it serves."""
    app = FastAPI(title="Polydub", version=VERSION, description=_DESCRIPTION)
    for module in (
        videos,
        uploads,
        imports,
        dubs,
        edits,
        events,
        artifacts,
        hls,
        deployment,
        auth,
        oidc,
        accounts,
        sockets,
        usage,
        webhooks,
        words,
    ):
        app.include_router(module.router)
    add_problem_handlers(app)
    app.add_middleware(RateGuard)
    if settings.sign_in.accounts:
        app.add_middleware(PageGuard, origin=settings.sign_in.origin)
    elif settings.on_loopback:
        app.add_middleware(LoopbackGuard)
    app.add_middleware(SafeAnswers)
    app.add_middleware(Access)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The API's description, with the schemas that no route returns as its model."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = schema["components"]["schemas"]
        for model in (Problem, ProgressOut, FeedStart, FeedChange):
            described = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(described.pop("$defs", {}))
            schemas[model.__name__] = described
        describe_security(schema, app.routes)
        _use_problems(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _use_problems(schema: dict[str, Any]) -> None:
    """Invalid requests are problems too, not FastAPI's own; any call can be one too many."""
    for name, path in schema["paths"].items():
        for operation in path.values():
            if name.startswith("/v1/"):
                too_many = {str(status): each for status, each in problems(429).items()}
                operation["responses"] = {**too_many, **operation["responses"]}
            invalid = operation["responses"].get("422")
            if invalid is not None:
                problem = {"$ref": "#/components/schemas/Problem"}
                invalid["content"] = {"application/problem+json": {"schema": problem}}
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
